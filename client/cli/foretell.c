#include "client/cli/foretell.h"

#include <string.h>

#include "client/lang/lang.h"

/* Which subtasks the verb changes; the daemon decides, this only foretells. */
static bool means(const struct verb *v, const struct address *a, enum state job, const struct subtask *s)
{
    if (s->state == STATE_PENDING && (!a->step || job != STATE_PAUSED))
        return false;
    if (s->state == STATE_IN_DOUBT && !verb_is_for_job(v) && !subtask_undecided(s))
        return false; /* omsupd is still checking */
    return state_in(v->sub_states, s->state);
}

static bool addressed(const struct address *a, const struct step *st, const struct subtask *s)
{
    return (!a->step || strcmp(a->step, st->id) == 0) && (!a->subtask || strcmp(a->subtask, s->name) == 0);
}

size_t verb_list_meant(struct buf *b, const struct term *t, const struct verb *v, const struct address *a,
                       const struct snapshot *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct step *st = &s->steps[i];
            const struct subtask *x = &st->subs[k];
            if (!addressed(a, st, x) || !means(v, a, s->state, x))
                continue;
            size_t from = b->len;
            buf_puts(b, "  ");
            address_print(b, t, st, x);
            buf_printf(b, "   %s", lang_text(state_word(x->state)));
            if (x->message) {
                buf_puts(b, _(": "));
                text_add(b, t, x->message);
            }
            text_cut(b, t, from);
            buf_puts(b, "\n");
            n++;
        }
    return n;
}

static void line(struct buf *b, const struct term *t, const char *text)
{
    size_t from = b->len;
    buf_puts(b, text);
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
}

static void foretell_cancel(struct buf *b, const struct term *t, bool force, const struct snapshot *s, size_t n)
{
    size_t from = b->len;
    text_fmt(b, t, _("Job %lld (%s of %s, %s, %lld of %lld subtasks done) will be canceled for good."),
             (long long)s->job, view_job_type(s->type), text_or_dash(s->object), lang_text(state_word(s->state)),
             (long long)s->done, (long long)s->total);
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
    line(b, t, _("Finished work is kept; nothing else will be started."));
    if (snapshot_next_hop(s))
        line(b, t, _("The series ends with it: no further hop will follow."));
    if (s->started && snapshot_is(s, JOB_UPGRADE))
        line(b, t, _("To return to the old version instead: omsupctl rollback"));
    if (n)
        line(b, t,
             force ? _("These will be abandoned with their outcome unknown:")
                   : _("These are running and will be stopped:"));
}

bool verb_foretell(struct buf *b, const struct term *t, const struct verb *v, const struct address *a, bool force,
                   const struct snapshot *s)
{
    struct buf list = {0};
    size_t n = verb_list_meant(&list, t, v, a, s);
    bool whole = verb_is_for_job(v); /* of these only cancel asks */
    if (whole) {
        foretell_cancel(b, t, force, s, n);
    } else {
        size_t from = b->len;
        /* TRANSLATORS: "skip: 2 subtasks of job 7 (Failed) will be marked Skipped and will not be done:" */
        text_fmt(b, t, P_("%s: %zu subtask of job %lld (%s) %s:", "%s: %zu subtasks of job %lld (%s) %s:", n), v->name,
                 n, (long long)s->job, lang_text(state_word(s->state)), lang_text(v->becomes));
        text_wrap(b, t, from, 2);
        buf_puts(b, "\n");
        if (force)
            line(b, t, _("(--force: safety refusals and the check are skipped)"));
    }
    buf_puts(b, buf_str(&list));
    buf_free(&list);
    return whole ? !snapshot_ended(s) : n > 0;
}
