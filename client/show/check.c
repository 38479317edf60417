/* The answer of `check`: one row a check and target. */
#include <stdlib.h>
#include <string.h>

#include "client/show/show.h"
#include "client/show/table.h"
#include "client/show/text.h"
#include "common/alloc.h"

/* The subtasks of a check job are named CHECK/TARGET, or CHECK when the target is the whole deployment. */
static char *check_of(const struct subtask *s) { return xstrndup(s->name, strcspn(s->name, "/")); }

static const char *target_of(const struct subtask *s)
{
    const char *slash = strchr(s->name, '/');
    return slash ? slash + 1 : s->host ? s->host : "-";
}

static const char *result_of(enum state s)
{
    return s == STATE_SUCCESSFUL ? "Pass" : s == STATE_FAILED ? "Fail" : state_word(s);
}

static void row(struct table *tab, const struct view *v, const struct subtask *s)
{
    struct buf c = {0};
    char *check = check_of(s);
    text_paint(&c, v->t, state_colour(s->state), state_mark(s->state, v->t->utf8));
    buf_puts(&c, " ");
    text_add(&c, v->t, check);
    table_cell(tab, &c);
    text_add(&c, v->t, target_of(s));
    table_cell(tab, &c);
    text_paint(&c, v->t, state_colour(s->state), result_of(s->state));
    table_cell(tab, &c);
    text_add(&c, v->t, s->message);
    table_cell(tab, &c);
    text_add(&c, v->t, s->state == STATE_SUCCESSFUL ? NULL : s->cure);
    table_cell(tab, &c);
    free(check);
}

static void line(struct buf *b, const struct view *v, const char *head, const char *text)
{
    size_t from = b->len;
    if (!text)
        return;
    buf_printf(b, "    %s", head);
    text_add(b, v->t, text);
    text_wrap(b, v->t, from, 6);
    buf_puts(b, "\n");
}

/* On a narrow terminal the table is cut; what failed is told in full below it. */
static void in_full(struct buf *b, const struct view *v, const struct subtask *s)
{
    char *check = check_of(s);
    buf_puts(b, "\n");
    size_t from = b->len;
    buf_puts(b, "  ");
    text_paint(b, v->t, state_colour(s->state), result_of(s->state));
    buf_puts(b, ": ");
    text_add(b, v->t, check);
    buf_puts(b, " ");
    text_add(b, v->t, target_of(s));
    text_wrap(b, v->t, from, 4);
    buf_puts(b, "\n");
    line(b, v, "", s->title);
    line(b, v, "Evidence: ", s->message);
    line(b, v, "Cure: ", s->cure);
    free(check);
}

void show_check(struct buf *b, const struct view *v, const struct snapshot *s)
{
    static const char *const titles[] = {"Check", "Target", "Result", "Evidence", "Cure"};
    size_t from = b->len, n = 0, passed = 0, failed = 0;
    struct table tab;
    table_begin(&tab, 5);
    for (size_t i = 0; i < 5; i++) {
        struct buf c = {0};
        text_paint(&c, v->t, "1", titles[i]);
        table_cell(&tab, &c);
    }
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct subtask *x = &s->steps[i].subs[k];
            row(&tab, v, x);
            n++;
            passed += x->state == STATE_SUCCESSFUL;
            failed += x->state == STATE_FAILED;
        }
    table_end(&tab, b);
    text_cut(b, v->t, from);
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++)
            if (s->steps[i].subs[k].state == STATE_FAILED || s->steps[i].subs[k].state == STATE_IN_DOUBT)
                in_full(b, v, &s->steps[i].subs[k]);
    buf_puts(b, "\n");
    from = b->len;
    buf_printf(b, "%zu of %zu checks passed", passed, n);
    if (failed)
        buf_printf(b, ", %zu failed", failed);
    if (n > passed + failed)
        buf_printf(b, ", %zu without an answer", n - passed - failed);
    buf_printf(b, " (job %lld: %s)", (long long)s->job, state_word(s->state));
    text_wrap(b, v->t, from, 2);
    buf_puts(b, "\n");
}
