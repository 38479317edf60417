/* The table of commands: the rows of commands.def. */
#include <string.h>

#include "client/cli.h"

#define COMMAND(name) extern const struct command cmd_##name;
#include "client/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &cmd_##name,
#include "client/commands.def"
#undef COMMAND
};
const size_t n_commands = sizeof commands / sizeof commands[0];

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int command_unknown(const char *name, struct err *e)
{
    const char *names[sizeof commands / sizeof commands[0]];
    for (size_t i = 0; i < n_commands; i++)
        names[i] = commands[i]->name;
    const char *near = nearest(name, names, n_commands);
    if (near)
        return err_set(e, ERR_USAGE, "there is no command \"%.40s\"; did you mean %s?", name, near);
    return err_set(e, ERR_USAGE, "there is no command \"%.40s\"; omsupctl --help shows them", name);
}

bool command_takes(const struct command *cmd, enum option o)
{
    if (o <= OPT_GLOBAL_LAST)
        return true;
    for (const enum option *p = cmd->options; p && *p != N_OPTIONS; p++)
        if (*p == o)
            return true;
    return false;
}
