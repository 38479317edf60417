/* Arguments: options and words, by the rows of options.def. Options may stand anywhere; "--" ends them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum option {
#define OPTION(name, text, letter, arg, help) OPT_##name,
#include "client/cli/options.def"
#undef OPTION
    N_OPTIONS,
    OPT_GLOBAL_LAST = OPT_HELP
};

struct option_row {
    const char *text;
    char letter;
    const char *arg, *help;
};
extern const struct option_row option_rows[N_OPTIONS];

struct args {
    const char *opt[N_OPTIONS]; /* NULL: not given; a flag that is given is "" */
    char **words;               /* borrowed from argv; ends with NULL */
    int n;
};

/* words[0] is the command, when there is one. --ssh adds its HOST to the words. */
int args_parse(int argc, char **argv, struct args *a, struct err *e);
void args_free(struct args *a);
