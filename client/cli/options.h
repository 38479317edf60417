/* Arguments: options and words, by the rows of options.def. Options may stand anywhere; "--" ends them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

/* What a word of a command, or the value of an option, is: completion offers accordingly. */
enum arg {
    ARG_NONE,
    ARG_TEXT, /* anything */
    ARG_FILE,
    ARG_JOB,
    ARG_FILE_OR_JOB,
    ARG_APPROVAL, /* what of the job before it may be approved */
    ARG_PLACE,    /* a step or subtask of the job before it */
    ARG_COMMAND,
    ARG_PROCEDURE,
    ARG_TYPE,
    ARG_STATE,
    ARG_EDITION,
    ARG_PROJECT,
    ARG_TARGET,
    ARG_SHELL
};

enum option {
#define OPTION(name, text, letter, arg, takes, help) OPT_##name,
#include "client/cli/options.def"
#undef OPTION
    N_OPTIONS,
    OPT_GLOBAL_LAST = OPT_HELP
};

struct option_row {
    const char *text;
    char letter;
    const char *arg; /* NULL: it takes no value */
    enum arg takes;
    const char *help;
};
extern const struct option_row option_rows[N_OPTIONS];

struct args {
    const char *opt[N_OPTIONS]; /* NULL: not given; a flag that is given is "" */
    char **words;               /* borrowed from argv; ends with NULL */
    int n;
    const char **before; /* of each --before; borrowed from argv */
    int n_before;
};

/* words[0] is the command, when there is one. --ssh adds its HOST to the words. */
int args_parse(int argc, char **argv, struct args *a, struct err *e);
void args_free(struct args *a);
