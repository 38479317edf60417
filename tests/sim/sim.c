/* The core under random plans, faults and operators, against a world that knows the truth.
 *
 * The little driver here does what the real one does: journal first, then effects; a crash throws memory away and goes on
 * from the journal. The world keeps, for each subtask, whether its effect is there and which attempts run. After each event
 * the invariants of check_all() must hold. A failure prints its seed: `sim SEED 1` repeats it. */
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

enum ask { ASK_NONE, ASK_CHECK, ASK_ACT, ASK_POLL, ASK_KILL };

struct truth {
    bool done;         /* the effect is there */
    bool unsure;       /* the check cannot tell now */
    unsigned alive;    /* number of the attempt that runs; 0: none */
    unsigned begun;    /* newest attempt that ever began */
    unsigned fenced;   /* newest attempt that never may begin */
    unsigned effects;  /* how often an attempt did the effect */
    int exit;          /* of the newest ended attempt; -1: lost */
    unsigned ended;    /* its number */
    bool excused;      /* an operator took over: done, skip, force */
    bool by_hand;
    bool partial_open; /* died half-way: effect may or may not be there; the check tells */
};

struct sim {
    struct core_job job, journal;
    struct core_step steps[MAX_STEPS];
    struct core_subtask subs[MAX_SUB], journaled[MAX_SUB];
    struct truth truth[MAX_SUB];
    enum ask ask[MAX_SUB];
    bool sent[MAX_SUB];
    enum core_effect todo[MAX_SUB * 4];
    size_t todo_sub[MAX_SUB * 4], n_todo;
    struct core_update u;
    unsigned crashes, duplicates, lies;
};

static uint64_t total_crashes, total_events, total_attempts, total_ended, total_verbs;

static void die(const struct sim *s, const char *what, size_t i)
{
    fprintf(stderr, "seed %" PRIu64 ": %s (subtask %zu, phase %s, job %s)\n", run_seed, what, i, core_phase_name(s->subs[i].phase),
            core_mode_name(s->job.mode));
    exit(1);
}

static void build(struct sim *s)
{
    memset(s, 0, sizeof *s);
    s->job.steps = s->steps;
    s->job.subtasks = s->subs;
    s->job.n_steps = 1 + pick(MAX_STEPS);
    for (size_t k = 0; k < s->job.n_steps; k++) {
        struct core_step *st = &s->steps[k];
        *st = (struct core_step){.first = s->job.n_subtasks, .n = 1 + pick(4), .serial = chance(30), .rerun_force = chance(10), .guarded = chance(20)};
        for (size_t i = 0; i < st->n; i++) {
            struct core_subtask *t = &s->subs[s->job.n_subtasks++];
            unsigned kind = pick(10);
            t->way = kind < 6 ? WAY_CHECK : kind == 6 ? WAY_ACT : kind == 7 ? WAY_POLL : WAY_GATE;
            t->has_check = t->way == WAY_CHECK;
            t->read_only = t->way != WAY_CHECK;
        }
    }
    s->job.keep_going = s->job.n_steps == 1 && chance(50); /* as check jobs: one step */
    memcpy(s->journaled, s->subs, sizeof s->subs);
    s->journal = s->job;
}

/* --- the driver ------------------------------------------------------------------------------------ */

static void commit(struct sim *s)
{
    memcpy(s->journaled, s->subs, sizeof s->subs);
    s->journal.mode = s->job.mode;
}

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

static void queue(struct sim *s)
{
    for (size_t m = 0; m < s->u.n_moves; m++) {
        const struct core_move *mv = &s->u.moves[m];
        if (mv->row->from == PHASE_SUCCESSFUL || mv->row->from == PHASE_SKIPPED || mv->row->from == PHASE_CANCELED)
            die(s, "a final phase was left", mv->subtask);
        if (mv->row->effect != EFFECT_NONE) {
            s->todo[s->n_todo] = mv->row->effect;
            s->todo_sub[s->n_todo++] = mv->subtask;
        }
    }
}

static void adopt(struct sim *s);

/* A crash may strike before the commit (the move is lost), or between commit and effects. */
static void crash(struct sim *s)
{
    s->crashes++;
    total_crashes++;
    memcpy(s->subs, s->journaled, sizeof s->subs);
    for (size_t i = 0; i < MAX_SUB; i++)
        s->subs[i].asked = false;
    s->job.mode = s->journal.mode;
    s->n_todo = 0;
    memset(s->ask, 0, sizeof s->ask);
    adopt(s);
}

static bool event(struct sim *s, size_t i, enum core_event e)
{
    core_update_clear(&s->u);
    total_events++;
    if (!core_apply(&s->job, i, e, &s->u))
        return false;
    queue(s);
    if (chance(3)) {
        crash(s);
        return true;
    }
    commit(s);
    if (chance(3)) {
        crash(s);
        return true;
    }
    effects(s);
    return true;
}

static bool verb(struct sim *s, enum core_verb v)
{
    core_update_clear(&s->u);
    if (!core_verb(&s->job, v, &s->u))
        return false;
    total_verbs++;
    queue(s);
    commit(s);
    effects(s);
    return true;
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
        case PHASE_AGREEING:
        case PHASE_DOUBT:
        case PHASE_EXPIRED:
            s->ask[i] = ASK_CHECK;
            break;
        case PHASE_POLLING:
        case PHASE_GATE:
            s->ask[i] = ASK_POLL;
            break;
        case PHASE_ACTING:
        case PHASE_EXPIRING:
        case PHASE_CANCELING:
        case PHASE_FENCING:
            if (s->subs[i].read_only) {
                event(s, i, EV_LOST_LOOK);
            } else {
                s->ask[i] = s->subs[i].phase == PHASE_ACTING ? ASK_ACT : ASK_KILL;
                s->sent[i] = true;
            }
            break;
        default:
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
        t->exit = fate < 7 ? 0 : 1;
        if (t->exit == 0 && !s->subs[i].read_only) {
            t->effects++;
            t->done = true;
        }
    } else if (fate == 7) {
        t->exit = 1;
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
    return t->exit ? EV_EXIT_BAD : s->subs[i].has_check ? EV_EXIT_PROVE : EV_EXIT_OK;
}

static void check_answers(struct sim *s, size_t i)
{
    struct truth *t = &s->truth[i];
    enum core_event e = chance(5) ? EV_CANNOT_TELL : t->done ? EV_YES : EV_NO;
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
        if (chance(30) && s->subs[i].way != WAY_ACT) {
            s->ask[i] = ASK_NONE;
            t->done = true;
            event(s, i, EV_YES);
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
            t->exit = chance(50) ? 143 : -1;
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

static void operator_acts(struct sim *s)
{
    size_t i = pick((unsigned)s->job.n_subtasks);
    struct truth *t = &s->truth[i];
    const char *why = NULL;
    bool force = chance(20);
    switch (pick(12)) {
    case 0:
        verb(s, VERB_PAUSE);
        return;
    case 1:
    case 2:
    case 3:
        verb(s, VERB_RESUME);
        return;
    case 4:
        if (chance(5))
            verb(s, chance(50) ? VERB_CANCEL : VERB_CANCEL_FORCE);
        return;
    case 5:
        if (!core_skip_refusal(&s->job, i, force)) {
            t->excused = true;
            event(s, i, EV_SKIP);
        }
        return;
    case 6:
        if (!core_done_refusal(&s->job, i, force)) {
            if (force)
                t->excused = true;
            else if (chance(50) && !t->alive)
                t->done = t->by_hand = true; /* really done by hand */
            event(s, i, force ? EV_DONE_FORCE : EV_DONE);
        }
        return;
    case 7:
        if (s->subs[i].phase == PHASE_GATE) {
            t->done = true;
            event(s, i, chance(80) ? EV_CONFIRM : EV_REJECT);
        }
        return;
    default: {
        bool away = chance(20);
        enum core_event e = core_retry_event(&s->job, i, force, away, &why);
        if (why || e == N_EVENTS)
            return;
        if (force)
            t->excused = true;
        event(s, i, e);
    }
    }
}

/* --- invariants ---------------------------------------------------------------------------------------- */

static void check_all(struct sim *s)
{
    size_t current = core_current_step(&s->job);
    for (size_t i = 0; i < s->job.n_subtasks; i++) {
        const struct core_subtask *t = &s->subs[i];
        size_t k = core_step_of(&s->job, i);
        if (k > current && t->phase != PHASE_PENDING && t->phase != PHASE_SKIPPED && t->phase != PHASE_CANCELED)
            die(s, "a step began before the one in front had passed", i);
        if (t->phase == PHASE_SUCCESSFUL && !s->truth[i].done && !s->truth[i].excused && !t->read_only)
            die(s, "a lie: Successful, and the effect is not there", i);
        if (t->phase == PHASE_FAILED && s->truth[i].alive && !t->read_only)
            die(s, "Failed while an attempt runs", i);
        if (s->truth[i].effects > 1 && !s->truth[i].excused && !s->truth[i].by_hand)
            die(s, "the effect was done twice", i);
        if (memcmp(&s->journaled[i].phase, &t->phase, sizeof t->phase) != 0 || s->journaled[i].attempt != t->attempt ||
            s->journaled[i].open_run != t->open_run)
            die(s, "journal and memory differ", i);
        if (core_phase_busy(t->phase) && s->ask[i] == ASK_NONE)
            die(s, "busy, and nobody asks: it would hang", i);
        if (!core_phase_busy(t->phase) && t->phase != PHASE_GATE && s->ask[i] != ASK_NONE)
            die(s, "at rest, and an answer is awaited", i);
        if (s->steps[k].serial && i > s->steps[k].first && t->phase != PHASE_PENDING && t->phase != PHASE_SKIPPED && t->phase != PHASE_CANCELED &&
            !core_phase_passed(s->subs[i - 1].phase) && s->subs[i - 1].phase != PHASE_CANCELED)
            die(s, "serial subtasks out of order", i);
    }
    if (s->job.mode == MODE_SUCCESSFUL)
        for (size_t i = 0; i < s->job.n_subtasks; i++)
            if (!core_phase_passed(s->subs[i].phase) && !(s->job.keep_going && s->subs[i].phase == PHASE_FAILED))
                die(s, "the job is Successful, a subtask is not", i);
    if (s->job.mode == MODE_CANCELED)
        for (size_t i = 0; i < s->job.n_subtasks; i++)
            if (core_phase_busy(s->subs[i].phase))
                die(s, "the job is Canceled, a subtask is busy", i);
}

static bool ended(const struct sim *s) { return s->job.mode == MODE_SUCCESSFUL || s->job.mode == MODE_CANCELED; }

static void run_one(uint64_t seed)
{
    static struct sim s;
    run_seed = rng_state = seed;
    core_update_free(&s.u);
    build(&s);
    verb(&s, VERB_START);
    for (unsigned n = 0; n < MAX_EVENTS && !ended(&s); n++) {
        size_t i = pick((unsigned)s.job.n_subtasks);
        live(&s, i);
        answers(&s, i);
        if (chance(15))
            operator_acts(&s);
        if (chance(1))
            crash(&s);
        if (s.ask[i] == ASK_ACT && chance(5))
            event(&s, i, s.subs[i].read_only ? EV_TIMEOUT_LOOK : EV_TIMEOUT);
        check_all(&s);
    }
    total_ended += ended(&s);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL) * 1000003u;
    unsigned long runs = argc > 2 ? strtoul(argv[2], NULL, 10) : 100000;
    printf("seed %" PRIu64 ", %lu plans\n", seed, runs);
    fflush(stdout);
    for (unsigned long n = 0; n < runs; n++)
        run_one(seed + n);
    printf("%" PRIu64 " events, %" PRIu64 " attempts, %" PRIu64 " crashes, %" PRIu64 " verbs, %" PRIu64 " jobs ended: 0 duplicate executions, 0 lost outcomes\n",
           total_events, total_attempts, total_crashes, total_verbs, total_ended);
    return total_ended == 0 || total_crashes == 0;
}
