/* Next: lines of words, and commands to type. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/next.h"
#include "common/alloc.h"

/* One line of our own words, perhaps with the daemon's in it. */
void next_say(const struct next *n, unsigned indent, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    size_t from = n->b->len;
    buf_printf(n->b, "%*s", (int)indent, "");
    text_add(n->b, n->v->t, text);
    free(text);
    text_wrap(n->b, n->v->t, from, indent + 2);
    buf_puts(n->b, "\n");
}

/* A command to type. */
void next_command(const struct next *n, const struct buf *cmd, const char *why)
{
    const struct term *t = n->v->t;
    /* What is copied from here must stay one command: where both do not fit on a line, the remark goes before it. */
    size_t width = 4 + text_width(buf_str(cmd), cmd->len) + (why ? 5 + text_width(why, strlen(why)) : 0);
    bool before = why && t->tty && width > t->width;
    if (before)
        next_say(n, 4, "# %s%s", why, _(":"));
    size_t from = n->b->len;
    buf_puts(n->b, "    ");
    text_paint(n->b, t, "1", buf_str(cmd));
    if (why && !before)
        buf_printf(n->b, "   # %s", why);
    text_wrap(n->b, t, from, 6);
    buf_puts(n->b, "\n");
}

/* One about the item, or about the job when there is none. */
void next_type(const struct next *n, const char *verb, const char *more, const char *why)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl %s %lld", verb, (long long)n->s->job);
    if (n->sub) {
        buf_puts(&cmd, " ");
        address_shell(&cmd, n->v->t, n->st, n->sub);
    }
    buf_puts(&cmd, more);
    next_command(n, &cmd, why);
    buf_free(&cmd);
}

void next_item(const struct next *n, enum state st, const char *message)
{
    size_t from = n->b->len;
    buf_puts(n->b, "  ");
    text_paint(n->b, n->v->t, state_colour(st), lang_text(state_word(st)));
    buf_puts(n->b, _(": "));
    address_print(n->b, n->v->t, n->st, n->sub);
    if (message) {
        buf_puts(n->b, _(": "));
        text_add(n->b, n->v->t, message);
    }
    text_wrap(n->b, n->v->t, from, 4);
    buf_puts(n->b, "\n");
}

/* A notice has lines of its own. */
void next_say_lines(const struct next *n, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len)
            next_say(n, 4, "%.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
}
