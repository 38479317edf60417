/* core_apply(): one event, its row, and everything that follows from it (the next subtasks start, the job ends). */
#include "daemon/engine/core/core.h"

#include <assert.h>
#include <stdlib.h>

#include "common/alloc.h"
#include "common/array.h"

void core_update_clear(struct core_update *u)
{
    u->n_moves = 0;
    u->stop = STOP_NONE;
}

void core_update_free(struct core_update *u)
{
    free(u->moves);
    *u = (struct core_update){0};
}

static void add_move(struct core_update *u, size_t subtask, const struct core_row *row)
{
    if (u->n_moves == u->cap) {
        u->cap = u->cap ? 2 * u->cap : 16;
        u->moves = xrealloc(u->moves, u->cap, sizeof *u->moves);
    }
    u->moves[u->n_moves++] = (struct core_move){subtask, row};
}

bool core_unapproved(const struct core_subtask *s) { return s->two_persons && s->approved <= s->attempt; }

bool core_begins(enum core_event e)
{
    return e == EV_BEGIN_CHECK || e == EV_BEGIN_ACT || e == EV_BEGIN_POLL || e == EV_BEGIN_GATE || e == EV_BEGIN_FENCE;
}

static bool runs_plan(enum core_effect e) { return e == EFFECT_CHECK || e == EFFECT_ACT || e == EFFECT_POLL; }

/* May nothing of the step begin yet? What has begun is not held up: half-way is worse than late. */
static bool shut(const struct core_job *j, const struct core_step *st)
{
    const struct core_window *w = &j->window;
    if (!w->set || !st->awaits_window || st->confirmed || (w->now >= w->opens && w->now + st->needs_s <= w->closes))
        return false;
    for (size_t i = st->first; i < st->first + st->n; i++)
        if (j->subtasks[i].attempt)
            return false;
    return true;
}

/* The one place that writes a phase. */
static bool move(struct core_job *j, size_t i, enum core_event e, struct core_update *u)
{
    struct core_subtask *s = &j->subtasks[i];
    bool would_act = e == EV_NO && (s->phase == PHASE_DOUBT || s->phase == PHASE_CHECKING);
    if (would_act && s->phase == PHASE_DOUBT && s->lost >= core_lost_max(s))
        e = EV_NO_AGAIN;
    else if (would_act && shut(j, &j->steps[core_step_of(j, i)]))
        e = EV_NO_WINDOW;
    else if (would_act && j->mode != MODE_RUNNING && !s->asked)
        e = EV_NO_HELD;
    else if (would_act && core_unapproved(s))
        e = EV_NO_ASK;
    const struct core_row *row = core_row(s->phase, e);
    if (row && j->outdated && runs_plan(row->effect))
        row = core_row(s->phase, EV_REST);
    if (!row || (core_begins(e) && core_unapproved(s)))
        return false;
    if (row->from == PHASE_ACTING && row->event == EV_NEVER)
        s->approved = s->attempt + 1; /* nothing has been done with it */
    if (e == EV_BEGIN_POLL || e == EV_BEGIN_GATE)
        s->approved = 0;
    switch (core_event_run(e)) {
    case RUN_SAME:
        break;
    case RUN_ENDED:
        s->open_run = false;
        s->lost = 0;
        break;
    case RUN_LOST:
        s->open_run = false;
        s->lost++;
        break;
    case RUN_LEFT:
        s->open_run = false;
        break;
    }
    if (core_event_who(e) == BY_OPERATOR || e == EV_BEGIN_CHECK || e == EV_BEGIN_ACT)
        s->lost = 0;
    if (core_event_who(e) == BY_ENGINE || e == EV_BEGIN_FENCE)
        s->asked = row->from != PHASE_PENDING && row->from != PHASE_APPROVAL;
    if (row->effect == EFFECT_ACT) {
        s->attempt++;
        s->open_run = true;
    }
    s->phase = row->to;
    add_move(u, i, row);
    return true;
}

size_t core_step_of(const struct core_job *j, size_t subtask)
{
    for (size_t k = 0; k < j->n_steps; k++)
        if (subtask >= j->steps[k].first && subtask < j->steps[k].first + j->steps[k].n)
            return k;
    assert(false && "a subtask belongs to a step");
    return 0;
}

bool core_step_passed(const struct core_job *j, const struct core_step *st)
{
    for (size_t i = st->first; i < st->first + st->n; i++) {
        enum core_phase p = j->subtasks[i].phase;
        if (!core_phase_passed(p) && !(j->keep_going && p == PHASE_FAILED))
            return false;
    }
    return true;
}

size_t core_current_step(const struct core_job *j)
{
    size_t k = 0;
    while (k < j->n_steps && core_step_passed(j, &j->steps[k]))
        k++;
    return k;
}

static enum core_event begin_event(const struct core_subtask *s)
{
    static const enum core_event own[] = {
        [WAY_CHECK] = EV_BEGIN_CHECK, [WAY_ACT] = EV_BEGIN_ACT, [WAY_POLL] = EV_BEGIN_POLL, [WAY_GATE] = EV_BEGIN_GATE};
    TABLE_ENDS(own, WAY_GATE);
    return own[s->way];
}

static bool any(const struct core_job *j, bool (*is)(enum core_phase))
{
    for (size_t i = 0; i < j->n_subtasks; i++)
        if (is(j->subtasks[i].phase))
            return true;
    return false;
}

static bool acts(enum core_phase p)
{
    return p == PHASE_ACTING || p == PHASE_EXPIRING || p == PHASE_CANCELING || p == PHASE_FENCING;
}

static bool step_begun(const struct core_job *j, const struct core_step *st)
{
    for (size_t i = st->first; i < st->first + st->n; i++)
        if (j->subtasks[i].phase != PHASE_PENDING && j->subtasks[i].phase != PHASE_SKIPPED)
            return true;
    return false;
}

/* Drops the stops up to the step at which the job is. The last one, or NULL. */
static struct core_step *take_stops(struct core_job *j, size_t current, enum core_stop *stop)
{
    struct core_step *last = NULL;
    for (struct core_step *st = j->steps; st <= j->steps + current; st++)
        if (st->stop) {
            last = st;
            *stop = st->stop;
            st->stop = STOP_NONE;
        }
    return last;
}

static void pause_job(struct core_job *j)
{
    j->mode = MODE_PAUSED;
    for (size_t i = 0; i < j->n_subtasks; i++)
        j->subtasks[i].asked = false; /* overrules an earlier retry */
}

/* Starts what may start now, and ends the job when nothing is left. */
static void settle(struct core_job *j, struct core_update *u)
{
    if (j->mode == MODE_CANCELING && !any(j, core_phase_busy))
        j->mode = MODE_CANCELED;
    if (j->mode == MODE_WINDOW)
        j->mode = MODE_RUNNING; /* unless it still awaits it */
    if (j->mode != MODE_RUNNING && j->mode != MODE_PAUSED)
        return;
    size_t k = core_current_step(j);
    if (k == j->n_steps) {
        j->mode = MODE_SUCCESSFUL;
        return;
    }
    if (j->mode == MODE_PAUSED)
        return;
    const struct core_step *stop = take_stops(j, k, &u->stop);
    if (stop) {
        u->stop_step = (size_t)(stop - j->steps);
        pause_job(j);
        return;
    }
    const struct core_step *st = &j->steps[k];
    if (shut(j, st)) {
        j->mode = MODE_WINDOW;
        return;
    }
    for (size_t i = st->first; i < st->first + st->n; i++) {
        struct core_subtask *s = &j->subtasks[i];
        if (s->phase == PHASE_PENDING || s->phase == PHASE_APPROVAL)
            move(j, i, core_unapproved(s) ? EV_BEGIN_ASK : begin_event(s), u);
        if (st->serial && !core_phase_passed(s->phase))
            break;
    }
}

/* The step has Failed. That must be certain: nothing runs, nothing is In Doubt or Waiting, no attempt was given up or
 * lost. A job that is not running has an operator. */
static bool undo_due(const struct core_job *j, const struct core_step *st)
{
    bool failed = false;
    if (j->undo != UNDO_OPEN || j->mode != MODE_RUNNING || j->outdated)
        return false;
    for (size_t i = 0; i < j->n_subtasks; i++) {
        const struct core_subtask *s = &j->subtasks[i];
        if (core_phase_busy(s->phase) || s->phase == PHASE_UNKNOWN || s->phase == PHASE_GATE ||
            s->phase == PHASE_APPROVAL || (s->open_run && !s->read_only) || (s->phase == PHASE_FAILED && s->lost))
            return false;
        failed |= s->phase == PHASE_FAILED && i >= st->first && i < st->first + st->n;
    }
    return failed;
}

/* Only what omsupd itself has seen makes a rollback due. Whoever acts on such a step after it has started has taken
 * over, and so has whoever acts while the rollback is due. */
static void judge_undo(struct core_job *j, size_t subtask, enum core_event e, enum core_phase from)
{
    const struct core_step *st = &j->steps[core_step_of(j, subtask)];
    bool operators = core_event_who(e) != BY_WORLD;
    if (operators && (j->undo == UNDO_DUE || (st->undo && from != PHASE_PENDING)))
        j->undo = UNDO_SPENT;
    else if (!operators && st->undo && undo_due(j, st))
        j->undo = UNDO_DUE;
}

bool core_undo_spend(struct core_job *j)
{
    bool due = j->undo == UNDO_DUE;
    if (due)
        j->undo = UNDO_SPENT;
    return due;
}

bool core_apply(struct core_job *j, size_t subtask, enum core_event e, struct core_update *u)
{
    assert(subtask < j->n_subtasks);
    u->mode_before = u->mode_after = j->mode;
    enum core_phase from = j->subtasks[subtask].phase;
    if (core_event_who(e) == BY_ENGINE && (from == PHASE_PENDING || from == PHASE_APPROVAL))
        return false; /* only settle() starts these */
    if (!move(j, subtask, e, u))
        return false;
    settle(j, u);
    judge_undo(j, subtask, e, u->moves[0].row->from);
    u->mode_after = j->mode;
    return true;
}

static enum core_event cancel_event(const struct core_subtask *s, bool force)
{
    if (s->phase == PHASE_ACTING && s->read_only)
        return EV_CANCEL_LOOK;
    if (force)
        return core_row(s->phase, EV_CANCEL_FORCE) ? EV_CANCEL_FORCE : EV_CANCEL;
    return s->phase == PHASE_UNKNOWN && s->open_run ? EV_CANCEL_FENCE : EV_CANCEL;
}

static void cancel_all(struct core_job *j, bool force, struct core_update *u)
{
    for (size_t i = 0; i < j->n_subtasks; i++)
        move(j, i, cancel_event(&j->subtasks[i], force), u);
}

/* Resume leads past the stop at which the job rests. */
static void pass_stops(struct core_job *j, bool one_step)
{
    enum core_stop passed;
    size_t k = core_current_step(j);
    take_stops(j, k, &passed);
    for (k++; one_step && k < j->n_steps; k++) {
        struct core_step *st = &j->steps[k];
        if (!core_step_passed(j, st)) {
            st->stop = st->stop ? st->stop : STOP_ONE_STEP;
            return;
        }
        if (st->stop == STOP_ONE_STEP) /* of an earlier one; the step has been skipped since */
            st->stop = STOP_NONE;
    }
}

const char *core_break(struct core_job *j, size_t step)
{
    size_t k = core_current_step(j);
    if (j->outdated || j->mode > MODE_WINDOW)
        return "nothing more of the job will be run";
    if (core_step_passed(j, &j->steps[step]))
        return "that step is over";
    if (step_begun(j, &j->steps[step]))
        return "that step has already begun";
    if (step == k && j->mode == MODE_PAUSED)
        return "the job is Paused before that step now";
    j->steps[step].stop = STOP_BREAKPOINT;
    return NULL;
}

bool core_unbreak(struct core_job *j, size_t step)
{
    bool there = j->steps[step].stop != STOP_NONE;
    j->steps[step].stop = STOP_NONE;
    return there;
}

static bool approvable(const struct core_subtask *s)
{
    return core_unapproved(s) && (s->phase == PHASE_PENDING || s->phase == PHASE_APPROVAL || s->phase == PHASE_FAILED ||
                                  s->phase == PHASE_UNKNOWN);
}

const char *core_approve(struct core_job *j, size_t step, struct core_update *u)
{
    const struct core_step *st = &j->steps[step];
    bool any_needs = false, any_now = false;
    u->mode_before = u->mode_after = j->mode;
    if (j->outdated || j->mode > MODE_WINDOW)
        return "nothing more of the job will be run";
    for (size_t i = st->first; i < st->first + st->n; i++) {
        struct core_subtask *s = &j->subtasks[i];
        any_needs |= s->two_persons;
        if (!approvable(s))
            continue;
        any_now = true;
        s->approved = s->attempt + 1;
    }
    if (!any_needs)
        return "that step needs no approval";
    if (!any_now)
        return "none of it waits for approval: it is approved already, runs, or is over";
    core_undo_spend(j);
    settle(j, u);
    u->mode_after = j->mode;
    return NULL;
}

bool core_verb(struct core_job *j, enum core_verb v, struct core_update *u)
{
    enum core_mode m = u->mode_before = u->mode_after = j->mode;
    bool live = m == MODE_READY || m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW;
    if (j->outdated && v != VERB_CANCEL && v != VERB_CANCEL_FORCE)
        return false;
    switch (v) {
    case VERB_START:
        if (m != MODE_READY)
            return false;
        j->mode = MODE_RUNNING;
        j->start_at = 0;
        j->start_missed = false;
        break;
    case VERB_PAUSE:
    case VERB_HOLD:
        if (m != MODE_RUNNING && m != MODE_WINDOW)
            return false;
        pause_job(j);
        break;
    case VERB_RESUME:
    case VERB_ONE_STEP:
        if (m != MODE_PAUSED || (v == VERB_ONE_STEP && any(j, core_phase_busy)))
            return false;
        j->mode = MODE_RUNNING;
        pass_stops(j, v == VERB_ONE_STEP);
        break;
    case VERB_WINDOW:
        if (m != MODE_WINDOW)
            return false;
        for (size_t k = core_current_step(j); k < j->n_steps; k++)
            j->steps[k].confirmed = true; /* to wait half-way would only make the outage longer */
        break;
    case VERB_CANCEL:
        if (!live)
            return false;
        j->mode = MODE_CANCELING;
        cancel_all(j, false, u);
        break;
    case VERB_CANCEL_FORCE:
        if (!live && m != MODE_CANCELING)
            return false;
        j->mode = MODE_CANCELING;
        cancel_all(j, true, u);
        break;
    }
    core_undo_spend(j);
    settle(j, u);
    u->mode_after = j->mode;
    return true;
}

bool core_look(struct core_job *j, struct core_update *u)
{
    u->mode_before = u->mode_after = j->mode;
    if (j->mode != MODE_WINDOW || j->outdated)
        return false;
    settle(j, u);
    u->mode_after = j->mode;
    return u->mode_after != MODE_WINDOW;
}

size_t core_acting(const struct core_job *j)
{
    size_t i = 0;
    while (i < j->n_subtasks && (j->subtasks[i].read_only || !acts(j->subtasks[i].phase)))
        i++;
    return i;
}

bool core_schedule(struct core_job *j, int64_t at, int64_t now)
{
    if (j->mode != MODE_READY || j->outdated || at <= now)
        return false;
    j->start_at = at;
    j->start_missed = false;
    j->seen = now;
    return true;
}

bool core_unschedule(struct core_job *j)
{
    bool was = j->mode == MODE_READY && j->start_at;
    j->start_at = was ? 0 : j->start_at;
    j->start_missed &= !was;
    return was;
}

void core_miss(struct core_job *j) { j->start_missed = true; }

enum core_due core_clock(struct core_job *j, int64_t now)
{
    int64_t before = j->seen;
    j->seen = now;
    if (j->mode != MODE_READY || j->outdated || !j->start_at || j->start_missed || now < j->start_at)
        return DUE_NOT;
    if (before < j->start_at && now - before <= CORE_GAP_S) /* 0 is long ago */
        return DUE_START;
    core_miss(j);
    return DUE_MISSED;
}

enum state core_job_state(const struct core_job *j)
{
    switch (j->mode) {
    case MODE_READY:
        return j->outdated || j->start_missed ? STATE_WAITING : STATE_READY;
    case MODE_CANCELED:
        return STATE_CANCELED;
    case MODE_SUCCESSFUL:
        for (size_t i = 0; i < j->n_subtasks; i++)
            if (j->subtasks[i].phase == PHASE_FAILED) /* only a check job ends with a Failed subtask */
                return STATE_FAILED;
        return STATE_SUCCESSFUL;
    case MODE_CANCELING:
    case MODE_RUNNING:
    case MODE_PAUSED:
    case MODE_WINDOW:
        break;
    }
    if (any(j, core_phase_busy))
        return STATE_IN_PROGRESS;
    if (j->outdated)
        return STATE_WAITING;
    if (j->mode == MODE_PAUSED)
        return STATE_PAUSED;
    bool waits = j->mode == MODE_WINDOW;
    for (size_t i = 0; i < j->n_subtasks; i++) {
        if (j->subtasks[i].phase == PHASE_FAILED)
            return STATE_FAILED;
        if (j->subtasks[i].phase == PHASE_UNKNOWN || j->subtasks[i].phase == PHASE_GATE ||
            j->subtasks[i].phase == PHASE_APPROVAL)
            waits = true;
    }
    return waits ? STATE_WAITING : STATE_IN_PROGRESS;
}

static bool later_begun(const struct core_job *j, size_t subtask)
{
    for (size_t i = subtask + 1; i < j->n_subtasks; i++)
        if (j->subtasks[i].phase != PHASE_PENDING && j->subtasks[i].phase != PHASE_SKIPPED)
            return true;
    return false;
}

static bool operable(const struct core_job *j)
{
    return !j->outdated && (j->mode == MODE_RUNNING || j->mode == MODE_PAUSED || j->mode == MODE_WINDOW);
}

/* In Doubt, and about to be decided: what may be done is not known yet. */
static const char *undecided(enum core_phase p)
{
    return core_phase_busy(p) && core_phase_shown(p) == STATE_IN_DOUBT
               ? "omsupd is finding out how it ended; wait for the result"
               : NULL;
}

enum core_event core_retry_event(const struct core_job *j, size_t subtask, bool force, bool away, const char **why)
{
    const struct core_subtask *s = &j->subtasks[subtask];
    const struct core_step *st = &j->steps[core_step_of(j, subtask)];
    *why = NULL;
    if (!operable(j)) {
        *why = "the job is neither running nor paused";
        return N_EVENTS;
    }
    if ((s->phase == PHASE_ACTING || s->phase == PHASE_EXPIRING || s->phase == PHASE_FENCING) && away && !s->read_only)
        return EV_GIVE_UP;
    if (s->phase != PHASE_FAILED && s->phase != PHASE_UNKNOWN) {
        *why = undecided(s->phase);
        if (!*why)
            *why = "retry applies only to Failed and In Doubt (or to Running while its node is unreachable)";
        return N_EVENTS;
    }
    if (st->rerun_force && !force && later_begun(j, subtask)) {
        *why = "a later subtask has already started and the vendor does not define this order; use --force";
        return N_EVENTS;
    }
    if (core_unapproved(s)) {
        *why = "another attempt needs the approval of a second operator first";
        return N_EVENTS;
    }
    if (s->open_run)
        return s->phase == PHASE_UNKNOWN ? EV_BEGIN_FENCE : N_EVENTS;
    enum core_event e = force && s->way == WAY_CHECK ? EV_BEGIN_ACT : begin_event(s);
    if (e == EV_BEGIN_ACT && shut(j, st)) {
        *why = "its window does not let it begin; skip it, or wait for its window";
        return N_EVENTS;
    }
    return e;
}

const char *core_skip_refusal(const struct core_job *j, size_t subtask, bool force)
{
    const struct core_subtask *s = &j->subtasks[subtask];
    if (!operable(j) && !(j->mode == MODE_READY && s->phase == PHASE_PENDING))
        return "the job is neither running nor paused";
    if (s->phase == PHASE_PENDING && j->mode == MODE_RUNNING)
        return "it is Pending; pause the job first";
    if (undecided(s->phase))
        return undecided(s->phase);
    if (!core_row(s->phase, EV_SKIP))
        return "skip applies only to Failed, In Doubt and Waiting, or to Pending while the job is paused";
    if (j->steps[core_step_of(j, subtask)].guarded && !force)
        return "a later step depends on it; use --force";
    if (s->open_run && !force)
        return "its last attempt may still be running on an unreachable node; use --force";
    return NULL;
}

const char *core_done_refusal(const struct core_job *j, size_t subtask, bool force)
{
    const struct core_subtask *s = &j->subtasks[subtask];
    if (!operable(j))
        return "the job is neither running nor paused";
    if (undecided(s->phase))
        return undecided(s->phase);
    if (!core_row(s->phase, EV_DONE))
        return "done applies only to Failed and In Doubt";
    if (!s->has_check && !force)
        return "it has no check to confirm this; use --force";
    if (s->open_run && !force)
        return "its last attempt may still be running on an unreachable node; use --force";
    return NULL;
}

enum core_event core_verb_event(const struct core_job *j, size_t subtask, enum verb_id v, bool force, bool away,
                                const char **why)
{
    enum core_event ev = N_EVENTS;
    *why = NULL;
    switch (v) {
    case DO_RETRY:
        ev = core_retry_event(j, subtask, force, away, why);
        if (ev == N_EVENTS && !*why)
            *why = "its last attempt has not ended yet";
        break;
    case DO_SKIP:
        *why = core_skip_refusal(j, subtask, force);
        ev = EV_SKIP;
        break;
    case DO_DONE:
        *why = core_done_refusal(j, subtask, force);
        ev = force ? EV_DONE_FORCE : EV_DONE;
        break;
    case DO_CONFIRM:
    case DO_REJECT:
        if (j->subtasks[subtask].phase == PHASE_APPROVAL)
            *why = "it waits for the approval of a second operator, not for a confirmation";
        else if (j->subtasks[subtask].phase != PHASE_GATE)
            *why = "confirm and reject apply only to Waiting";
        ev = v == DO_CONFIRM ? EV_CONFIRM : EV_REJECT;
        break;
    case DO_START:
    case DO_PAUSE:
    case DO_RESUME:
    case DO_CANCEL:
    case N_VERBS:
        *why = "it is for whole jobs";
        break;
    }
    return *why ? N_EVENTS : ev;
}
