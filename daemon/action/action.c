#include "daemon/action/action.h"

#include <string.h>

#include "common/array.h"

static const struct action actions[] = {
#define ACTION(name, use, fn, text) {name, ACTION_##use, fn, text},
#include "daemon/action/actions.def"
#undef ACTION
};

const struct action *action_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    return NULL;
}
