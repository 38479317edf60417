/* Next: what is running, Failed, In Doubt and Waiting, and what to do about each. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/next.h"

static void fix(const struct next *n)
{
    if (n->sub->cure)
        next_say(n, 4, "%s%s%s", _("Fix"), _(": "), n->sub->cure);
}

void next_doubt(const struct next *n)
{
    next_item(n, STATE_IN_DOUBT, n->sub->message);
    if (!subtask_undecided(n->sub)) {
        next_say(n, 4, "%s", _("omsupd is checking whether it was done; no action needed yet"));
        return;
    }
    next_say(n, 4, "%s", _("The outcome is unknown. Find out what happened, then choose:"));
    fix(n);
    if (n->sub->attempt > 0)
        next_type(n, "logs", "", NULL);
    next_type(n, "retry", "", _("checks again; reruns only if it is not done"));
    next_type(n, "done", " --reason TEXT", _("it was done"));
    next_type(n, "skip", " --reason TEXT", _("it is not needed"));
}

void next_failed(const struct next *n)
{
    next_item(n, STATE_FAILED, n->sub->message ? n->sub->message : _("no message"));
    fix(n);
    if (snapshot_ended(n->s))
        return; /* a check: it is run again, not retried */
    if (n->sub->attempt > 0)
        next_type(n, "logs", "", NULL);
    next_type(n, "retry", "", NULL);
}

static bool awaits_approval(const struct subtask *s) { return s->phase && strcmp(s->phase, "approval") == 0; }

/* The command is about the step, whichever of its subtasks waits. */
static void next_approval(const struct next *n)
{
    struct next step = *n;
    struct buf cmd = {0};
    step.sub = NULL;
    next_item(&step, STATE_WAITING, _("a second operator must approve it"));
    next_say(n, 4, "%s", _("Somebody who has not asked for it checks the plan, and types:"));
    buf_printf(&cmd, "omsupctl approve %lld %s", (long long)n->s->job, n->st->id);
    next_command(n, &cmd, NULL);
    buf_free(&cmd);
}

void next_waiting(const struct next *n)
{
    if (awaits_approval(n->sub)) {
        next_approval(n);
        return;
    }
    next_item(n, STATE_WAITING, n->sub->message ? n->sub->message : _("an operator is needed"));
    if (n->sub->notice)
        next_say_lines(n, n->sub->notice);
    /* A gate is opened by a person; what omsupd checks itself is not a matter of opinion. */
    if (n->sub->kind && strcmp(n->sub->kind, "wait") == 0 && !n->sub->judge)
        next_type(n, "confirm", " --force --reason TEXT", _("only if you are certain that omsupd's check is wrong"));
    else
        next_type(n, "confirm", n->sub->reasoned ? " --reason TEXT" : "", _("yes, continue"));
    next_type(n, "reject", " --reason TEXT", _("no, fail the step"));
}

void next_running(const struct next *n)
{
    struct buf m = {0};
    bool plain = !n->sub->phase || strcmp(n->sub->phase, "acting") == 0;
    if (n->sub->host && strcmp(n->sub->host, n->sub->name) != 0) {
        buf_printf(&m, _("on %s"), n->sub->host);
        buf_puts(&m, ", ");
    }
    if (!plain)
        buf_printf(&m, "%s, ", n->sub->phase);
    quantity_time(&m, view_elapsed(n->v, n->sub->elapsed, n->sub->started, n->sub->ended));
    if (n->sub->total > 0) {
        buf_puts(&m, ", ");
        quantity_progress(&m, n->v->t, n->sub);
    }
    if (n->sub->message)
        buf_printf(&m, "%s%s", _(": "), n->sub->message);
    next_item(n, STATE_RUNNING, buf_str(&m));
    buf_free(&m);
    fix(n);
}

/* An approval is for a step: it is told for the first of its subtasks. */
static bool told_before(const struct step *st, size_t k)
{
    for (size_t i = 0; awaits_approval(&st->subs[k]) && i < k; i++)
        if (awaits_approval(&st->subs[i]))
            return true;
    return false;
}

/* Those in this state: how many, and of those `fixed` (NULL: all) at most `most` are shown. */
static size_t some(struct next *n, enum state st, const bool *fixed, size_t most, void (*fn)(const struct next *))
{
    size_t found = 0;
    for (size_t i = 0; i < n->s->n_steps; i++)
        for (size_t k = 0; k < n->s->steps[i].n_subs; k++) {
            n->st = &n->s->steps[i];
            n->sub = &n->st->subs[k];
            if (n->sub->state == st && !told_before(n->st, k) && (!fixed || *fixed == (n->sub->cure != NULL)) &&
                found++ < most)
                fn(n);
        }
    n->st = NULL;
    n->sub = NULL;
    return found;
}

/* Every subtask in this state, up to a bound; where there are more, those first of which omsupd knows what to do. */
size_t next_each(struct next *n, enum state st, void (*fn)(const struct next *))
{
    size_t found = some(n, st, NULL, 0, fn);
    if (found <= NEXT_ITEMS_MAX) {
        some(n, st, NULL, found, fn);
    } else {
        size_t fixed = some(n, st, &(bool){true}, NEXT_ITEMS_MAX, fn);
        some(n, st, &(bool){false}, fixed < NEXT_ITEMS_MAX ? NEXT_ITEMS_MAX - fixed : 0, fn);
    }
    if (found > NEXT_ITEMS_MAX)
        next_say(n, 2, _("%s: %zu more; to list them: omsupctl status %lld -v"), lang_text(state_word(st)),
                 found - NEXT_ITEMS_MAX, (long long)n->s->job);
    return found;
}

struct next_work next_at_work(const struct snapshot *s)
{
    struct next_work w = {0};
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct subtask *sub = &s->steps[i].subs[k];
            w.runs |= sub->state == STATE_RUNNING || (sub->phase && strcmp(sub->phase, "fencing") == 0);
            w.canceling |= sub->phase && strcmp(sub->phase, "canceling") == 0;
            w.unreachable |= snapshot_out_of_reach(s, sub);
        }
    return w;
}
