/* Finding a command by its name. */
#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
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
    for (size_t n = 0; *commands && n < COMMANDS_MAX; commands++)
        if (!(*commands)->hidden)
            names[n++] = (*commands)->name;
    const char *near = nearest(name, names);
    if (near)
        return err_set(e, ERR_USAGE, _("unknown command \"%.40s\"; did you mean %s?"), name, near);
    return err_set(e, ERR_USAGE, _("unknown command \"%.40s\"; to list the commands: omsupctl --help"), name);
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
