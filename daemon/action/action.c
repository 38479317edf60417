#include "daemon/action/action.h"

#include <string.h>

#define ACTION(name, use, fn, text) action_fn fn;
#include "daemon/action/actions.def"
#undef ACTION

static const struct action actions[] = {
#define ACTION(name, use, fn, text) {name, ACTION_##use, fn, text},
#include "daemon/action/actions.def"
#undef ACTION
};

const struct action *action_find(const char *name)
{
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}

const char *action_env(const struct action_args *a, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *v = a->env; v && *v; v++)
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
            return *v + n + 1;
    return "";
}
