#include "client/show/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_MIN = 20, WIDTH_MAX = 1000 };

void term_resize(struct term *t)
{
    struct winsize w = {0};
    if (!t->tty)
        return;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0;
    t->width = known ? w.ws_col : 80;
    t->height = known && w.ws_row > 0 ? w.ws_row : 24;
    if (t->width < WIDTH_MIN)
        t->width = WIDTH_MIN;
    if (t->width > WIDTH_MAX)
        t->width = WIDTH_MAX;
}

void term_init(struct term *t, bool no_color)
{
    const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");
    bool dumb = !kind || !*kind || strcmp(kind, "dumb") == 0;
    setlocale(LC_CTYPE, "");
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (!utf8 && !setlocale(LC_CTYPE, "C.UTF-8")) /* for wcwidth() alone: names may be UTF-8 in any locale */
        setlocale(LC_CTYPE, "C.utf8");
    *t = (struct term){.tty = isatty(STDOUT_FILENO)};
    t->utf8 = t->tty && utf8;
    t->cursor = t->tty && !dumb;
    t->colour = t->tty && !no_color && !dumb && !(no && *no);
    term_resize(t);
}
