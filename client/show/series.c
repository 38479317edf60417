/* A chained upgrade: the versions, and below them each hop with its job and what became of it. */
#include <stdlib.h>

#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/alloc.h"

void view_series(struct buf *b, const struct term *t, const struct hop *hops, size_t n)
{
    if (n)
        text_add(b, t, hops[0].source);
    for (size_t k = 0; k < n; k++)
        text_fmt(b, t, " > %s", hops[k].target);
}

static void head(struct buf *b, const struct view *v, const struct series *s)
{
    struct buf path = {0};
    size_t from = b->len;
    view_series(&path, v->t, s->hops, s->n);
    if (s->hop < 0)
        text_fmt(b, v->t, _("Series: %s"), buf_str(&path));
    else
        text_fmt(b, v->t, _("Series: %s, hop %lld of %zu"), buf_str(&path), (long long)s->hop, s->n);
    buf_puts(b, s->continues && !s->over ? _("; omsupd starts the next hops by itself") : "");
    text_wrap(b, v->t, from, 2);
    buf_puts(b, "\n");
    buf_free(&path);
}

static void row(struct table *tab, const struct view *v, const struct hop *h, size_t k)
{
    struct buf c = {0};
    buf_printf(&c, "%zu", k + 1);
    table_cell(tab, &c);
    text_fmt(&c, v->t, "%s -> %s", h->source, h->target);
    table_cell(tab, &c);
    if (h->job >= 0)
        buf_printf(&c, _("job %lld"), (long long)h->job);
    table_cell(tab, &c);
    if (h->job >= 0)
        view_state(&c, v->t, h->state);
    else
        buf_puts(&c, _("not started"));
    if (h->rolled_back_by >= 0) {
        buf_puts(&c, ", ");
        buf_printf(&c, _("its rollback is job %lld"), (long long)h->rolled_back_by); /* which may have failed */
    }
    table_cell(tab, &c);
}

void show_series(struct buf *b, const struct view *v, const struct series *s)
{
    static const struct column columns[] = {
        {.title = NULL}, {.title = NULL}, {.title = NULL}, {.fit = COLUMN_WRAP, .least = 16}};
    struct table tab;
    if (s->n == 0)
        return;
    head(b, v, s);
    if (v->brief)
        return;
    table_begin(&tab, v->t, columns, 4);
    tab.indent = 2;
    for (size_t k = 0; k < s->n; k++)
        row(&tab, v, &s->hops[k], k);
    table_end(&tab, b);
}
