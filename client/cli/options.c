#include "client/cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/buf.h"
#include "common/job_types.h"
#include "common/nearest.h"
#include "common/states.h"

const struct option_row option_rows[N_OPTIONS] = {
#define OPTION(name, text, letter, arg, takes, help) [OPT_##name] = {text, letter, arg, ARG_##takes, help},
#include "client/cli/options.def"
#undef OPTION
};

/* What was probably meant: a slip, or an option with something joined to it ("timeout30"). */
static const char *meant(const char *text)
{
    const char *names[N_OPTIONS + 1] = {NULL}, *joined = NULL;
    for (int i = 0; i < N_OPTIONS; i++) {
        const char *name = names[i] = option_rows[i].text;
        if (strncmp(text, name, strlen(name)) == 0 && (!joined || strlen(name) > strlen(joined)))
            joined = name;
    }
    const char *near = nearest(text, names);
    return near ? near : joined;
}

/* `dashes` and `text` are what was typed. */
static int unknown(const char *dashes, const char *text, struct err *e)
{
    const char *near = meant(text);
    if (near)
        return err_set(e, ERR_USAGE, _("unknown option %s%.40s; did you mean --%s?"), dashes, text, near);
    return err_set(e, ERR_USAGE, _("unknown option %s%.40s; to list the options: omsupctl --help"), dashes, text);
}

/* A letter: the first option that begins with it, when the word around it says nothing better. */
static int unknown_letter(const char *word, char letter, struct err *e)
{
    char text[2] = {letter > ' ' && letter < 127 ? letter : '?', '\0'};
    if (strlen(word) > 2 && meant(word))
        return unknown("-", word, e);
    for (int i = 0; i < N_OPTIONS; i++)
        if (option_rows[i].text[0] == text[0])
            return err_set(e, ERR_USAGE, _("unknown option %s%.40s; did you mean --%s?"), "-", text,
                           option_rows[i].text);
    return unknown("-", text, e);
}

static int must_be(int o, struct buf *words, const char *value, struct err *e)
{
    int rc =
        err_set(e, ERR_USAGE, _("--%s must be one of %s, not \"%.40s\""), option_rows[o].text, buf_str(words), value);
    buf_free(words);
    return rc;
}

/* What can be checked without the daemon, which would name the parameter instead of the option. */
static int check_value(int o, const char *value, struct err *e)
{
    struct buf words = {0};
    if (!*value && o != OPT_REASON) /* the verb has its own words for that */
        return err_set(e, ERR_USAGE, _("--%s must not be empty"), option_rows[o].text);
    if (option_rows[o].takes == ARG_TYPE && job_type_parse(value) == N_JOB_TYPES) {
        for (int i = 0; i < N_JOB_TYPES; i++)
            buf_printf(&words, "%s%s", i ? ", " : "", job_type_word((enum job_type)i));
        return must_be(o, &words, value, e);
    }
    if (option_rows[o].takes == ARG_STATE) {
        for (int i = 0; i < N_STATES; i++) {
            if (!state_of((enum state)i, STATE_OF_JOB))
                continue;
            if (strcasecmp(state_word((enum state)i), value) == 0) {
                buf_free(&words);
                return 0;
            }
            buf_printf(&words, "%s%s", words.len ? ", " : "", state_word((enum state)i));
        }
        return must_be(o, &words, value, e);
    }
    return 0;
}

static int set(struct args *a, int o, const char *value, struct err *e)
{
    int rc = option_rows[o].arg ? check_value(o, value, e) : 0;
    if (rc)
        return rc;
    if (o == OPT_SSH)
        a->words[a->n++] = (char *)value;
    else if (o == OPT_BEFORE)
        a->before[a->n_before++] = value;
    else if (a->opt[o] && option_rows[o].arg)
        return err_set(e, ERR_USAGE, _("--%s is given twice"), option_rows[o].text);
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
        int rc = unknown("--", name, e);
        free(name);
        return rc;
    }
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    if (value && !option_rows[o].arg)
        return err_set(e, ERR_USAGE, _("--%s takes no value"), option_rows[o].text);
    if (!value && option_rows[o].arg && !(value = *(*next)++))
        return err_set(e, ERR_USAGE, _("--%s needs a value: --%s %s"), option_rows[o].text, option_rows[o].text,
                       option_rows[o].arg);
    return set(a, o, value, e);
}

/* -v, -fv, -o FILE, -oFILE */
static int letters(struct args *a, const char *word, char ***next, struct err *e)
{
    for (const char *s = word; *s; s++) {
        int o = 0;
        while (o < N_OPTIONS && option_rows[o].letter != *s)
            o++;
        if (o == N_OPTIONS)
            return unknown_letter(word, *s, e);
        const char *value = NULL;
        if (option_rows[o].arg) {
            value = s[1] ? s + 1 : *(*next)++;
            if (!value)
                return err_set(e, ERR_USAGE, _("-%c needs a value: -%c %s"), *s, *s, option_rows[o].arg);
        }
        int rc = set(a, o, value, e);
        if (rc || value)
            return rc;
    }
    return 0;
}

int args_parse(int argc, char **argv, struct args *a, struct err *e)
{
    *a = (struct args){.words = xcalloc((size_t)argc + 1, sizeof *a->words),
                       .before = xcalloc((size_t)argc + 1, sizeof *a->before)};
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
    free(a->before);
    *a = (struct args){0};
}
