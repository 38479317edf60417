/* Finding a command by its name. */
#include <string.h>

#include "client/cli/cli.h"
#include "common/nearest.h"

enum { COMMANDS_MAX = 64 };

const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (; *commands; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

int command_unknown(const struct command *const *commands, const char *name, struct err *e)
{
    const char *names[COMMANDS_MAX + 1] = {NULL};
    for (size_t n = 0; commands[n] && n < COMMANDS_MAX; n++)
        names[n] = commands[n]->name;
    const char *near = nearest(name, names);
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
