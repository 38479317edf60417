/* Where the output goes: a terminal, or a pipe or file. */
#pragma once
#include <stdbool.h>

struct term {
    bool tty;  /* lines are cut to `width`, control characters never pass */
    bool utf8; /* marks may be more than ASCII; only on a terminal */
    bool colour;
    bool utc;               /* times are shown in UTC (--utc) */
    bool cursor;            /* a terminal whose cursor can be moved */
    unsigned width, height; /* of a terminal; COLUMNS and LINES in the environment are asked first */
};

/* Calls lang_init() and tzset() too: no other function of this room before it. */
void term_init(struct term *t, bool no_color);
void term_resize(struct term *t);
/* We may read standard input and set its modes: from the background that would stop us. */
bool term_in_front(void);
