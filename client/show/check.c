/* The answer of `check`: one row for each check and target, then what failed in full, with its fix. */
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/alloc.h"
#include "common/array.h"

/* The subtasks of a check job are named CHECK/TARGET, or CHECK when the target is the whole deployment. */
static char *check_of(const struct subtask *s) { return xstrndup(s->name, strcspn(s->name, "/")); }

static const char *target_of(const struct subtask *s)
{
    const char *slash = strchr(s->name, '/');
    return slash ? slash + 1 : text_or_dash(s->host);
}

static const char *result_of(enum state s)
{
    return s == STATE_SUCCESSFUL ? _("Pass") : s == STATE_FAILED ? _("Fail") : lang_text(state_word(s));
}

static void row(struct table *tab, const struct view *v, const struct subtask *s)
{
    struct buf c = {0};
    char *check = check_of(s);
    text_paint(&c, v->t, state_colour(s->state), state_mark(s->state, v->t->utf8));
    buf_puts(&c, " ");
    text_add(&c, v->t, check);
    table_cell(tab, &c);
    table_data(tab, target_of(s));
    text_paint(&c, v->t, state_colour(s->state), result_of(s->state));
    table_cell(tab, &c);
    table_data(tab, s->message);
    free(check);
}

static void line(struct buf *b, const struct view *v, const char *label, const char *text)
{
    size_t from = b->len;
    if (!text)
        return;
    buf_puts(b, "    ");
    text_fmt(b, v->t, "%s%s%s", label ? label : "", label ? _(": ") : "", text);
    text_wrap(b, v->t, from, 6);
    buf_puts(b, "\n");
}

static void in_full(struct buf *b, const struct view *v, const struct subtask *s)
{
    char *check = check_of(s);
    buf_puts(b, "\n");
    size_t from = b->len;
    buf_puts(b, "  ");
    text_paint(b, v->t, state_colour(s->state), result_of(s->state));
    buf_puts(b, _(": "));
    text_add(b, v->t, check);
    buf_puts(b, " ");
    text_add(b, v->t, target_of(s));
    text_wrap(b, v->t, from, 4);
    buf_puts(b, "\n");
    line(b, v, NULL, s->title);
    line(b, v, _("Evidence"), s->message);
    line(b, v, _("Fix"), s->cure);
    free(check);
}

/* The last line: how many of each. */
static void sum(struct buf *b, const struct view *v, const struct snapshot *s, size_t n, size_t passed, size_t failed)
{
    size_t from = b->len;
    buf_printf(b, P_("%zu of %zu check passed", "%zu of %zu checks passed", n), passed, n);
    if (failed) {
        buf_puts(b, ", ");
        buf_printf(b, P_("%zu failed", "%zu failed", failed), failed);
    }
    if (n > passed + failed) {
        buf_puts(b, ", ");
        buf_printf(b, P_("%zu without a result", "%zu without a result", n - passed - failed), n - passed - failed);
    }
    buf_printf(b, _(" (job %lld: %s)"), (long long)s->job, lang_text(state_word(s->state)));
    text_wrap(b, v->t, from, 2);
    buf_puts(b, "\n");
}

void show_check(struct buf *b, const struct view *v, const struct snapshot *s)
{
    static const struct column columns[] = {{.title = N_("Check"), .fit = COLUMN_WRAP, .least = 12},
                                            {.title = N_("Target"), .fit = COLUMN_WRAP, .least = 8},
                                            {.title = N_("Result")},
                                            {.title = N_("Evidence"), .fit = COLUMN_WRAP, .least = 24, .leave = 1}};
    size_t n = 0, passed = 0, failed = 0;
    struct table tab;
    table_begin(&tab, v->t, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct subtask *x = &s->steps[i].subs[k];
            row(&tab, v, x);
            n++;
            passed += x->state == STATE_SUCCESSFUL;
            failed += x->state == STATE_FAILED;
        }
    table_end(&tab, b);
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++)
            if (s->steps[i].subs[k].state == STATE_FAILED || s->steps[i].subs[k].state == STATE_IN_DOUBT)
                in_full(b, v, &s->steps[i].subs[k]);
    buf_puts(b, "\n");
    sum(b, v, s, n, passed, failed);
}
