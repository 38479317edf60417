#include "client/show/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/lang/lang.h"

enum { WIDTH_MIN = 20, WIDTH_MAX = 1000, DIGITS_MAX = 6 };

/* POSIX: COLUMNS and LINES are what the user prefers to what the terminal says. 0: not given. */
static unsigned preferred(const char *name)
{
    const char *v = getenv(name);
    size_t n = v ? strspn(v, "0123456789") : 0;
    return n > 0 && n <= DIGITS_MAX && v[n] == '\0' ? (unsigned)strtoul(v, NULL, 10) : 0;
}

void term_resize(struct term *t)
{
    struct winsize w = {0};
    unsigned columns = preferred("COLUMNS"), lines = preferred("LINES");
    if (!t->tty)
        return;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
        w = (struct winsize){0};
    t->width = columns ? columns : w.ws_col ? w.ws_col : 80;
    t->height = lines ? lines : w.ws_row ? w.ws_row : 24;
    if (t->width < WIDTH_MIN)
        t->width = WIDTH_MIN;
    if (t->width > WIDTH_MAX)
        t->width = WIDTH_MAX;
}

void term_init(struct term *t, bool no_color)
{
    const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool dumb = !kind || !*kind || strcmp(kind, "dumb") == 0;
    lang_init();
    tzset();
    *t = (struct term){.tty = isatty(STDOUT_FILENO)};
    t->utf8 = t->tty && lang_utf8();
    t->cursor = t->tty && !dumb;
    t->colour = t->tty && !no_color && !dumb && !(no && *no);
    term_resize(t);
}

bool term_in_front(void)
{
    pid_t front = tcgetpgrp(STDIN_FILENO);
    return front < 0 || front == getpgrp(); /* < 0: not the terminal that controls us; nobody else reads it either */
}
