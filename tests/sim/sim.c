/* The core under random plans, faults and operators, against a world that knows the truth.
 *
 * The little driver here does what the real one does: journal first, then effects; a crash throws memory away and goes
 * on from the journal. The world keeps, for each subtask, whether its effect is there and which attempts run. After
 * each event the invariants of check_all() must hold. A failure prints its seed: `sim SEED 1` repeats it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/engine/core/core.h"

enum { MAX_SUB = 24, MAX_STEPS = 6, MAX_EVENTS = 400 };

static uint64_t rng_state, run_seed;
static uint64_t rng(void)
{
    uint64_t z = (rng_state += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}
static unsigned pick(unsigned n) { return (unsigned)(rng() % n); }
static bool chance(unsigned percent) { return pick(100) < percent; }

enum { NOT_KNOWN = 199 }; /* exit: it began, and cannot tell what became of it */

enum ask { ASK_NONE, ASK_CHECK, ASK_ACT, ASK_POLL, ASK_KILL };

struct truth {
    bool done;        /* the effect is there */
    bool unsure;      /* the check cannot tell now */
    unsigned alive;   /* number of the attempt that runs; 0: none */
    unsigned begun;   /* newest attempt that ever began */
    unsigned fenced;  /* newest attempt that never may begin */
    unsigned effects; /* how often an attempt did the effect */
    int exit;         /* of the newest ended attempt; -1: lost */
    unsigned ended;   /* its number */
    bool excused;     /* an operator took over: done, skip, force */
    bool by_hand;
    bool asked;    /* an operator's retry is under way: it may act though the job is paused */
    unsigned lost; /* attempts lost since an outcome, or an operator's word */
};

/* What an operator has said about where the job is to be paused. */
struct orders {
    bool stops[MAX_STEPS]; /* breakpoints that he has neither removed nor passed */
    size_t last_step,
        one_step_stop; /* of one step: no later one may begin; where it is to be paused. MAX_STEPS: none */
};

struct sim {
    struct core_job job, journal;
    struct core_step steps[MAX_STEPS], journaled_steps[MAX_STEPS];
    struct core_subtask subs[MAX_SUB], journaled[MAX_SUB];
    struct truth truth[MAX_SUB];
    enum ask ask[MAX_SUB];
    bool sent[MAX_SUB];
    enum core_effect todo[MAX_SUB * 4];
    size_t todo_sub[MAX_SUB * 4], n_todo;
    bool cancel_forced; /* an operator did not want to wait */
    struct orders orders, journaled_orders;
    bool confirmed[MAX_STEPS], journaled_confirmed[MAX_STEPS];
    bool granted[MAX_SUB], journaled_granted[MAX_SUB]; /* a second person has agreed to the next attempt */
    int64_t now, watched; /* the wall clock; when the core was told it last, in this life of the daemon: 0: not yet */
    unsigned undone;      /* rollbacks that were made, or tried, though nobody asked */
    struct core_update u;
};

enum {
    ENOUGH = 20000, /* plans in which every row must have been seen */
    FEW = 100,      /* plans by which a person repeats a seed */
};

static uint64_t seen_row[N_PHASES][N_EVENTS];
static uint64_t total_opened, total_due, total_stops, total_crashes, total_events, total_attempts, total_ended,
    total_verbs, total_undone;
static uint64_t total_due, total_stops, total_granted, total_crashes, total_events, total_attempts, total_ended,
    total_verbs;

static void die(const struct sim *s, const char *what, size_t i)
{
    fprintf(stderr, "seed %" PRIu64 ": %s (subtask %zu, phase %s, job %s)\n", run_seed, what, i,
            core_phase_name(s->subs[i].phase), core_mode_name(s->job.mode));
    exit(1);
}

/* Every 100 s there is a window of 30 s, as far as the job has one. */
enum { NIGHT_S = 100, OPEN_S = 30 };

static void window_now(struct sim *s)
{
    int64_t night = s->now / NIGHT_S * NIGHT_S;
    night += s->now >= night + OPEN_S ? NIGHT_S : 0;
    s->job.window.now = s->now;
    s->job.window.opens = night;
    s->job.window.closes = night + OPEN_S;
}

/* By the clock alone: is there room for what the step needs? */
static bool room(const struct sim *s, size_t k)
{
    int64_t at = s->job.window.now % NIGHT_S;
    return !s->job.window.set || !s->steps[k].awaits_window || s->confirmed[k] ||
           (at < OPEN_S && at + s->steps[k].needs_s <= OPEN_S);
}

static bool attempted(const struct sim *s, size_t k, size_t but)
{
    for (size_t i = s->steps[k].first; i < s->steps[k].first + s->steps[k].n; i++)
        if (s->journaled[i].attempt || (i != but && s->subs[i].attempt))
            return true;
    return false;
}

static void commit(struct sim *s)
{
    s->journal.start_at = s->job.start_at;
    s->journal.start_missed = s->job.start_missed;
    memcpy(s->journaled, s->subs, sizeof s->subs);
    memcpy(s->journaled_steps, s->steps, sizeof s->steps);
    s->journaled_orders = s->orders;
    memcpy(s->journaled_confirmed, s->confirmed, sizeof s->confirmed);
    memcpy(s->journaled_granted, s->granted, sizeof s->granted);
    s->journal.mode = s->job.mode;
    s->journal.undo = s->job.undo;
}

static void build(struct sim *s)
{
    memset(s, 0, sizeof *s);
    s->job.steps = s->steps;
    s->job.subtasks = s->subs;
    s->job.n_steps = 1 + pick(MAX_STEPS);
    for (size_t k = 0; k < s->job.n_steps; k++) {
        struct core_step *st = &s->steps[k];
        *st = (struct core_step){.first = s->job.n_subtasks,
                                 .n = 1 + pick(4),
                                 .serial = chance(30),
                                 .rerun_force = chance(10),
                                 .guarded = chance(20),
                                 .awaits_window = chance(30),
                                 .needs_s = pick(40),

                                 .undo = chance(40)};
        for (size_t i = 0; i < st->n; i++) {
            struct core_subtask *t = &s->subs[s->job.n_subtasks++];
            unsigned kind = pick(10);
            t->way = kind < 5 ? WAY_CHECK : kind < 7 ? WAY_ACT : kind == 7 ? WAY_POLL : WAY_GATE;
            t->has_check = t->way == WAY_CHECK;
            t->read_only = t->way != WAY_CHECK && kind != 5; /* 5: a command without a check */
            t->repeat_asked = kind == 4;
            t->two_persons = chance(15);
        }
    }
    s->job.keep_going = s->job.n_steps == 1 && chance(50); /* as check jobs: one step */
    s->orders.last_step = s->orders.one_step_stop = MAX_STEPS;
    s->now = 1000;
    s->job.window.set = chance(30);
    window_now(s);
    s->journal = s->job;
    commit(s);
}

/* --- the driver ------------------------------------------------------------------------------------ */

static void effects(struct sim *s)
{
    for (size_t x = 0; x < s->n_todo; x++) {
        size_t i = s->todo_sub[x];
        switch (s->todo[x]) {
        case EFFECT_CHECK:
            s->ask[i] = ASK_CHECK;
            break;
        case EFFECT_ACT:
            s->ask[i] = ASK_ACT;
            s->sent[i] = false;
            total_attempts++;
            break;
        case EFFECT_POLL:
            s->ask[i] = ASK_POLL;
            break;
        case EFFECT_KILL:
            s->ask[i] = ASK_KILL;
            break;
        case EFFECT_DROP:
            s->ask[i] = ASK_NONE;
            break;
        case EFFECT_NONE:
            break;
        }
    }
    s->n_todo = 0;
}

static bool is_begin(enum core_event e)
{
    return e == EV_BEGIN_CHECK || e == EV_BEGIN_ACT || e == EV_BEGIN_POLL || e == EV_BEGIN_GATE || e == EV_BEGIN_FENCE;
}

/* What needs two persons begins only with what the second one has agreed to, which is for one attempt. */
static void check_granted(struct sim *s, const struct core_move *mv)
{
    const struct core_row *row = mv->row;
    bool *granted = &s->granted[mv->subtask], needs = s->subs[mv->subtask].two_persons;
    bool acts = row->effect == EFFECT_ACT && row->event != EV_LOST_LOOK;
    if (needs && !*granted && (acts || is_begin(row->event)))
        die(s, "begins, and no second person has agreed", mv->subtask);
    if ((row->event == EV_BEGIN_ASK || row->event == EV_NO_ASK) && (!needs || *granted))
        die(s, "waits for an approval that it has, or needs not", mv->subtask);
    if (acts || row->event == EV_BEGIN_POLL || row->event == EV_BEGIN_GATE)
        *granted = false;
    if (row->from == PHASE_ACTING && row->event == EV_NEVER)
        *granted = needs;
}

/* What the moves of one update may be. */
static void check_move(struct sim *s, const struct core_move *mv)
{
    struct truth *t = &s->truth[mv->subtask];
    const struct core_row *row = mv->row;
    seen_row[row->from][row->event]++;
    check_granted(s, mv);
    if (row->from == PHASE_SUCCESSFUL || row->from == PHASE_SKIPPED || row->from == PHASE_CANCELED)
        die(s, "a final phase was left", mv->subtask);
    if (row->effect == EFFECT_ACT && row->event != EV_LOST_LOOK && s->u.mode_before != MODE_RUNNING &&
        s->job.mode != MODE_RUNNING && !t->asked)
        die(s, "a job that is not running acts unasked", mv->subtask);
    if (row->from == PHASE_DOUBT && row->effect == EFFECT_ACT &&
        t->lost >= core_lost_max(&s->job.subtasks[mv->subtask]))
        die(s, "acts again after too many lost attempts", mv->subtask);
    if (s->job.outdated && (row->effect == EFFECT_ACT || row->effect == EFFECT_CHECK || row->effect == EFFECT_POLL))
        die(s, "an outdated plan is run", mv->subtask);
    if (row->event == EV_NO_AGAIN && t->lost < core_lost_max(&s->job.subtasks[mv->subtask]))
        die(s, "gives up too early", mv->subtask);
    if (row->event == EV_NO_HELD && (s->u.mode_before == MODE_RUNNING || t->asked))
        die(s, "holds what may go on", mv->subtask);
    if (row->event == EV_LOST)
        t->lost++;
    else if (row->event == EV_NEVER || row->event == EV_EXIT_PROVE || row->event == EV_EXIT_OK ||
             row->event == EV_EXIT_BAD || row->event == EV_EXIT_ASK || core_event_who(row->event) == BY_OPERATOR ||
             row->event == EV_BEGIN_CHECK || row->event == EV_BEGIN_ACT)
        t->lost = 0;
    if (row->from == PHASE_PENDING || row->from == PHASE_APPROVAL)
        t->asked = false;
    size_t k = core_step_of(&s->job, mv->subtask);
    bool begins = row->from == PHASE_PENDING && core_event_who(row->event) == BY_ENGINE;
    for (size_t x = 0; begins && x <= k; x++)
        if (s->orders.stops[x])
            die(s, "a breakpoint is run through", mv->subtask);
    if (row->effect == EFFECT_ACT && !room(s, k) && !attempted(s, k, mv->subtask))
        die(s, "begins outside of its window", mv->subtask);
    if (row->event == EV_NO_WINDOW && (room(s, k) || attempted(s, k, mv->subtask)))
        die(s, "a window is shut that is open", mv->subtask);
    if (begins && k > s->orders.last_step)
        die(s, "a step more than one is run", mv->subtask);
}

/* Whatever pauses before a step was ordered, and is told once. */
static void check_stop(struct sim *s)
{
    struct orders *o = &s->orders;
    size_t current = core_current_step(&s->job), x = s->u.stop_step;
    if (!s->u.stop)
        return;
    if (s->job.mode != MODE_PAUSED || x > current)
        die(s, "stops, and is not paused there", 0);
    if (!(s->u.stop == STOP_BREAKPOINT && o->stops[x]) && !(s->u.stop == STOP_ONE_STEP && x == o->one_step_stop))
        die(s, "stops, and nobody wanted that", 0);
    for (x = 0; x <= current; x++)
        o->stops[x] = false;
    if (o->one_step_stop <= current)
        o->last_step = o->one_step_stop = MAX_STEPS;
    total_stops++;
}

static void queue(struct sim *s)
{
    for (size_t m = 0; m < s->u.n_moves; m++) {
        const struct core_move *mv = &s->u.moves[m];
        check_move(s, mv);
        if (mv->row->effect != EFFECT_NONE) {
            s->todo[s->n_todo] = mv->row->effect;
            s->todo_sub[s->n_todo++] = mv->subtask;
        }
    }
    check_stop(s);
}

static void adopt(struct sim *s);

/* A crash may strike before the commit (the move is lost), or between commit and effects. */
static void crash(struct sim *s)
{
    total_crashes++;
    memcpy(s->subs, s->journaled, sizeof s->subs);
    memcpy(s->steps, s->journaled_steps, sizeof s->steps);
    s->orders = s->journaled_orders;
    memcpy(s->confirmed, s->journaled_confirmed, sizeof s->confirmed);
    memcpy(s->granted, s->journaled_granted, sizeof s->granted);
    for (size_t i = 0; i < MAX_SUB; i++)
        s->subs[i].asked = s->truth[i].asked = false;
    s->job.mode = s->journal.mode;
    s->job.start_at = s->journal.start_at;
    s->job.start_missed = s->journal.start_missed;
    s->job.seen = s->watched = 0;
    s->now += pick(20);
    s->job.undo = s->journal.undo;
    bool rare = false; /* and yet an outdated plan must be met in every phase */
    for (size_t i = 0; i < s->job.n_subtasks; i++)
        rare |= s->subs[i].phase == PHASE_AGREEING || s->subs[i].phase == PHASE_FENCING;
    s->job.outdated |= chance(rare ? 30 : 2); /* another omsupd starts */
    if (s->job.outdated && core_undo_spend(&s->job))
        commit(s);
    s->n_todo = 0;
    memset(s->ask, 0, sizeof s->ask);
    adopt(s);
}

/* After the core: the journal, then the effects, if nothing strikes in between. */
static void settle_down(struct sim *s)
{
    unsigned lost[MAX_SUB];
    for (size_t i = 0; i < MAX_SUB; i++)
        lost[i] = s->truth[i].lost;
    queue(s);
    if (chance(3)) {
        for (size_t i = 0; i < MAX_SUB; i++) /* nobody has seen this */
            s->truth[i].lost = lost[i];
        crash(s);
        return;
    }
    commit(s);
    if (chance(3))
        crash(s);
    else
        effects(s);
}

static const struct core_step *step_of(const struct sim *s, size_t i)
{
    const struct core_step *st = s->steps;
    while (i >= st->first + st->n)
        st++;
    return st;
}

static bool failed_for_sure(const struct sim *s, const struct core_step *st)
{
    bool failed = false;
    for (size_t i = 0; i < s->job.n_subtasks; i++) {
        const struct core_subtask *t = &s->subs[i];
        enum state shown = core_phase_shown(t->phase);
        if (shown == STATE_RUNNING || shown == STATE_IN_DOUBT || shown == STATE_WAITING ||
            (t->open_run && !t->read_only) || (shown == STATE_FAILED && t->lost > 0))
            return false;
        failed |= shown == STATE_FAILED && step_of(s, i) == st;
    }
    return failed;
}

/* A rollback that nobody asked for is due when omsupd itself has seen a step fail that asks for it, and never when an
 * operator has a hand in it. */
static void check_undo(const struct sim *s, size_t i, enum core_event e, enum core_phase from, enum core_undo was)
{
    const struct core_step *st = step_of(s, i);
    bool hand = core_event_who(e) != BY_WORLD;
    enum core_undo must = was;
    if (hand && (was == UNDO_DUE || (st->undo && from != PHASE_PENDING)))
        must = UNDO_SPENT;
    if (!hand && was == UNDO_OPEN && st->undo && s->job.mode == MODE_RUNNING && !s->job.outdated &&
        failed_for_sure(s, st))
        must = UNDO_DUE;
    if (s->job.undo != must)
        die(s,
            must == UNDO_DUE ? "no rollback, though it is due" : "a rollback is due, or is not any more, for no reason",
            i);
}

/* Whoever sends an event believes that there is a row for it. */
static void event(struct sim *s, size_t i, enum core_event e)
{
    enum core_mode before = s->job.mode;
    enum core_phase from = s->subs[i].phase;
    enum core_undo undo = s->job.undo;
    core_update_clear(&s->u);
    total_events++;
    if (!core_apply(&s->job, i, e, &s->u)) {
        fprintf(stderr, "event %s: ", core_event_name(e));
        die(s, "an event that was asked for, or allowed, has no row", i);
    }
    if (s->u.n_moves == 0 || s->u.moves[0].subtask != i || s->u.moves[0].row->from != from)
        die(s, "the first move is not the event's", i);
    if (s->u.mode_before != before || s->u.mode_after != s->job.mode)
        die(s, "the update names the wrong modes", i);
    check_undo(s, i, e, from, undo);
    settle_down(s);
}

/* Each event for which there is no row changes nothing. */
static void stale_event(struct sim *s, size_t i)
{
    enum core_event e = pick(N_EVENTS);
    enum core_phase p = s->subs[i].phase;
    bool opens = core_event_who(e) == BY_ENGINE && (p == PHASE_PENDING || p == PHASE_APPROVAL);
    opens |= is_begin(e) && s->subs[i].two_persons && !s->granted[i];
    if ((core_row(s->subs[i].phase, e) && !opens) || (e == EV_NO && core_row(s->subs[i].phase, EV_NO_HELD)))
        return;
    struct core_subtask was[MAX_SUB];
    memcpy(was, s->subs, sizeof was);
    enum core_mode mode = s->job.mode;
    enum core_undo undo = s->job.undo;
    core_update_clear(&s->u);
    if (core_apply(&s->job, i, e, &s->u))
        die(s, opens ? "opened out of turn" : "an event without a row is taken", i);
    if (memcmp(was, s->subs, sizeof was) != 0 || s->job.mode != mode || s->job.undo != undo || s->u.n_moves)
        die(s, "a refused event has changed something", i);
}

static bool verb_allowed(const struct core_job *j, enum core_verb v)
{
    enum core_mode m = j->mode;
    if (j->outdated && v != VERB_CANCEL && v != VERB_CANCEL_FORCE)
        return false;
    switch (v) {
    case VERB_START:
        return m == MODE_READY;
    case VERB_PAUSE:
    case VERB_HOLD:
        return m == MODE_RUNNING || m == MODE_WINDOW;
    case VERB_WINDOW:
        return m == MODE_WINDOW;
    case VERB_RESUME:
        return m == MODE_PAUSED;
    case VERB_ONE_STEP:
        return m == MODE_PAUSED && core_job_state(j) == STATE_PAUSED;
    case VERB_CANCEL:
        return m == MODE_READY || m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW;
    case VERB_CANCEL_FORCE:
        return m != MODE_CANCELED && m != MODE_SUCCESSFUL;
    }
    return false;
}

/* An operator resumes it: what it rests at is passed. */
static void order_resume(struct sim *s, bool one_step)
{
    struct orders *o = &s->orders;
    size_t current = core_current_step(&s->job);
    for (size_t x = 0; x <= current; x++)
        o->stops[x] = false;
    if (one_step || o->one_step_stop <= current)
        o->last_step = o->one_step_stop = MAX_STEPS; /* also where nothing is left behind the one step */
    for (size_t x = current + 1; one_step && x < s->job.n_steps; x++)
        for (size_t i = s->steps[x].first; i < s->steps[x].first + s->steps[x].n; i++)
            if (!core_phase_passed(s->subs[i].phase)) {
                o->last_step = current;
                o->one_step_stop = x;
                return;
            }
}

static void verb(struct sim *s, enum core_verb v)
{
    enum core_mode before = s->job.mode;
    bool allowed = verb_allowed(&s->job, v);
    if (allowed && (v == VERB_RESUME || v == VERB_ONE_STEP))
        order_resume(s, v == VERB_ONE_STEP);
    if (allowed && v == VERB_WINDOW)
        for (size_t k = core_current_step(&s->job); k < s->job.n_steps; k++)
            s->confirmed[k] = true;
    enum core_undo undo = s->job.undo;
    core_update_clear(&s->u);
    if (core_verb(&s->job, v, &s->u) != allowed)
        die(s, "a verb is refused that is allowed, or taken that is not", 0);
    if (s->job.undo != (allowed && undo == UNDO_DUE ? UNDO_SPENT : undo))
        die(s, "a verb and a rollback that is due", 0);
    if (!allowed) {
        if (s->job.mode != before || s->u.n_moves)
            die(s, "a refused verb has changed something", 0);
        return;
    }
    if (s->u.mode_before != before || s->u.mode_after != s->job.mode)
        die(s, "the update names the wrong modes", 0);
    if ((v == VERB_CANCEL || v == VERB_CANCEL_FORCE) && s->job.mode != MODE_CANCELING && s->job.mode != MODE_CANCELED)
        die(s, "cancel does not cancel", 0);
    if (v == VERB_CANCEL_FORCE && s->job.mode != MODE_CANCELED)
        die(s, "cancel by force waits for something", 0);
    for (size_t i = 0; (v == VERB_PAUSE || v == VERB_HOLD) && i < MAX_SUB; i++)
        s->truth[i].asked = false; /* the newer word counts */
    s->cancel_forced |= v == VERB_CANCEL_FORCE;
    total_verbs++;
    settle_down(s);
}

/* Time passes, or the host sleeps, or somebody sets its clock; then the core is told. */
static void clock_goes(struct sim *s)
{
    const struct core_job *j = &s->job;
    int64_t before = s->watched;
    s->now += chance(5) ? (int64_t)pick(200) - 100 : (int64_t)pick(4);
    s->watched = s->now;
    window_now(s);
    core_update_clear(&s->u);
    enum core_mode mode = j->mode;
    if (core_look(&s->job, &s->u)) {
        if (mode != MODE_WINDOW || s->u.mode_before != mode || s->u.mode_after != j->mode)
            die(s, "leaves a window in which it was not", 0);
        total_opened++;
        settle_down(s);
        return; /* omsupd may be another one now */
    } else if (j->mode != mode || s->u.n_moves) {
        die(s, "a look at the clock has changed something", 0);
    }
    bool waits = j->mode == MODE_READY && !j->outdated && j->start_at && !j->start_missed;
    bool due = waits && s->now >= j->start_at;
    bool seen = before && before < j->start_at && s->now - before <= CORE_GAP_S;
    enum core_due want = !due ? DUE_NOT : seen ? DUE_START : DUE_MISSED;
    if (core_clock(&s->job, s->now) != want)
        die(s, want == DUE_MISSED ? "a start that was missed is made late" : "a start is not made in time", 0);
    if (want == DUE_START && chance(80)) {
        total_due++;
        verb(s, VERB_START);
    } else if (want != DUE_NOT) {
        core_miss(&s->job);
        if (core_job_state(j) != STATE_WAITING)
            die(s, "a start was missed, and nobody is asked", 0);
        core_update_clear(&s->u);
        settle_down(s);
    }
}

static void schedule(struct sim *s)
{
    int64_t at = s->now + (int64_t)pick(40) - 10;
    bool ready = s->job.mode == MODE_READY, was = s->job.start_at;
    if (chance(20)) {
        if (core_unschedule(&s->job) != (ready && was) || (ready && (s->job.start_at || s->job.start_missed)))
            die(s, "a start is not taken back", 0);
    } else {
        if (core_schedule(&s->job, at, s->now) != (ready && !s->job.outdated && at > s->now))
            die(s, "a start is refused that is possible, or taken that is not", 0);
        if (s->job.seen == s->now)
            s->watched = s->now;
    }
    core_update_clear(&s->u);
    settle_down(s);
}

/* Start-up: as work_adopt(). */
static void adopt(struct sim *s)
{
    if (chance(20) && s->job.mode == MODE_RUNNING)
        verb(s, VERB_HOLD); /* the host rebooted */
    for (size_t i = 0; i < s->job.n_subtasks; i++)
        switch (s->subs[i].phase) {
        case PHASE_CHECKING:
        case PHASE_PROVING:
        case PHASE_REVIEWING:
        case PHASE_AGREEING:
        case PHASE_DOUBT:
        case PHASE_EXPIRED:
            if (s->job.outdated)
                event(s, i, EV_REST);
            else
                s->ask[i] = ASK_CHECK;
            break;
        case PHASE_POLLING:
        case PHASE_GATE:
            if (!s->job.outdated)
                s->ask[i] = ASK_POLL;
            else if (s->subs[i].phase == PHASE_POLLING)
                event(s, i, EV_REST);
            break;
        case PHASE_ACTING:
        case PHASE_EXPIRING:
        case PHASE_CANCELING:
        case PHASE_FENCING:
            if (s->subs[i].read_only) {
                event(s, i, EV_LOST_LOOK); /* of ACTING only: a look is dropped, never stopped */
            } else {
                s->ask[i] = s->subs[i].phase == PHASE_ACTING ? ASK_ACT : ASK_KILL;
                s->sent[i] = true;
            }
            break;
        case PHASE_PENDING:
        case PHASE_APPROVAL:
        case PHASE_UNKNOWN:
        case PHASE_SUCCESSFUL:
        case PHASE_FAILED:
        case PHASE_SKIPPED:
        case PHASE_CANCELED:
        case N_PHASES:
            break;
        }
}

/* --- the world --------------------------------------------------------------------------------------- */

static void attempt_begins(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    unsigned n = s->subs[i].attempt;
    if (n > s->journaled[i].attempt)
        die(s, "an attempt began before its commit", i);
    if (n <= t->fenced || n <= t->begun)
        die(s, "a fenced or used token began", i);
    if (t->alive && !s->subs[i].read_only)
        die(s, "two live attempts", i);
    if (t->done && !t->excused && !s->subs[i].read_only)
        die(s, "a duplicate: the effect was there already", i);
    t->alive = t->begun = n;
}

/* A live attempt goes on by itself, whether anybody looks or not. */
static void live(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    if (!t->alive || chance(60))
        return;
    unsigned fate = pick(10);
    if (fate < 7 || s->subs[i].read_only) {
        t->exit = fate < 7 ? 0 : chance(50) ? 1 : NOT_KNOWN; /* of a look no more than a failure */
        if (t->exit == 0 && !s->subs[i].read_only &&
            !(s->subs[i].has_check && chance(5))) { /* some exit 0 without it */
            t->effects++;
            t->done = true;
        }
    } else if (fate == 7) {
        t->exit = chance(50) ? 1 : chance(50) ? 143 : NOT_KNOWN;
        if ((t->exit != 1 || s->subs[i].has_check) && chance(50)) { /* the effect was there, and it has not seen it */
            t->done = true;
            t->effects++;
        }
    } else {
        if (fate == 9) { /* the effect, then the power */
            t->done = true;
            t->effects++;
        }
        t->exit = -1;
    }
    t->ended = t->alive;
    t->alive = 0;
}

static enum core_event outcome(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    unsigned n = s->subs[i].attempt;
    if (t->begun < n) {
        if (s->subs[i].read_only)
            return EV_LOST_LOOK; /* a look has no run that could be fenced */
        t->fenced = n;
        return EV_NEVER;
    }
    if (t->ended != n)
        die(s, "asked for the outcome of an attempt that is not the present one", i);
    if (t->exit < 0)
        return s->subs[i].read_only ? EV_LOST_LOOK : EV_LOST;
    bool left_alone = s->subs[i].phase == PHASE_ACTING, has_check = s->subs[i].has_check;
    if ((t->exit == NOT_KNOWN || (t->exit >= 128 && left_alone)) && !s->subs[i].read_only)
        return EV_LOST;
    if (t->exit)
        return left_alone && has_check && !s->subs[i].read_only ? EV_EXIT_ASK : EV_EXIT_BAD;
    return has_check ? EV_EXIT_PROVE : EV_EXIT_OK;
}

static void check_answers(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    enum core_event e = chance(5) || !s->subs[i].has_check ? EV_CANNOT_TELL : t->done ? EV_YES : EV_NO;
    if (t->alive && e == EV_NO && s->subs[i].phase != PHASE_AGREEING)
        die(s, "the check is asked while an attempt runs", i);
    s->ask[i] = ASK_NONE;
    event(s, i, e);
}

static void answers(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    unsigned n = s->subs[i].attempt;
    switch (s->ask[i]) {
    case ASK_NONE:
        return;
    case ASK_CHECK:
        check_answers(s, i);
        return;
    case ASK_POLL:
        if (chance(30)) {
            s->ask[i] = ASK_NONE;
            t->done = true;
            event(s, i, EV_YES);
        } else if (s->subs[i].phase == PHASE_POLLING && chance(10)) {
            event(s, i, EV_TIMEOUT_LOOK);
        } else if (s->subs[i].phase == PHASE_POLLING && chance(20)) {
            event(s, i, EV_NOT_MET);
        }
        return;
    case ASK_ACT:
        if (!s->sent[i]) {
            s->sent[i] = true;
            if (chance(90))
                attempt_begins(s, i); /* else the channel broke on the way: it never arrives */
            return;
        }
        if (t->alive == n)
            return;
        s->ask[i] = ASK_NONE;
        event(s, i, outcome(s, i));
        return;
    case ASK_KILL:
        if (t->alive == n && t->alive) {
            t->alive = 0;
            t->ended = n;
            t->exit = chance(50) ? 143 : chance(50) ? NOT_KNOWN : -1;
            if (chance(30)) {
                t->done = true;
                t->effects++;
            }
        }
        s->ask[i] = ASK_NONE;
        event(s, i, outcome(s, i));
        return;
    }
}

/* A verb for one subtask, where it is allowed; and what is true from then on. */
static void tell(struct sim *s, size_t i, enum verb_id v)
{
    struct truth *t = &s->truth[i];
    bool force = chance(20), away = chance(20), unknown = s->subs[i].phase == PHASE_UNKNOWN;
    const char *why;
    enum core_event e = core_verb_event(&s->job, i, v, force, away, &why);
    if (e == N_EVENTS)
        return;
    if (e == EV_GIVE_UP && !away)
        die(s, "gives up on a node that is there", i);
    if (e == EV_SKIP || e == EV_DONE_FORCE)
        t->excused = true;
    if (e == EV_DONE && chance(50) && !t->alive) /* really done by hand */
        t->done = t->by_hand = true;
    if (v == DO_CONFIRM || v == DO_REJECT)
        t->done = true;
    if (v == DO_RETRY && (force || (e == EV_BEGIN_ACT && !s->subs[i].has_check && unknown)))
        t->excused = true; /* he was told that nobody knows, and runs it again */
    if (core_event_who(e) == BY_ENGINE || e == EV_BEGIN_FENCE)
        t->asked = true;
    event(s, i, e);
}

/* Any verb of verbs.def: one that is new there is tried here, too. Most often a retry, as people do. */
static enum verb_id some_verb(void)
{
    enum verb_id v = DO_RETRY;
    while (chance(50) || verb_is_for_job(&verbs[v]))
        v = (enum verb_id)pick(N_VERBS);
    return v;
}

/* A breakpoint is set or removed, anywhere; only ahead of what has begun can there be one. */
static void break_before(struct sim *s)
{
    size_t k = pick((unsigned)s->job.n_steps), current = core_current_step(&s->job);
    bool untouched = true, passed = true;
    for (size_t i = s->steps[k].first; i < s->steps[k].first + s->steps[k].n; i++) {
        untouched &= s->subs[i].phase == PHASE_PENDING || s->subs[i].phase == PHASE_SKIPPED;
        passed &= core_phase_passed(s->subs[i].phase);
    }
    enum core_mode m = s->job.mode;
    bool allowed = !s->job.outdated && untouched && !passed &&
                   (m == MODE_READY || m == MODE_RUNNING || m == MODE_WINDOW || (m == MODE_PAUSED && k != current));
    if (chance(70)) {
        if ((core_break(&s->job, k) == NULL) != allowed)
            die(s, "a breakpoint is refused that is possible, or taken that is not", s->steps[k].first);
        s->orders.stops[k] |= allowed;
    } else {
        if (core_unbreak(&s->job, k) != (s->orders.stops[k] || s->orders.one_step_stop == k))
            die(s, "a breakpoint is not known, or one is that is not there", s->steps[k].first);
        s->orders.stops[k] = false;
        if (s->orders.one_step_stop == k)
            s->orders.last_step = s->orders.one_step_stop = MAX_STEPS;
    }
    core_update_clear(&s->u);
    settle_down(s);
}

/* A second operator agrees to a step, most often to the one that waits. */
static void approve(struct sim *s)
{
    size_t current = core_current_step(&s->job);
    size_t k = chance(80) && current < s->job.n_steps ? current : pick((unsigned)s->job.n_steps);
    enum core_mode m = s->job.mode;
    bool live = !s->job.outdated && m <= MODE_WINDOW, allowed = false;
    for (size_t i = s->steps[k].first; live && i < s->steps[k].first + s->steps[k].n; i++) {
        enum core_phase p = s->subs[i].phase;
        bool now = s->subs[i].two_persons && !s->granted[i] &&
                   (p == PHASE_PENDING || p == PHASE_APPROVAL || p == PHASE_FAILED || p == PHASE_UNKNOWN);
        s->granted[i] |= now;
        allowed |= now;
    }
    core_update_clear(&s->u);
    if ((core_approve(&s->job, k, &s->u) == NULL) != allowed)
        die(s, "an approval is refused that is asked for, or taken that is not", s->steps[k].first);
    total_granted += allowed;
    settle_down(s);
}

static void operator_acts(struct sim *s)
{
    size_t i = pick((unsigned)s->job.n_subtasks);
    switch (pick(16)) {
    case 15:
        verb(s, VERB_WINDOW);
        return;
    case 14:
        schedule(s);
        return;
    case 12:
        break_before(s);
        return;
    case 13:
        verb(s, VERB_ONE_STEP);
        return;
    case 0:
        verb(s, VERB_PAUSE);
        return;
    case 1:
    case 2:
    case 3:
        verb(s, VERB_RESUME);
        return;
    case 4:
        verb(s, VERB_START);
        if (chance(10))
            verb(s, VERB_CANCEL);
        if (chance(s->job.mode == MODE_CANCELING || s->subs[i].phase == PHASE_FENCING ? 60 : 3))
            verb(s, VERB_CANCEL_FORCE);
        return;
    default:
        tell(s, i, some_verb());
    }
}

/* --- invariants ---------------------------------------------------------------------------------------- */

/* What may begin has begun, and a job that has nothing left to do has ended. */
static void check_settled(struct sim *s, size_t current)
{
    bool busy = false;
    for (size_t i = 0; i < s->job.n_subtasks; i++)
        busy |= core_phase_busy(s->subs[i].phase);
    if (s->job.mode == MODE_CANCELING && !busy)
        die(s, "is being canceled, and nothing runs", 0);
    if (s->job.mode == MODE_WINDOW && s->watched && !s->job.outdated && current < s->job.n_steps && !busy &&
        room(s, current))
        die(s, "awaits a window that is open", 0);
    if (s->job.mode != MODE_RUNNING && s->job.mode != MODE_PAUSED)
        return;
    if (current == s->job.n_steps)
        die(s, "every step has passed, and the job has not ended", 0);
    const struct core_step *st = &s->steps[current];
    for (size_t i = st->first; s->job.mode == MODE_RUNNING && !s->job.outdated && i < st->first + st->n; i++) {
        if (s->subs[i].phase == PHASE_PENDING)
            die(s, "may begin, and does not", i);
        if (s->subs[i].phase == PHASE_APPROVAL && s->granted[i])
            die(s, "is approved, and does not begin", i);
        if (st->serial && !core_phase_passed(s->subs[i].phase))
            break;
    }
}

/* omsupd makes the rollback that is due, and so ends the job, or finds that it cannot be made. */
static void undo(struct sim *s)
{
    if (s->job.undo != UNDO_DUE)
        return;
    if (s->undone++)
        die(s, "a second rollback that nobody asked for", 0);
    total_undone++;
    for (size_t i = 0; i < s->job.n_subtasks; i++)
        if (s->truth[i].alive && !s->subs[i].read_only)
            die(s, "a rollback, and an attempt runs", i);
    if (chance(50)) {
        verb(s, VERB_CANCEL_FORCE);
        if (s->job.mode != MODE_CANCELED) /* a crash: it was not written, so it was not made */
            s->undone--;
        return;
    }
    if (!core_undo_spend(&s->job) || core_undo_spend(&s->job))
        die(s, "the rollback that is due is not spent once", 0);
    commit(s);
}

static void check_due(struct sim *s, size_t current)
{
    if (s->job.undo == UNDO_DUE && (s->job.mode != MODE_RUNNING || s->job.outdated || current == s->job.n_steps ||
                                    !s->steps[current].undo || !failed_for_sure(s, &s->steps[current])))
        die(s, "a rollback is due of a job that is not Failed", 0);
}

static void check_all(struct sim *s)
{
    size_t current = core_current_step(&s->job), acting = core_acting(&s->job);
    if (acting < s->job.n_subtasks &&
        (s->subs[acting].read_only || !s->subs[acting].open_run || !core_phase_busy(s->subs[acting].phase)))
        die(s, "said to act, and does not", acting);
    for (size_t i = 0; i < s->job.n_subtasks; i++) {
        const struct core_subtask *t = &s->subs[i];
        if (s->truth[i].alive && !t->read_only && acting == s->job.n_subtasks && !t->open_run)
            die(s, "nothing acts, and an attempt runs", i);
        if (s->job.mode == MODE_CANCELING && core_phase_busy(t->phase) && (t->phase != PHASE_CANCELING || t->read_only))
            die(s, "a cancel waits for what only looks", i);
        size_t k = core_step_of(&s->job, i);
        if (k > current && t->phase != PHASE_PENDING && t->phase != PHASE_SKIPPED && t->phase != PHASE_CANCELED)
            die(s, "a step began before the one in front had passed", i);
        if (t->phase == PHASE_SUCCESSFUL && !s->truth[i].done && !s->truth[i].excused && !t->read_only)
            die(s, "a lie: Successful, and the effect is not there", i);
        if (t->phase == PHASE_FAILED && s->truth[i].alive && !t->read_only)
            die(s, "Failed while an attempt runs", i);
        if (t->phase == PHASE_FAILED && t->open_run)
            die(s, "Failed while an attempt may run: its retry would be refused for ever", i);
        if (s->truth[i].effects > 1 && !s->truth[i].excused && !s->truth[i].by_hand)
            die(s, "the effect was done twice", i);
        if (memcmp(&s->journaled[i].phase, &t->phase, sizeof t->phase) != 0 || s->journaled[i].attempt != t->attempt ||
            s->journaled[i].open_run != t->open_run)
            die(s, "journal and memory differ", i);
        if (core_unapproved(t) != (t->two_persons && !s->granted[i]))
            die(s, "an approval is forgotten, or was never given", i);
        if (core_phase_busy(t->phase) && s->ask[i] == ASK_NONE)
            die(s, "busy, and nobody asks: it would hang", i);
        if (!core_phase_busy(t->phase) && t->phase != PHASE_GATE && s->ask[i] != ASK_NONE)
            die(s, "at rest, and an answer is awaited", i);
        if (s->steps[k].serial && i > s->steps[k].first && t->phase != PHASE_PENDING && t->phase != PHASE_SKIPPED &&
            t->phase != PHASE_CANCELED && !core_phase_passed(s->subs[i - 1].phase) &&
            s->subs[i - 1].phase != PHASE_CANCELED)
            die(s, "serial subtasks out of order", i);
    }
    check_settled(s, current);
    check_due(s, current);
    if (s->job.mode == MODE_SUCCESSFUL)
        for (size_t i = 0; i < s->job.n_subtasks; i++)
            if (!core_phase_passed(s->subs[i].phase) && !(s->job.keep_going && s->subs[i].phase == PHASE_FAILED))
                die(s, "the job is Successful, a subtask is not", i);
    for (size_t i = 0; s->job.mode == MODE_CANCELED && i < s->job.n_subtasks; i++) {
        if (!core_phase_final(s->subs[i].phase))
            die(s, "the job is Canceled, a subtask is not at its end", i);
        if (!s->cancel_forced && !s->subs[i].read_only && !s->truth[i].excused &&
            (s->truth[i].alive || s->subs[i].open_run))
            die(s, "the job is Canceled, and an attempt may run", i);
    }
}

static bool ended(const struct sim *s) { return s->job.mode == MODE_SUCCESSFUL || s->job.mode == MODE_CANCELED; }

static void run_one(uint64_t seed)
{
    static struct sim s;
    run_seed = rng_state = seed;
    core_update_free(&s.u);
    build(&s);
    if (chance(30))
        approve(&s);
    while (s.job.mode == MODE_READY && chance(30))
        operator_acts(&s);
    for (int n = 0; s.job.mode == MODE_READY && s.job.start_at && n < 60; n++)
        clock_goes(&s);
    if (s.job.mode == MODE_READY)
        verb(&s, VERB_START);
    for (unsigned n = 0; n < MAX_EVENTS && !ended(&s); n++) {
        size_t i = pick((unsigned)s.job.n_subtasks);
        live(&s, i);
        answers(&s, i);
        if (chance(15))
            operator_acts(&s);
        if (chance(5))
            approve(&s);
        if (s.job.window.set && chance(50))
            clock_goes(&s);
        if (chance(20))
            undo(&s);
        if (s.job.outdated && chance(5))
            verb(&s, VERB_CANCEL);
        if (chance(1))
            crash(&s);
        if (chance(10))
            stale_event(&s, i);
        if (s.ask[i] == ASK_ACT && chance(5))
            event(&s, i, s.subs[i].read_only ? EV_TIMEOUT_LOOK : EV_TIMEOUT);
        check_all(&s);
    }
    total_ended += ended(&s);
}

int main(int argc, char **argv)
{
    char *end1 = NULL, *end2 = NULL;
    uint64_t seed = argc > 1 ? strtoull(argv[1], &end1, 10) : (uint64_t)time(NULL) * 1000003u;
    unsigned long runs = argc > 2 ? strtoul(argv[2], &end2, 10) : 100000;
    if ((end1 && *end1) || (end2 && *end2) || argc > 3) {
        fprintf(stderr, "usage: sim [SEED [PLANS]]\n");
        return 2;
    }
    printf("seed %" PRIu64 ", %lu plans\n", seed, runs);
    fflush(stdout);
    for (unsigned long n = 0; n < runs; n++)
        run_one(seed + n);
    printf("%" PRIu64 " events, %" PRIu64 " attempts, %" PRIu64 " crashes, %" PRIu64 " verbs, %" PRIu64
           " jobs ended, %" PRIu64 " rolled back unasked: 0 duplicate executions, 0 lost outcomes\n",
           total_events, total_attempts, total_crashes, total_verbs, total_ended, total_undone);
    if (runs < FEW)
        return 0; /* a seed is repeated: what a few plans do not meet says nothing */
    unsigned unseen = 0;
    for (size_t r = 0; r < core_n_rows; r++)
        if (!seen_row[core_rows[r].from][core_rows[r].event]) {
            printf("never seen: %s, %s\n", core_phase_name(core_rows[r].from), core_event_name(core_rows[r].event));
            unseen++;
        }
    return total_ended == 0 || total_crashes == 0 || total_stops == 0 || total_granted == 0 || total_due == 0 ||
           total_opened == 0 || total_undone == 0 || (unseen && runs >= ENOUGH);
}
