#include "client/cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

const struct option_row option_rows[N_OPTIONS] = {
#define OPTION(name, text, letter, arg, help) {text, letter, arg, help},
#include "client/cli/options.def"
#undef OPTION
};

/* Letters to add, drop, change or swap to make one of the other. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 32 };
    size_t n = strlen(a), m = strlen(b), d[LONGEST + 1][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return LONGEST;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

const char *nearest(const char *typed, const char *const *candidates, size_t n)
{
    const char *found = NULL;
    size_t len = strlen(typed), best = len <= 3 ? 2 : 3; /* less than this */
    for (size_t i = 0; i < n; i++) {
        size_t d = distance(typed, candidates[i]);
        if (len >= 3 && strncmp(typed, candidates[i], len) == 0)
            d = 0; /* the beginning of it */
        if (d < best) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}

static int unknown(const char *text, struct err *e)
{
    const char *names[N_OPTIONS];
    for (int i = 0; i < N_OPTIONS; i++)
        names[i] = option_rows[i].text;
    const char *near = nearest(text, names, N_OPTIONS);
    if (near)
        return err_set(e, ERR_USAGE, "there is no option --%.40s; did you mean --%s?", text, near);
    return err_set(e, ERR_USAGE, "there is no option --%.40s; omsupctl --help shows them", text);
}

static int set(struct args *a, int o, const char *value, struct err *e)
{
    if (o == OPT_SSH)
        a->words[a->n++] = (char *)value;
    else if (a->opt[o] && option_rows[o].arg)
        return err_set(e, ERR_USAGE, "--%s is given twice", option_rows[o].text);
    a->opt[o] = value ? value : "";
    return 0;
}

/* --name, --name=value, --name value; `*next` is moved when it was the value. */
static int long_option(struct args *a, const char *text, char ***next, struct err *e)
{
    size_t len = strcspn(text, "=");
    int o = 0;
    while (o < N_OPTIONS && (strncmp(option_rows[o].text, text, len) != 0 || option_rows[o].text[len]))
        o++;
    if (o == N_OPTIONS || len == 0) {
        char *name = xstrndup(text, len);
        int rc = unknown(name, e);
        free(name);
        return rc;
    }
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    if (value && !option_rows[o].arg)
        return err_set(e, ERR_USAGE, "--%s takes no value", option_rows[o].text);
    if (!value && option_rows[o].arg && !(value = *(*next)++))
        return err_set(e, ERR_USAGE, "--%s needs a value: --%s %s", option_rows[o].text, option_rows[o].text,
                       option_rows[o].arg);
    return set(a, o, value, e);
}

/* -v, -fv, -o FILE, -oFILE */
static int letters(struct args *a, const char *s, char ***next, struct err *e)
{
    for (; *s; s++) {
        int o = 0;
        while (o < N_OPTIONS && option_rows[o].letter != *s)
            o++;
        if (o == N_OPTIONS)
            return err_set(e, ERR_USAGE, "there is no option -%c; omsupctl --help shows them",
                           *s > ' ' && *s < 127 ? *s : '?');
        const char *value = NULL;
        if (option_rows[o].arg) {
            value = s[1] ? s + 1 : *(*next)++;
            if (!value)
                return err_set(e, ERR_USAGE, "-%c needs a value: -%c %s", *s, *s, option_rows[o].arg);
        }
        int rc = set(a, o, value, e);
        if (rc || value)
            return rc;
    }
    return 0;
}

int args_parse(int argc, char **argv, struct args *a, struct err *e)
{
    *a = (struct args){.words = xcalloc((size_t)argc + 1, sizeof *a->words)};
    int rc = 0;
    char **next = argv + 1;
    while (rc == 0 && argc > 0 && *next) {
        char *w = *next++;
        if (strcmp(w, "--") == 0) {
            while (*next)
                a->words[a->n++] = *next++;
        } else if (strncmp(w, "--", 2) == 0) {
            rc = long_option(a, w + 2, &next, e);
        } else if (w[0] == '-' && w[1]) {
            rc = letters(a, w + 1, &next, e);
        } else {
            a->words[a->n++] = w;
        }
    }
    return rc;
}

void args_free(struct args *a)
{
    free(a->words);
    *a = (struct args){0};
}
