/* Where the output goes: a terminal, or a pipe or file. */
#pragma once
#include <stdbool.h>

struct term {
    bool tty;  /* lines are cut to `width`, control characters never pass */
    bool utf8; /* marks may be more than ASCII; only on a terminal */
    bool colour;
    bool cursor;            /* a terminal whose cursor can be moved */
    unsigned width, height; /* of a terminal */
};

/* Sets the locale for characters too: call it before any text.h function. */
void term_init(struct term *t, bool no_color);
void term_resize(struct term *t);
