/* The picture of a job: header, progress, steps, and what comes next. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/parts.h"
#include "client/show/show.h"
#include "common/alloc.h"
#include "common/array.h"

/* --- the header: fields, three spaces between, on as few lines as the terminal allows ------------------------- */

struct fields {
    struct buf *b;
    const struct term *t;
    size_t line; /* where the line begins */
};

/* Adds a field and empties it. */
static void put(struct fields *f, struct buf *field)
{
    size_t so_far = text_width(buf_str(f->b) + f->line, f->b->len - f->line);
    if (so_far && f->t->tty && so_far + 3 + text_width(buf_str(field), field->len) > f->t->width) {
        buf_puts(f->b, "\n");
        f->line = f->b->len;
        so_far = 0;
    }
    buf_puts(f->b, so_far ? "   " : "");
    buf_add(f->b, buf_str(field), field->len);
    buf_free(field);
}

static void end_line(struct fields *f)
{
    buf_puts(f->b, "\n");
    f->line = f->b->len;
}

/* A field "created 2026-…". */
static void put_date(struct fields *f, const char *label, const char *utc)
{
    struct buf field = {0};
    buf_printf(&field, "%s ", label);
    quantity_date(&field, f->t, utc);
    put(f, &field);
}

/* T1, T2, …: the times that the vendor's procedure asks for; the other facts are for -v. */
static bool is_time_mark(const char *name) { return name[0] == 'T' && name[1] >= '0' && name[1] <= '9'; }

static void put_time_marks(struct fields *f, const struct snapshot *s)
{
    const cJSON *fact;
    cJSON_ArrayForEach(fact, s->facts) if (cJSON_IsString(fact) && is_time_mark(fact->string))
    {
        struct buf c = {0};
        text_add(&c, f->t, fact->string);
        buf_puts(&c, " ");
        quantity_date(&c, f->t, fact->valuestring);
        put(f, &c);
    }
}

/* What earlier runs say of the time that is left; while something runs it gets less. */
static void left_line(struct buf *b, const struct view *v, const struct snapshot *s)
{
    if (isnan(s->left.most) || snapshot_ended(s))
        return;
    double age = s->state == STATE_IN_PROGRESS ? v->age : 0;
    struct buf least = {0}, most = {0};
    quantity_words(&least, fmax(0, s->left.least - age));
    quantity_words(&most, fmax(0, s->left.most - age));
    if (strcmp(buf_str(&least), buf_str(&most)) == 0)
        buf_printf(b,
                   P_("Left: about %s, by %lld earlier run; waits for operators are not counted",
                      "Left: about %s, by %lld earlier runs; waits for operators are not counted", s->left.runs),
                   buf_str(&most), (long long)s->left.runs);
    else
        buf_printf(b,
                   P_("Left: %s to %s, by %lld earlier run; waits for operators are not counted",
                      "Left: %s to %s, by %lld earlier runs; waits for operators are not counted", s->left.runs),
                   buf_str(&least), buf_str(&most), (long long)s->left.runs);
    buf_puts(b, "\n");
    buf_free(&least);
    buf_free(&most);
}

static void window_line(struct buf *b, const struct view *v, const struct snapshot *s)
{
    if (!s->window)
        return;
    struct buf opens = {0}, closes = {0};
    quantity_date(&opens, v->t, s->window_opens);
    quantity_date(&closes, v->t, s->window_closes);
    text_fmt(b, v->t, _("Window: %s, this or the next one from %s to %s"), s->window, buf_str(&opens),
             buf_str(&closes));
    buf_puts(b, "\n");
    buf_free(&opens);
    buf_free(&closes);
}

void parts_header(struct buf *b, const struct view *v, const struct snapshot *s)
{
    const struct term *t = v->t;
    struct fields f = {.b = b, .t = t, .line = b->len};
    struct buf c = {0};
    buf_printf(&c, _("Job %lld"), (long long)s->job);
    put(&f, &c);
    view_state(&c, t, s->state);
    put(&f, &c);
    view_elapsed_text(&c, v, s->elapsed, s->started, s->completed);
    put(&f, &c);
    /* TRANSLATORS: "Upgrade of lab: 4.0.2 -> 4.2.3", the type and object of a job */
    text_fmt(&c, t, C_("job", "%s of %s"), view_job_type(s->type), text_or_dash(s->object ? s->object : s->deployment));
    if (s->parent >= 0)
        buf_printf(&c, _(" (for job %lld)"), (long long)s->parent);
    put(&f, &c);
    end_line(&f);
    text_fmt(&c, t, _("by %s"), text_or_dash(s->operator_name));
    put(&f, &c);
    put_date(&f, _("created"), s->created);
    put_date(&f, _("started"), s->started);
    if (s->completed)
        put_date(&f, _("completed"), s->completed);
    end_line(&f);
    text_fmt(&c, t, _("procedure %s"), text_or_dash(s->procedure));
    put(&f, &c);
    text_fmt(&c, t, _("plan %.12s"), text_or_dash(s->plan));
    put(&f, &c);
    put_time_marks(&f, s);
    end_line(&f);
    show_outage_line(b, v, s);
    left_line(b, v, s);
    window_line(b, v, s);
}

static void subtasks_done(struct buf *b, const struct snapshot *s)
{
    buf_printf(b, P_("%lld of %lld subtask done", "%lld of %lld subtasks done", s->total), (long long)s->done,
               (long long)s->total);
}

void parts_bar(struct buf *b, const struct view *v, const struct snapshot *s)
{
    enum { CELLS = 32 };
    int64_t done = s->done > s->total ? s->total : s->done;
    int full = s->total > 0 ? (int)((double)done / (double)s->total * (double)CELLS) : 0;
    buf_puts(b, v->t->utf8 ? "" : "[");
    for (int i = 0; i < CELLS; i++)
        buf_puts(b, v->t->utf8 ? i < full ? "█" : "░" : i < full ? "#" : "-");
    buf_puts(b, v->t->utf8 ? " " : "] ");
    subtasks_done(b, s);
    buf_puts(b, "\n");
}

/* --- the table of steps: a column is a row here ---------------------------------------------------------------- */

static void name_cell(struct buf *c, const struct view *v, unsigned indent, enum state st, const char *name)
{
    buf_printf(c, "%*s", (int)indent, "");
    text_paint(c, v->t, state_colour(st), state_mark(st, v->t->utf8));
    buf_puts(c, " ");
    text_add(c, v->t, name);
}

static void state_cell(struct buf *c, const struct view *v, enum state st)
{
    text_paint(c, v->t, state_colour(st), lang_text(state_word(st)));
}

static void step_name(struct buf *c, const struct view *v, const struct step *st)
{
    name_cell(c, v, 0, st->state, st->id);
}
static void step_state(struct buf *c, const struct view *v, const struct step *st) { state_cell(c, v, st->state); }

static void step_elapsed(struct buf *c, const struct view *v, const struct step *st)
{
    quantity_time(c, view_elapsed(v, st->elapsed, st->started, st->ended));
}

/* "2:10" or "1:50-2:10". */
static void step_expected(struct buf *c, const struct view *v, const struct step *st)
{
    if (isnan(st->expected.most))
        return;
    struct buf least = {0}, most = {0};
    quantity_time(&least, st->expected.least);
    quantity_time(&most, st->expected.most);
    if (strcmp(buf_str(&least), buf_str(&most)) != 0)
        buf_printf(c, "%s-", buf_str(&least));
    buf_puts(c, buf_str(&most));
    buf_free(&least);
    buf_free(&most);
}

static void step_done(struct buf *c, const struct view *v, const struct step *st)
{
    size_t done = 0;
    for (size_t i = 0; i < st->n_subs; i++)
        done += st->subs[i].state == STATE_SUCCESSFUL || st->subs[i].state == STATE_SKIPPED;
    buf_printf(c, "%zu/%zu", done, st->n_subs);
}

void parts_marks(struct buf *c, const struct view *v, const struct step *st)
{
    if (st->irreversible)
        text_paint(c, v->t, "33", _(" (irreversible)"));
    if (st->undo)
        text_paint(c, v->t, "33", _(" (rolls back on failure)"));
    view_hook(c, v->t, st->hook);
    if (st->slower)
        text_paint(c, v->t, "33", _(" (slower than ever before)"));
    if (st->breakpoint)
        text_paint(c, v->t, "33", _(" (breakpoint)"));
}

static void step_what(struct buf *c, const struct view *v, const struct step *st)
{
    text_add(c, v->t, st->title ? st->title : "");
    parts_marks(c, v, st);
}

static void sub_name(struct buf *c, const struct view *v, const struct subtask *s)
{
    name_cell(c, v, 2, s->state, strcmp(s->name, "-") == 0 && s->host ? s->host : s->name);
}

static void sub_state(struct buf *c, const struct view *v, const struct subtask *s) { state_cell(c, v, s->state); }

static void sub_elapsed(struct buf *c, const struct view *v, const struct subtask *s)
{
    quantity_time(c, view_elapsed(v, s->elapsed, s->started, s->ended));
}

static void sub_done(struct buf *c, const struct view *v, const struct subtask *s)
{
    if (s->total > 0 && !isnan(s->done))
        buf_printf(c, "%.0f %%", floor(100 * fmin(1, fmax(0, s->done / s->total))));
}

static void sub_attempt(struct buf *c, const struct view *v, const struct subtask *s)
{
    if (s->attempt > 0)
        buf_printf(c, "#%lld", (long long)s->attempt);
}

static void sub_what(struct buf *c, const struct view *v, const struct subtask *s)
{
    if (s->state == STATE_RUNNING && s->phase && strcmp(s->phase, "acting") != 0) {
        text_add(c, v->t, s->phase);
        buf_puts(c, s->message ? _(": ") : "");
    }
    if (s->message)
        text_add(c, v->t, s->message);
    else if (s->title && !c->len)
        text_add(c, v->t, s->title);
}

static const struct {
    struct column column;
    void (*step)(struct buf *cell, const struct view *v, const struct step *st); /* NULL: empty */
    void (*sub)(struct buf *cell, const struct view *v, const struct subtask *s);
} columns[] = {
    {{.title = N_("Step")}, step_name, sub_name},
    {{.title = N_("State")}, step_state, sub_state},
    {{.title = N_("Elapsed"), .leave = 1}, step_elapsed, sub_elapsed},
    {{.title = N_("Expected"), .leave = 1}, step_expected, NULL},
    {{.title = N_("Done"), .leave = 2}, step_done, sub_done},
    {{.title = N_("Attempt"), .leave = 3}, NULL, sub_attempt},
    {{.title = N_("What"), .fit = COLUMN_CUT, .least = 24}, step_what, sub_what},
};
enum { N_COLUMNS = ARRAY_LEN(columns) };

/* The rows, gathered before they are a table: a column that no row fills is left out. */
struct rows {
    struct buf *cells;
    size_t n;
    bool filled[N_COLUMNS];
};

static struct buf *row_begin(struct rows *r)
{
    r->cells = xrealloc(r->cells, r->n + N_COLUMNS, sizeof *r->cells);
    struct buf *row = r->cells + r->n;
    memset(row, 0, N_COLUMNS * sizeof *row);
    r->n += N_COLUMNS;
    return row;
}

static void row_end(struct rows *r, const struct buf *row)
{
    for (size_t i = 0; i < N_COLUMNS; i++)
        r->filled[i] |= row[i].len > 0;
}

static void step_row(struct rows *r, const struct view *v, const struct step *st)
{
    struct buf *row = row_begin(r);
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (columns[i].step)
            columns[i].step(&row[i], v, st);
    row_end(r, row);
}

static void sub_row(struct rows *r, const struct view *v, const struct subtask *s)
{
    struct buf *row = row_begin(r);
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (columns[i].sub)
            columns[i].sub(&row[i], v, s);
    row_end(r, row);
}

/* Steps that a small screen has no room for, as one row. */
static void group_row(struct rows *r, const struct view *v, enum state st, size_t n, const char *what)
{
    if (n == 0)
        return;
    struct buf *row = row_begin(r);
    text_paint(&row[0], v->t, state_colour(st), state_mark(st, v->t->utf8));
    buf_puts(&row[0], " ");
    buf_printf(&row[0], P_("%zu step", "%zu steps", n), n);
    buf_puts(&row[1], what);
    row_end(r, row);
}

/* Prints them below an empty line, and frees them. */
static void rows_print(struct rows *r, const struct view *v, struct buf *b, unsigned indent)
{
    struct column shown[N_COLUMNS];
    struct table tab;
    size_t n = 0;
    for (size_t i = 0; i < N_COLUMNS; i++)
        if (r->filled[i])
            shown[n++] = columns[i].column;
    if (v->verbose && r->filled[N_COLUMNS - 1])
        shown[n - 1].fit = COLUMN_WRAP; /* in full: no message is cut */
    if (n) {
        buf_puts(b, "\n");
        table_begin(&tab, v->t, shown, n);
        tab.indent = indent;
        for (size_t i = 0; i < r->n; i++)
            if (r->filled[i % N_COLUMNS])
                table_cell(&tab, &r->cells[i]);
            else
                buf_free(&r->cells[i]);
        table_end(&tab, b);
    }
    free(r->cells);
}

static bool quiet(enum state s) { return s == STATE_PENDING || s == STATE_SUCCESSFUL; }

static void steps(struct buf *b, const struct view *v, const struct snapshot *s)
{
    struct rows rows = {0};
    size_t before = 0, after = 0;
    for (size_t i = 0; v->brief && i < s->n_steps; i++) {
        before += s->steps[i].state == STATE_SUCCESSFUL || s->steps[i].state == STATE_SKIPPED;
        after += s->steps[i].state == STATE_PENDING;
    }
    group_row(&rows, v, STATE_SUCCESSFUL, before, _("done"));
    for (size_t i = 0; i < s->n_steps; i++) {
        const struct step *st = &s->steps[i];
        if (v->brief && (quiet(st->state) || st->state == STATE_SKIPPED))
            continue;
        step_row(&rows, v, st);
        for (size_t k = 0; k < st->n_subs; k++)
            if (v->verbose || !quiet(st->subs[k].state))
                sub_row(&rows, v, &st->subs[k]);
    }
    group_row(&rows, v, STATE_PENDING, after, _("not started"));
    rows_print(&rows, v, b, 0);
}

void parts_rows(struct buf *b, const struct view *v, const struct snapshot *s, unsigned indent)
{
    struct rows rows = {0};
    struct view plain = *v;
    plain.verbose = false; /* a line for each */
    for (size_t i = 0; i < s->n_steps; i++) {
        step_row(&rows, &plain, &s->steps[i]);
        for (size_t k = 0; k < s->steps[i].n_subs; k++)
            sub_row(&rows, &plain, &s->steps[i].subs[k]);
    }
    rows_print(&rows, &plain, b, indent);
}

static void all_facts(struct buf *b, const struct view *v, const struct snapshot *s)
{
    static const struct column two[] = {{.title = NULL}, {.fit = COLUMN_WRAP, .least = 20}};
    const cJSON *f;
    struct table tab;
    if (!s->facts || !s->facts->child)
        return;
    buf_printf(b, "\n%s\n", _("Facts"));
    table_begin(&tab, v->t, two, 2);
    tab.indent = 2;
    cJSON_ArrayForEach(f, s->facts) if (cJSON_IsString(f))
    {
        struct buf c = {0};
        table_data(&tab, f->string);
        if (is_time_mark(f->string) || strcmp(f->string, "online") == 0)
            quantity_date(&c, v->t, f->valuestring);
        else
            text_add(&c, v->t, f->valuestring);
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
}

/* Where the job will be paused: also where a small screen has no room for the steps. */
static void breakpoints(struct buf *b, const struct view *v, const struct snapshot *s)
{
    struct buf list = {0};
    for (size_t i = 0; i < s->n_steps; i++)
        if (s->steps[i].breakpoint)
            buf_printf(&list, "%s%s", list.len ? ", " : "", s->steps[i].id);
    if (list.len) {
        size_t from = b->len;
        text_fmt(b, v->t, _("Breakpoints: paused before %s"), buf_str(&list));
        text_wrap(b, v->t, from, 2);
        buf_puts(b, "\n");
    }
    buf_free(&list);
}

static void wrapped(struct buf *b, const struct view *v, size_t from)
{
    text_wrap(b, v->t, from, 2);
    buf_puts(b, "\n");
}

/* What is wrong outside of any step. */
static void trouble(struct buf *b, const struct view *v, const struct snapshot *s)
{
    size_t from = b->len;
    if (s->trouble) {
        text_fmt(b, v->t, _("No changing step starts, because omsupd is not certain of its lock in the MetaDB: %s"),
                 s->trouble);
        wrapped(b, v, from);
    }
    from = b->len;
    if (s->untold) {
        text_fmt(b, v->t, _("Not everybody can be notified (omsupctl notify): %s"), s->untold);
        wrapped(b, v, from);
    }
    from = b->len;
    if (s->uncopied) {
        text_fmt(b, v->t,
                 _("The newest state of the job is on no other node, so another host could not continue it: %s"),
                 s->uncopied);
        wrapped(b, v, from);
    }
}

void show_status(struct buf *b, const struct view *v, const struct snapshot *s)
{
    size_t from = b->len;
    if (v->note) {
        text_paint(b, v->t, "1;33", v->note);
        buf_puts(b, "\n");
    }
    parts_header(b, v, s);
    parts_bar(b, v, s);
    text_cut(b, v->t, from);
    breakpoints(b, v, s);
    trouble(b, v, s);
    show_series(b, v, &s->series);
    steps(b, v, s);
    if (v->verbose) {
        show_outage_parts(b, v, s);
        all_facts(b, v, s);
    }
    buf_puts(b, "\n");
    show_next(b, v, s);
}

void show_remarks(struct buf *b, const struct view *v, const struct snapshot *s)
{
    show_outage_line(b, v, s);
    left_line(b, v, s);
    window_line(b, v, s);
    breakpoints(b, v, s);
    trouble(b, v, s);
}

void show_line(struct buf *b, const struct view *v, const struct snapshot *s)
{
    struct buf done = {0}, time = {0};
    subtasks_done(&done, s);
    quantity_time(&time, view_elapsed(v, s->elapsed, s->started, s->completed));
    if (s->why)
        text_fmt(b, v->t, _("job %lld: %s (%s), %s, %s"), (long long)s->job, lang_text(state_word(s->state)), s->why,
                 buf_str(&done), buf_str(&time));
    else
        text_fmt(b, v->t, _("job %lld: %s, %s, %s"), (long long)s->job, lang_text(state_word(s->state)), buf_str(&done),
                 buf_str(&time));
    buf_puts(b, "\n");
    buf_free(&done);
    buf_free(&time);
}
