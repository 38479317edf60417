/* The table of commands: the rows of commands.def. */
#include "client/cmd/cmd.h"

#include <stddef.h>

#define COMMAND(name) extern const struct command cmd_##name;
#include "client/cmd/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "client/cmd/commands.def"
#undef COMMAND
    NULL};
