/* The steps in time: each a bar in one picture, with the outage behind them. What the picture says is in the cells,
 * too. */
#include <string.h>
#include <time.h>

#include "client/lang/lang.h"
#include "client/report/sections.h"
#include "common/array.h"

enum { SCALE = 1000, HEIGHT = 20, LEAST = 4 };

struct span {
    time_t from, to;
};

static time_t seconds_of(const char *utc, time_t otherwise)
{
    time_t when;
    return quantity_utc(utc, &when) ? when : otherwise;
}

static struct span span_of(const struct report *r)
{
    time_t now = seconds_of(r->made, 0);
    struct span x = {now, 0};
    const struct outage *o = &r->s.outage;
    for (size_t i = 0; i < r->s.n_steps; i++) {
        time_t from = seconds_of(r->s.steps[i].started, now);
        time_t to = r->s.steps[i].started ? seconds_of(r->s.steps[i].ended, now) : 0;
        x.from = from < x.from ? from : x.from;
        x.to = to > x.to ? to : x.to;
    }
    if (o->ended && seconds_of(o->ended, 0) > x.to)
        x.to = seconds_of(o->ended, 0);
    x.to = x.to <= x.from ? x.from + 1 : x.to;
    return x;
}

static int at(const struct span *x, time_t t)
{
    double part = (double)(t - x->from) / (double)(x->to - x->from);
    return (int)((double)SCALE * (part < 0 ? 0 : part > 1 ? 1 : part));
}

static void rect(struct buf *b, const char *class, int from, int to, int y, int height)
{
    int width = to - from < LEAST ? LEAST : to - from;
    from = from + width > SCALE ? SCALE - width : from;
    buf_printf(b, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" />", class, from, y, width, height);
}

static const char *bar_class(enum state s)
{
    return s == STATE_SUCCESSFUL                       ? "ok"
           : s == STATE_FAILED                         ? "bad"
           : s == STATE_IN_DOUBT || s == STATE_WAITING ? "warn"
           : s == STATE_RUNNING                        ? "run"
                                                       : "skip";
}

static void picture(struct sheet *s, struct buf *b, const struct report *r, const struct span *x, const struct step *st)
{
    const struct outage *o = &r->s.outage;
    time_t now = seconds_of(r->made, x->to);
    if (!sheet_is_page(s))
        return;
    buf_printf(b,
               "<svg viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\" aria-hidden=\"true\" "
               "xmlns=\"http://www.w3.org/2000/svg\">",
               SCALE, HEIGHT);
    if (o->started) {
        time_t end = r->s.completed ? seconds_of(r->s.completed, now) : now;
        int from = at(x, seconds_of(o->started, x->from)), to = at(x, seconds_of(o->ended, end));
        rect(b, "out", from, to, 0, HEIGHT);
        buf_printf(b, "<path class=\"edge\" d=\"M%d 0V%dM%d 0V%d\" />", from, HEIGHT, to, HEIGHT);
    }
    if (st->started)
        rect(b, bar_class(st->state), at(x, seconds_of(st->started, x->from)), at(x, seconds_of(st->ended, now)), 5,
             HEIGHT - 10);
    buf_puts(b, "</svg>");
}

static bool in_outage(const struct report *r, const struct step *st)
{
    for (size_t i = 0; i < r->s.outage.n_parts; i++)
        if (r->s.outage.parts[i].step && strcmp(r->s.outage.parts[i].step, st->id) == 0)
            return true;
    return false;
}

static void legend(struct sheet *s, const struct report *r, const struct span *x)
{
    struct buf line = {0};
    char from[32], to[32];
    struct tm tm;
    if (!r->s.started)
        return;
    strftime(from, sizeof from, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&x->from, &tm));
    strftime(to, sizeof to, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&x->to, &tm));
    put_time(s, &line, from);
    buf_puts(&line, " – ");
    put_time(s, &line, to);
    if (r->s.outage.started) {
        buf_puts(&line, ". ");
        put_html(s, &line, "<span class=\"swatch\" aria-hidden=\"true\"></span> ");
        put_own(s, &line, _("Steps in the time in which OMS was out of service are marked \"outage\"."));
    }
    sheet_line(s, &line);
}

void write_timeline(struct sheet *s, const struct report *r)
{
    static const char *const titles[] = {N_("Step"), N_("State"), N_("Started"), N_("Elapsed"), N_("Time")};
    struct span x = span_of(r);
    size_t n = ARRAY_LEN(titles) - !sheet_is_page(s);
    if (r->s.n_steps == 0)
        return;
    sheet_section(s, "timeline", _("Timeline"));
    legend(s, r, &x);
    sheet_table(s, _("The steps in time"), "timeline", titles, n);
    for (size_t i = 0; i < r->s.n_steps; i++) {
        const struct step *st = &r->s.steps[i];
        struct buf cell = {0};
        sheet_row(s);
        put_data(s, &cell, st->id);
        if (in_outage(r, st))
            put_tag(s, &cell, _("outage"));
        if (st->irreversible)
            put_tag(s, &cell, _("irreversible"));
        put_html(s, &cell, "<small>");
        if (sheet_is_page(s))
            put_data(s, &cell, st->title);
        put_html(s, &cell, "</small>");
        sheet_cell(s, &cell);
        put_state(s, &cell, st->state);
        sheet_cell(s, &cell);
        put_clock(s, &cell, st->started);
        sheet_cell(s, &cell);
        if (st->started)
            quantity_time(&cell, st->elapsed);
        else
            put_data(s, &cell, NULL);
        sheet_cell(s, &cell);
        if (sheet_is_page(s)) {
            picture(s, &cell, r, &x, st);
            sheet_cell(s, &cell);
        }
    }
    sheet_table_end(s);
    sheet_section_end(s);
}
