/* The time in which OMS is out of service: one line of the header, and its parts as a table. */
#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/array.h"

void show_outage_line(struct buf *b, const struct view *v, const struct snapshot *s)
{
    const struct outage *o = &s->outage;
    struct buf from = {0}, to = {0}, time = {0};
    if (!o->started)
        return;
    quantity_clock(&from, v->t, o->started);
    bool open = !o->ended && !s->completed;
    quantity_words(&time, open ? o->elapsed + v->age : o->elapsed);
    if (o->ended) {
        quantity_clock(&to, v->t, o->ended);
        /* TRANSLATORS: "Outage: 02:13:07 - 02:17:31 (4 min 24 s)"; the second is the dash */
        buf_printf(b, _("Outage: %s %s %s (%s)"), buf_str(&from), v->t->utf8 ? "–" : "-", buf_str(&to), buf_str(&time));
    } else if (open) {
        buf_printf(b, _("Outage: since %s (%s)"), buf_str(&from), buf_str(&time));
    } else {
        buf_printf(b, _("Outage: since %s; this job ended before it saw every server Online"), buf_str(&from));
    }
    buf_puts(b, "\n");
    buf_free(&from);
    buf_free(&to);
    buf_free(&time);
}

static void cell(struct table *tab, double seconds)
{
    struct buf c = {0};
    if (seconds >= 0.05)
        quantity_words(&c, seconds);
    table_cell(tab, &c);
}

void show_outage_parts(struct buf *b, const struct view *v, const struct snapshot *s)
{
    static const struct column columns[] = {
        {.title = N_("Step")},
        {.title = N_("Elapsed")},
        {.title = N_("Of it waiting"), .leave = 1},
        {.title = N_("Last pause"), .leave = 3},
        {.title = N_("For an operator"), .leave = 2},
    };
    struct table tab;
    if (!s->outage.n_parts)
        return;
    buf_printf(b, "\n%s\n", _("Parts of the outage"));
    table_begin(&tab, v->t, columns, ARRAY_LEN(columns));
    tab.indent = 2;
    for (size_t i = 0; i < s->outage.n_parts; i++) {
        const struct outage_part *p = &s->outage.parts[i];
        struct buf c = {0};
        if (p->step)
            text_add(&c, v->t, p->step);
        else
            buf_printf(&c, _("(before, from job %lld on)"), (long long)p->job);
        table_cell(&tab, &c);
        bool grows = !s->outage.ended && !s->completed && i + 1 == s->outage.n_parts;
        quantity_words(&c, grows ? p->elapsed + v->age : p->elapsed);
        table_cell(&tab, &c);
        cell(&tab, p->waiting);
        cell(&tab, p->late);
        cell(&tab, p->rested);
    }
    table_end(&tab, b);
}
