/* The steps and subtasks of a job as rows to move through. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/parts.h"

enum { TALL = 30 /* lines: room for the whole header */ };

size_t show_rows(const struct snapshot *s)
{
    size_t n = s->n_steps;
    for (size_t i = 0; i < s->n_steps; i++)
        n += s->steps[i].n_subs;
    return n;
}

bool show_row(const struct snapshot *s, size_t row, const struct step **st, const struct subtask **sub)
{
    for (size_t i = 0; i < s->n_steps; row -= 1 + s->steps[i++].n_subs)
        if (row <= s->steps[i].n_subs) {
            *st = &s->steps[i];
            *sub = row ? &s->steps[i].subs[row - 1] : NULL;
            return true;
        }
    return false;
}

static int urgency(enum state s)
{
    return s == STATE_IN_DOUBT ? 5 : s == STATE_FAILED ? 4 : s == STATE_WAITING ? 3 : s == STATE_RUNNING ? 2 : 0;
}

size_t show_row_first(const struct snapshot *s)
{
    const struct step *st;
    const struct subtask *sub;
    size_t best = 0;
    int most = 0;
    for (size_t row = 0; show_row(s, row, &st, &sub); row++) {
        int u = sub ? urgency(sub->state) : st->state == STATE_PENDING;
        if (u > most) {
            most = u;
            best = row;
        }
    }
    return best;
}

/* Adds the lines from `first` on, at most `n`. */
static void add_lines(struct buf *b, const struct buf *from, unsigned first, unsigned n)
{
    const char *p = buf_str(from);
    for (unsigned i = 0; *p && i < first + n; i++) {
        size_t len = strcspn(p, "\n");
        if (i >= first) {
            buf_add(b, p, len);
            buf_puts(b, "\n");
        }
        p += len + (p[len] == '\n');
    }
}

static void wrapped(struct buf *b, const struct view *v, const char *label, const char *text)
{
    size_t from = b->len;
    if (!text)
        return;
    text_fmt(b, v->t, "  %s%s", label, text);
    text_wrap(b, v->t, from, 4);
    buf_puts(b, "\n");
}

static void about(struct buf *b, const struct view *v, const struct step *st, const struct subtask *sub)
{
    size_t from = b->len;
    address_print(b, v->t, st, sub);
    buf_puts(b, "   ");
    view_state(b, v->t, sub ? sub->state : st->state);
    if (sub && sub->total > 0) {
        buf_puts(b, "   ");
        quantity_progress(b, v->t, sub);
    }
    text_cut(b, v->t, from);
    buf_puts(b, "\n");
    wrapped(b, v, "", sub && sub->title ? sub->title : st->title);
    if (!sub)
        return;
    wrapped(b, v, "", sub->message);
    if (sub->state == STATE_FAILED || sub->state == STATE_WAITING || sub->state == STATE_IN_DOUBT) {
        wrapped(b, v, "", sub->notice);
        struct buf label = {0};
        buf_printf(&label, "%s%s", _("Fix"), _(": "));
        wrapped(b, v, buf_str(&label), sub->cure);
        buf_free(&label);
    }
}

static void head(struct buf *b, const struct view *v, const struct snapshot *s, unsigned height)
{
    struct buf all = {0};
    parts_header(&all, v, s);
    parts_bar(&all, v, s);
    text_cut(&all, v->t, 0);
    if (v->note) {
        size_t from = b->len;
        text_paint(b, v->t, "1;33", v->note);
        text_cut(b, v->t, from);
        buf_puts(b, "\n");
    }
    add_lines(b, &all, 0, height >= TALL ? text_lines(&all) : 1);
    buf_free(&all);
}

/* The window of rows of `room` lines, the marked one in it. */
static void window(struct buf *b, const struct view *v, const struct buf *table, size_t row, unsigned n, unsigned room)
{
    unsigned at = (unsigned)row, first = n > room && at > room / 2 ? at - room / 2 : 0;
    if (n > room && first > n - room)
        first = n - room;
    add_lines(b, table, 1, 1); /* the titles, below an empty line */
    for (unsigned i = first; i < n && i < first + room; i++) {
        size_t from = b->len;
        struct buf line = {0};
        add_lines(&line, table, 2 + i, 1);
        if (i == at && line.len > 1) { /* the indent makes room for the mark */
            text_paint(b, v->t, "1", ">");
            buf_add(b, line.data + 1, line.len - 1);
        } else {
            buf_add(b, buf_str(&line), line.len);
        }
        buf_free(&line);
        if (b->len == from)
            break;
    }
    size_t from = b->len;
    if (n > room)
        buf_printf(b, _("rows %u to %u of %u"), first + 1, first + room, n);
    text_cut(b, v->t, from);
    buf_puts(b, "\n");
}

void show_browse(struct buf *b, const struct view *v, const struct snapshot *s, size_t row, unsigned height)
{
    struct buf table = {0}, detail = {0}, top = {0};
    const struct step *st;
    const struct subtask *sub;
    if (!show_row(s, row, &st, &sub))
        return;
    head(&top, v, s, height);
    parts_rows(&table, v, s, 2);
    about(&detail, v, st, sub);
    unsigned n = text_lines(&table) - 2, tops = text_lines(&top), fixed = tops + 2, details = text_lines(&detail);
    unsigned most = height > fixed + n ? height - fixed - n : 0; /* what the rows leave, at least a third */
    if (most < height / 3)
        most = height / 3;
    if (details > most)
        details = most;
    unsigned room = height > fixed + details + 1 ? height - fixed - details : 1;
    add_lines(b, &top, 0, tops);
    window(b, v, &table, row, n, room < n ? room : n);
    add_lines(b, &detail, 0, details);
    buf_free(&table);
    buf_free(&detail);
    buf_free(&top);
}

/* --- for a screen reader ------------------------------------------------------------------------------------- */

static void sentence(struct buf *b, const struct term *t, size_t from)
{
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
}

void show_spoken_row(struct buf *b, const struct view *v, const struct step *st, const struct subtask *sub)
{
    struct buf name = {0}, time = {0};
    size_t from = b->len;
    bool only = sub && st->n_subs == 1 && strcmp(sub->name, "-") == 0;
    const char *text = sub ? sub->message ? sub->message : sub->title : st->title;
    if (only && !text)
        text = st->title;
    address_print(&name, v->t, st, sub);
    if (sub)
        quantity_words(&time, view_elapsed(v, sub->elapsed, sub->started, sub->ended));
    else
        quantity_words(&time, view_elapsed(v, st->elapsed, st->started, st->ended));
    buf_printf(b, "%s%s%s", buf_str(&name), _(": "), lang_text(state_word(sub ? sub->state : st->state)));
    if (sub ? sub->started : st->started)
        buf_printf(b, ", %s", buf_str(&time));
    if (sub && sub->total > 0) {
        buf_puts(b, ", ");
        quantity_progress(b, v->t, sub);
    }
    if (text)
        text_fmt(b, v->t, ". %s", text);
    if (!sub || only)
        parts_marks(b, v, st);
    sentence(b, v->t, from);
    buf_free(&name);
    buf_free(&time);
}
