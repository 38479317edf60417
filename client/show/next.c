/* "Next": of the job as a whole. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/next.h"

static void next_hosts(const struct next *n)
{
    for (size_t i = 0; i < n->s->n_hosts; i++) {
        const struct host *h = &n->s->hosts[i];
        if (h->up || snapshot_ended(n->s))
            continue;
        if (h->why)
            next_say(n, 2, _("Unreachable: %s: %s (omsupd keeps retrying)"), h->name, h->why);
        else
            next_say(n, 2, _("Unreachable: %s (omsupd keeps retrying)"), h->name);
    }
}

static const struct step *next_step(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        if (s->steps[i].state == STATE_PENDING)
            return &s->steps[i];
    return NULL;
}

static void then(const struct next *n)
{
    const struct step *st = next_step(n->s);
    if (!st)
        return;
    const char *title = st->title ? st->title : st->id;
    if (st->irreversible)
        next_say(n, 2, _("Next step: %s: %s (irreversible: afterwards the only way back is a rollback)"), st->id,
                 title);
    else
        next_say(n, 2, _("Next step: %s: %s"), st->id, title);
}

/* What the last step leaves to people is in its notice. */
static void successful(const struct next *n)
{
    if (n->s->rolled_back_by >= 0) { /* and what it left to do is no longer true */
        next_say(n, 2, _("Successful. Job %lld is the rollback:"), (long long)n->s->rolled_back_by);
        next_see_rollback(n);
        return;
    }
    const struct step *last = n->s->n_steps ? &n->s->steps[n->s->n_steps - 1] : NULL;
    bool notice = last && last->n_subs && last->subs[0].notice;
    next_say(n, 2, "%s",
             notice                    ? _("Successful. Remaining manual steps:")
             : snapshot_next_hop(n->s) ? _("Successful.")
                                       : _("Successful. Nothing is left to do."));
    if (notice)
        next_say_lines(n, last->subs[0].notice);
    const cJSON *f;
    cJSON_ArrayForEach(f, n->s->facts) if (strncmp(f->string, "remark.", 7) == 0 && cJSON_IsString(f))
        next_say(n, 2, _("Note: %s"), f->valuestring);
}

static void scheduled(const struct next *n)
{
    struct buf at = {0};
    quantity_date(&at, n->v->t, n->s->start_at);
    next_say(n, 2, _("omsupd starts it at %s. To change that:"), buf_str(&at));
    next_type(n, "start", "", _("now"));
    next_type(n, "start", " --at TIME", NULL);
    next_type(n, "pause", "", _("takes the start back"));
    buf_free(&at);
}

static void next_job(const struct next *n, size_t running, size_t asked)
{
    const struct snapshot *s = n->s;
    struct next_work work = next_at_work(s);
    switch (s->state) {
    case STATE_INITIALIZING:
        next_say(n, 2, "%s", _("Initializing: the job is being created."));
        break;
    case STATE_READY:
        next_say(n, 2, "%s", _("Ready: nothing has been changed yet."));
        if (s->start_at) {
            scheduled(n);
            break;
        }
        next_type(n, "plan", "", _("shows every command"));
        next_type(n, "start", "", NULL);
        break;
    case STATE_PAUSED:
        next_say(n, 2, "%s", _("Paused: nothing will start until you resume it."));
        next_type(n, "resume", "", NULL);
        if (next_step(s) && !work.runs)
            next_type(n, "resume", " --one-step", _("runs the next step only"));
        break;
    case STATE_SUCCESSFUL:
        successful(n);
        break;
    case STATE_CANCELED:
        next_canceled(n);
        return;
    case STATE_FAILED:
        if (snapshot_ended(s))
            next_say(n, 2, "%s", _("Failed. Fix the problem and run the check again."));
        break;
    case STATE_IN_PROGRESS:
        if (work.canceling)
            next_canceling(n, work.unreachable);
        else if (running)
            then(n);
        else if (!asked)
            next_say(n, 2, "%s", _("In Progress: the next step is about to start."));
        break;
    case STATE_WAITING:
        if (s->awaited_by) {
            next_say(
                n, 2, "%s",
                _("omsupd continues by itself when the window has room. To continue without it, or to stop here:"));
            next_type(n, "confirm", " --reason TEXT", NULL);
            next_type(n, "pause", "", NULL);
        }
        if (s->start_missed) {
            next_type(n, "start", "", _("now"));
            next_type(n, "start", " --at TIME", NULL);
            next_type(n, "pause", "", _("not now: the job is Ready again"));
        }
        break;
    case STATE_PENDING:
    case STATE_RUNNING:
    case STATE_IN_DOUBT:
    case STATE_SKIPPED:
    case N_STATES:
        break;
    }
    bool stuck =
        s->state == STATE_FAILED || s->state == STATE_PAUSED || (s->state == STATE_WAITING && snapshot_undecided(s));
    if (stuck && next_may_roll_back(s))
        next_or_roll_back(n);
}

/* Another control host has the job: here it can only be canceled. */
static bool taken_over(const struct next *n)
{
    if (!n->s->facts || snapshot_ended(n->s) || !cJSON_GetObjectItemCaseSensitive(n->s->facts, "taken-over"))
        return false;
    next_say(n, 2, "%s", _("The job continues on that host, not here. To end it in this journal only:"));
    next_type(n, "cancel", " --reason TEXT", NULL);
    return true;
}

/* Of a Failed or Waiting job `why` is what the first item says. */
static bool told(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            enum state st = s->steps[i].subs[k].state;
            if (st == STATE_FAILED || st == STATE_WAITING || st == STATE_IN_DOUBT)
                return s->state == STATE_FAILED || s->state == STATE_WAITING;
        }
    return false;
}

void show_next(struct buf *b, const struct view *v, const struct snapshot *s)
{
    struct next n = {.b = b, .v = v, .s = s};
    size_t asked = 0, failed, running;
    text_paint(b, v->t, "1", _("Next"));
    buf_puts(b, "\n");
    if (s->outdated) {
        next_hosts(&n);
        next_outdated(&n);
        return;
    }
    if (s->why && !told(s))
        next_say(&n, 2, "%s%s%s", s->state == STATE_IN_PROGRESS ? _("Note") : _("Why"), _(": "), s->why);
    if (taken_over(&n))
        return;
    next_hosts(&n);
    if (snapshot_ended(s) && s->rolled_back_by >= 0) { /* what it left undone is the rollback's */
        next_job(&n, 0, 0);
        next_series(&n);
        return;
    }
    asked += next_each(&n, STATE_IN_DOUBT, next_doubt);
    failed = next_each(&n, STATE_FAILED, next_failed);
    if (failed > 1 && !snapshot_ended(s)) {
        next_say(&n, 2, "%s", _("Retry everything that failed:"));
        next_type(&n, "retry", "", NULL);
    }
    asked += failed;
    asked += next_each(&n, STATE_WAITING, next_waiting);
    running = next_each(&n, STATE_RUNNING, next_running);
    next_job(&n, running, asked);
    next_restore_time(&n);
    next_series(&n);
}
