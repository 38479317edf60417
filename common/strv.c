#include "common/strv.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

size_t strv_len(char *const *v)
{
    size_t n = 0;
    while (v && v[n])
        n++;
    return n;
}

void strv_add(char ***v, size_t *n, char *s)
{
    *v = xrealloc(*v, *n + 2, sizeof **v);
    (*v)[(*n)++] = s;
    (*v)[*n] = NULL;
}

char **strv_copy(char *const *v)
{
    char **copy = NULL;
    size_t n = 0;
    for (size_t i = 0; v && v[i]; i++)
        strv_add(&copy, &n, xstrdup(v[i]));
    return copy;
}

void strv_free(char **v)
{
    for (size_t i = 0; v && v[i]; i++)
        free(v[i]);
    free(v);
}

bool strv_has(char *const *v, const char *s)
{
    for (size_t i = 0; v && v[i]; i++)
        if (strcmp(v[i], s) == 0)
            return true;
    return false;
}

void strv_alternatives(struct buf *b, const char *const *v)
{
    for (size_t i = 0; v[i]; i++)
        buf_printf(b, "%s%s", i == 0 ? "" : v[i + 1] ? ", " : " or ", v[i]);
}
