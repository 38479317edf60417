/* What every picture needs. */
#include "client/show/show.h"
#include "client/show/text.h"

double view_elapsed(const struct view *v, double elapsed, const char *started, const char *ended)
{
    return started && !ended ? elapsed + v->age : elapsed;
}

void view_state(struct buf *b, const struct term *t, enum state s)
{
    text_paint(b, t, state_colour(s), state_mark(s, t->utf8));
    buf_puts(b, " ");
    text_paint(b, t, state_colour(s), state_word(s));
}
