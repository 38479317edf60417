/* A picture that is drawn again in place, without the alternate screen. The cursor is hidden meanwhile, and restored on
 * every way out: screen_close(), the signals that end a program, and stopping (Ctrl-Z). */
#pragma once
#include <stdbool.h>

#include "client/show/term.h"
#include "common/buf.h"

struct screen {
    struct term *t;
    int fd; /* becomes readable when a signal came: then screen_signal() */
    bool drawn;
};

int screen_open(struct screen *s, struct term *t);                         /* -1 and errno */
void screen_draw(struct screen *s, const struct buf *picture, bool whole); /* not `whole`: cut to the height */
/* What the signal asks for: 0 draw again, else the signal that shall end the program. */
int screen_signal(struct screen *s);
void screen_close(struct screen *s);
