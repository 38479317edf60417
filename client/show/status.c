/* The picture of a job: header, progress, steps, and what comes next. */
#include <math.h>
#include <string.h>

#include "client/show/address.h"
#include "client/show/quantity.h"
#include "client/show/show.h"
#include "client/show/table.h"
#include "client/show/text.h"

static void job_time(struct buf *b, const struct view *v, const struct snapshot *s)
{
    quantity_time(b, view_elapsed(v, s->elapsed, s->started, s->completed));
}

/* T1, T2, …: the times that the vendor's procedure asks for; the other facts are for -v. */
static bool is_time_mark(const char *name) { return name[0] == 'T' && name[1] >= '0' && name[1] <= '9'; }

static void add_facts(struct buf *b, const struct view *v, const struct snapshot *s)
{
    const cJSON *f;
    cJSON_ArrayForEach(f, s->facts) if (cJSON_IsString(f) && is_time_mark(f->string))
    {
        buf_puts(b, "   ");
        text_add(b, v->t, f->string);
        buf_puts(b, " ");
        text_add(b, v->t, f->valuestring);
    }
}

static void header(struct buf *b, const struct view *v, const struct snapshot *s)
{
    const struct term *t = v->t;
    buf_printf(b, "Job %lld   ", (long long)s->job);
    view_state(b, t, s->state);
    buf_puts(b, "   elapsed ");
    job_time(b, v, s);
    buf_puts(b, "   ");
    text_add(b, t, s->type);
    buf_puts(b, " of ");
    text_add(b, t, s->object ? s->object : s->deployment);
    if (s->parent >= 0)
        buf_printf(b, " (of job %lld)", (long long)s->parent);
    buf_puts(b, "\nby ");
    text_add(b, t, s->operator_);
    buf_puts(b, "   created ");
    text_add(b, t, s->created);
    buf_puts(b, "   started ");
    text_add(b, t, s->started);
    if (s->completed) {
        buf_puts(b, "   completed ");
        text_add(b, t, s->completed);
    }
    buf_puts(b, "\nprocedure ");
    text_add(b, t, s->procedure);
    buf_puts(b, "   plan ");
    char hash[13] = "-";
    if (s->plan)
        strncpy(hash, s->plan, sizeof hash - 1);
    text_add(b, t, hash);
    add_facts(b, v, s);
    buf_puts(b, "\n");
}

static void bar(struct buf *b, const struct view *v, const struct snapshot *s)
{
    enum { CELLS = 32 };
    int64_t done = s->done > s->total ? s->total : s->done;
    int full = s->total > 0 ? (int)(done * 1.0 / (double)s->total * CELLS) : 0;
    buf_puts(b, v->t->utf8 ? "" : "[");
    for (int i = 0; i < CELLS; i++)
        buf_puts(b, v->t->utf8 ? i < full ? "█" : "░" : i < full ? "#" : "-");
    buf_printf(b, "%s %lld of %lld subtasks done\n", v->t->utf8 ? "" : "]", (long long)s->done, (long long)s->total);
}

static void name_cell(struct table *tab, const struct view *v, unsigned indent, enum state st, const char *name)
{
    struct buf c = {0};
    buf_printf(&c, "%*s", (int)indent, "");
    text_paint(&c, v->t, state_colour(st), state_mark(st, v->t->utf8));
    buf_puts(&c, " ");
    text_add(&c, v->t, name);
    table_cell(tab, &c);
}

static void state_cell(struct table *tab, const struct view *v, enum state st)
{
    struct buf c = {0};
    text_paint(&c, v->t, state_colour(st), state_word(st));
    table_cell(tab, &c);
}

static void step_row(struct table *tab, const struct view *v, const struct step *st)
{
    struct buf c = {0};
    size_t done = 0;
    for (size_t i = 0; i < st->n_subs; i++)
        done += st->subs[i].state == STATE_SUCCESSFUL || st->subs[i].state == STATE_SKIPPED;
    name_cell(tab, v, 0, st->state, st->id);
    state_cell(tab, v, st->state);
    quantity_time(&c, view_elapsed(v, st->elapsed, st->started, st->ended));
    table_cell(tab, &c);
    buf_printf(&c, "%zu/%zu", done, st->n_subs);
    table_cell(tab, &c);
    table_text(tab, "");
    text_add(&c, v->t, st->title ? st->title : "");
    if (st->irreversible)
        text_paint(&c, v->t, "33", " (irreversible)");
    table_cell(tab, &c);
}

static void sub_row(struct table *tab, const struct view *v, const struct subtask *s)
{
    struct buf c = {0};
    name_cell(tab, v, 2, s->state, strcmp(s->name, "-") == 0 && s->host ? s->host : s->name);
    state_cell(tab, v, s->state);
    quantity_time(&c, view_elapsed(v, s->elapsed, s->started, s->ended));
    table_cell(tab, &c);
    if (s->total > 0 && !isnan(s->done))
        buf_printf(&c, "%.0f %%", floor(100 * fmin(1, fmax(0, s->done / s->total))));
    table_cell(tab, &c);
    if (s->attempt > 0)
        buf_printf(&c, "#%lld", (long long)s->attempt);
    table_cell(tab, &c);
    if (s->state == STATE_RUNNING && s->phase && strcmp(s->phase, "acting") != 0) {
        text_add(&c, v->t, s->phase);
        buf_puts(&c, s->message ? ": " : "");
    }
    if (s->message)
        text_add(&c, v->t, s->message);
    else if (s->title && !c.len)
        text_add(&c, v->t, s->title);
    table_cell(tab, &c);
}

static void group_row(struct table *tab, const struct view *v, enum state st, size_t n, const char *what)
{
    struct buf c = {0};
    if (n == 0)
        return;
    text_paint(&c, v->t, state_colour(st), state_mark(st, v->t->utf8));
    buf_printf(&c, " %zu step%s", n, n == 1 ? "" : "s");
    table_cell(tab, &c);
    table_text(tab, what);
    for (int i = 0; i < 4; i++)
        table_text(tab, "");
}

static bool quiet(enum state s) { return s == STATE_PENDING || s == STATE_SUCCESSFUL; }

static void steps(struct buf *b, const struct view *v, const struct snapshot *s)
{
    static const char *const titles[] = {"Step", "State", "Elapsed", "Done", "Attempt", "What"};
    struct table tab;
    size_t before = 0, after = 0;
    table_begin(&tab, 6);
    for (size_t i = 0; i < 6; i++) {
        struct buf c = {0};
        text_paint(&c, v->t, "1", titles[i]);
        table_cell(&tab, &c);
    }
    for (size_t i = 0; v->brief && i < s->n_steps; i++) {
        before += s->steps[i].state == STATE_SUCCESSFUL || s->steps[i].state == STATE_SKIPPED;
        after += s->steps[i].state == STATE_PENDING;
    }
    group_row(&tab, v, STATE_SUCCESSFUL, before, "done");
    for (size_t i = 0; i < s->n_steps; i++) {
        const struct step *st = &s->steps[i];
        if (v->brief && (quiet(st->state) || st->state == STATE_SKIPPED))
            continue;
        step_row(&tab, v, st);
        for (size_t k = 0; k < st->n_subs; k++)
            if (v->verbose || !quiet(st->subs[k].state))
                sub_row(&tab, v, &st->subs[k]);
    }
    group_row(&tab, v, STATE_PENDING, after, "not begun");
    table_end(&tab, b);
}

static void all_facts(struct buf *b, const struct view *v, const struct snapshot *s)
{
    const cJSON *f;
    struct table tab;
    struct buf c = {0};
    if (!s->facts || !s->facts->child)
        return;
    buf_puts(b, "\nFacts\n");
    table_begin(&tab, 2);
    cJSON_ArrayForEach(f, s->facts) if (cJSON_IsString(f))
    {
        buf_puts(&c, "  ");
        text_add(&c, v->t, f->string);
        table_cell(&tab, &c);
        text_add(&c, v->t, f->valuestring);
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
}

void show_status(struct buf *b, const struct view *v, const struct snapshot *s)
{
    size_t from = b->len;
    header(b, v, s);
    bar(b, v, s);
    if (v->note) {
        text_paint(b, v->t, "1;33", v->note);
        buf_puts(b, "\n");
    }
    buf_puts(b, "\n");
    steps(b, v, s);
    if (v->verbose)
        all_facts(b, v, s);
    text_cut(b, v->t, from);
    buf_puts(b, "\n");
    show_next(b, v, s);
}

void show_line(struct buf *b, const struct view *v, const struct snapshot *s)
{
    buf_printf(b, "job %lld: %s", (long long)s->job, state_word(s->state));
    if (s->why) {
        buf_puts(b, " (");
        text_add(b, v->t, s->why);
        buf_puts(b, ")");
    }
    buf_printf(b, ", %lld of %lld subtasks done, ", (long long)s->done, (long long)s->total);
    job_time(b, v, s);
    buf_puts(b, "\n");
}
