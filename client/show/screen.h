/* A picture that is drawn again in place, without the alternate screen, and keys while it is there. The cursor, the
 * keyboard's mode and the marks of a paste are restored on every way out: screen_close(), the signals that end a
 * program, and stopping (Ctrl-Z). In the background no keys are read: they are the shell's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#include "client/show/term.h"
#include "common/buf.h"

struct screen {
    struct term *t;
    int fd; /* becomes readable when a signal came: then screen_signal() */
    bool drawn;
    bool wants_keys, keys; /* keys: stdin gives them, one by one */
    bool cursor, tail;     /* what the last drawing left */
    struct termios before;
};

/* With `keys`, when stdin is a terminal. -1 and errno. */
int screen_open(struct screen *s, struct term *t, bool keys);
/* not `whole`: cut to the height. `tail` is a line below the picture, already cut; "" is none. `cursor`: at its end. */
void screen_draw(struct screen *s, const struct buf *picture, bool whole, const char *tail, bool cursor);
/* What the signal asks for: 0 draw again, else the signal that shall end the program. */
int screen_signal(struct screen *s);
/* What was typed; 0: nothing. When the terminal has gone, s->keys becomes false. */
size_t screen_read(struct screen *s, char *out, size_t size);
void screen_forget(struct screen *s); /* what was typed and not read yet */
void screen_close(struct screen *s);
