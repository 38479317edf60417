/* The core's rules, said a second time and in another way: where each event leads, what each move starts, how verbs and
 * refusals depend on what is there. tests/sim/mutants.py lives on this. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/array.h"
#include "daemon/engine/core/core.h"

#define BIT(p) (1u << (p))
enum {
    CHECKS = BIT(PHASE_CHECKING) | BIT(PHASE_PROVING) | BIT(PHASE_REVIEWING) | BIT(PHASE_AGREEING) | BIT(PHASE_DOUBT) |
             BIT(PHASE_EXPIRED),
    POLLS = BIT(PHASE_POLLING) | BIT(PHASE_GATE),
    STOPPED = BIT(PHASE_EXPIRING) | BIT(PHASE_CANCELING) | BIT(PHASE_FENCING), /* an attempt is being stopped */
    RUNS = BIT(PHASE_ACTING) | STOPPED,
    RETRIED = BIT(PHASE_FAILED) | BIT(PHASE_UNKNOWN),
    ENDED = BIT(PHASE_SUCCESSFUL) | BIT(PHASE_SKIPPED) | BIT(PHASE_CANCELED),
    NO_MOVE = -1,
};

static bool in(enum core_phase p, unsigned set) { return set >> p & 1; }

/* An outcome of the attempt, by the phase it comes to; the arguments are for an attempt that was left alone or ran out
 * of time. */
static int outcome(enum core_phase p, enum core_phase acting, enum core_phase expiring)
{
    switch (p) {
    case PHASE_ACTING:
        return (int)acting;
    case PHASE_EXPIRING:
        return (int)expiring;
    case PHASE_CANCELING: /* however it ended */
        return PHASE_CANCELED;
    case PHASE_FENCING: /* it is over: what is there now? */
        return PHASE_CHECKING;
    case PHASE_PENDING:
    case PHASE_APPROVAL:
    case PHASE_CHECKING:
    case PHASE_PROVING:
    case PHASE_REVIEWING:
    case PHASE_AGREEING:
    case PHASE_POLLING:
    case PHASE_GATE:
    case PHASE_DOUBT:
    case PHASE_EXPIRED:
    case PHASE_UNKNOWN:
    case PHASE_SUCCESSFUL:
    case PHASE_FAILED:
    case PHASE_SKIPPED:
    case PHASE_CANCELED:
    case N_PHASES:
        break;
    }
    return NO_MOVE;
}

static int no(enum core_phase p)
{
    if (p == PHASE_CHECKING || p == PHASE_DOUBT) /* not done, and nothing of it runs: do it */
        return PHASE_ACTING;
    return in(p, CHECKS) ? PHASE_FAILED : NO_MOVE;
}

/* Where an event leads; NO_MOVE: it is refused, or stale. */
static int leads(enum core_phase p, enum core_event e)
{
    bool begins = p == PHASE_PENDING || p == PHASE_APPROVAL || p == PHASE_FAILED;
    switch (e) {
    case EV_BEGIN_CHECK:
        return begins || p == PHASE_UNKNOWN ? PHASE_CHECKING : NO_MOVE;
    case EV_BEGIN_ACT:
        return begins || p == PHASE_UNKNOWN ? PHASE_ACTING : NO_MOVE;
    case EV_BEGIN_POLL:
        return begins ? PHASE_POLLING : NO_MOVE;
    case EV_BEGIN_GATE:
        return begins ? PHASE_GATE : NO_MOVE;
    case EV_BEGIN_ASK:
        return p == PHASE_PENDING ? PHASE_APPROVAL : NO_MOVE;
    case EV_BEGIN_FENCE:
        return p == PHASE_UNKNOWN ? PHASE_FENCING : NO_MOVE;
    case EV_YES:
        return in(p, CHECKS | POLLS) ? PHASE_SUCCESSFUL : NO_MOVE;
    case EV_NO:
        return no(p);
    case EV_NO_HELD:
        return no(p) == PHASE_ACTING ? PHASE_PENDING : NO_MOVE;
    case EV_NO_WINDOW:
        return p == PHASE_CHECKING ? PHASE_PENDING : NO_MOVE;
    case EV_NO_ASK: /* nothing is checked before it has been approved */
        return p == PHASE_DOUBT ? PHASE_APPROVAL : NO_MOVE;
    case EV_NO_AGAIN:
        return p == PHASE_DOUBT ? PHASE_FAILED : NO_MOVE;
    case EV_NOT_MET:
        return p == PHASE_POLLING ? PHASE_GATE : NO_MOVE;
    case EV_CANNOT_TELL:
        return in(p, CHECKS) ? PHASE_UNKNOWN : NO_MOVE;
    case EV_EXIT_PROVE:
        return outcome(p, PHASE_PROVING, PHASE_PROVING);
    case EV_EXIT_OK:
        return outcome(p, PHASE_SUCCESSFUL, PHASE_SUCCESSFUL);
    case EV_EXIT_BAD:
        return outcome(p, PHASE_FAILED, PHASE_EXPIRED);
    case EV_EXIT_ASK: /* of one that was left alone */
        return p == PHASE_ACTING ? PHASE_REVIEWING : NO_MOVE;
    case EV_LOST:
        return outcome(p, PHASE_DOUBT, PHASE_EXPIRED);
    case EV_LOST_LOOK: /* a look is neither fenced nor stopped */
        return p == PHASE_ACTING ? PHASE_ACTING : NO_MOVE;
    case EV_NEVER:
        return outcome(p, PHASE_CHECKING, PHASE_EXPIRED);
    case EV_TIMEOUT:
        return p == PHASE_ACTING ? PHASE_EXPIRING : NO_MOVE;
    case EV_TIMEOUT_LOOK:
        return p == PHASE_ACTING || p == PHASE_POLLING ? PHASE_FAILED : NO_MOVE;
    case EV_REST: /* not of a cancel, which only stops; a gate rests already */
        if (p == PHASE_CHECKING || p == PHASE_POLLING)
            return PHASE_PENDING;
        return in(p, CHECKS | RUNS) && p != PHASE_CANCELING ? PHASE_UNKNOWN : NO_MOVE;
    case EV_GIVE_UP: /* not of a cancel: CANCEL_FORCE is for that */
        return in(p, RUNS) && p != PHASE_CANCELING ? PHASE_UNKNOWN : NO_MOVE;
    case EV_SKIP:
        return in(p, RETRIED | BIT(PHASE_PENDING) | BIT(PHASE_APPROVAL) | BIT(PHASE_GATE)) ? PHASE_SKIPPED : NO_MOVE;
    case EV_DONE:
        return in(p, RETRIED) ? PHASE_AGREEING : NO_MOVE;
    case EV_DONE_FORCE:
        return in(p, RETRIED) ? PHASE_SUCCESSFUL : NO_MOVE;
    case EV_CONFIRM:
        return p == PHASE_GATE ? PHASE_SUCCESSFUL : NO_MOVE;
    case EV_REJECT:
        return p == PHASE_GATE ? PHASE_FAILED : NO_MOVE;
    case EV_CANCEL: /* a Failed one stays what it is */
        if (in(p, ENDED | BIT(PHASE_FAILED) | BIT(PHASE_CANCELING)))
            return NO_MOVE;
        return in(p, RUNS) ? PHASE_CANCELING : PHASE_CANCELED;
    case EV_CANCEL_LOOK:
        return p == PHASE_ACTING ? PHASE_CANCELED : NO_MOVE;
    case EV_CANCEL_FENCE:
        return p == PHASE_UNKNOWN ? PHASE_CANCELING : NO_MOVE;
    case EV_CANCEL_FORCE:
        return in(p, RUNS) ? PHASE_CANCELED : NO_MOVE;
    case N_EVENTS:
        break;
    }
    return NO_MOVE;
}

static void each_event_leads_where_it_says(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        for (int e = 0; e < N_EVENTS; e++) {
            const struct core_row *row = core_row(p, e);
            if ((row ? (int)row->to : NO_MOVE) != leads(p, e))
                fail_msg("%s, %s", core_phase_name(p), core_event_name(e));
        }
}

/* What a move starts follows from where it leads, and from what is still asked where it comes from. */
static enum core_effect starts(const struct core_row *r)
{
    if (in(r->to, CHECKS))
        return EFFECT_CHECK;
    if (in(r->to, POLLS))
        return EFFECT_POLL;
    if (r->to == PHASE_ACTING)
        return EFFECT_ACT;
    if (in(r->to, STOPPED))
        return in(r->from, STOPPED) ? EFFECT_NONE : EFFECT_KILL; /* it is being stopped already */
    bool asked = in(r->from, CHECKS | POLLS | RUNS);
    bool answered = core_event_who(r->event) == BY_WORLD && r->event != EV_TIMEOUT_LOOK;
    return asked && !answered ? EFFECT_DROP : EFFECT_NONE;
}

static void each_move_starts_what_its_phase_needs(void **state)
{
    for (size_t r = 0; r < core_n_rows; r++)
        if (core_rows[r].effect != starts(&core_rows[r]))
            fail_msg("%s, %s", core_phase_name(core_rows[r].from), core_event_name(core_rows[r].event));
}

static void each_event_has_its_author(void **state)
{
    for (int e = 0; e < N_EVENTS; e++) {
        bool engine =
            e == EV_BEGIN_CHECK || e == EV_BEGIN_ACT || e == EV_BEGIN_POLL || e == EV_BEGIN_GATE || e == EV_BEGIN_ASK;
        bool by_operator = e == EV_BEGIN_FENCE || e == EV_GIVE_UP || e == EV_SKIP || e == EV_DONE ||
                           e == EV_DONE_FORCE || e == EV_CONFIRM || e == EV_REJECT || e == EV_CANCEL ||
                           e == EV_CANCEL_LOOK || e == EV_CANCEL_FENCE || e == EV_CANCEL_FORCE;
        if (core_event_who(e) != (engine ? BY_ENGINE : by_operator ? BY_OPERATOR : BY_WORLD))
            fail_msg("%s", core_event_name(e));
    }
}

static void phases_are_shown_in_the_words_of_oms(void **state)
{
    static const char *const words[N_PHASES] = {
        [PHASE_PENDING] = "Pending",   [PHASE_CHECKING] = "Running",  [PHASE_ACTING] = "Running",
        [PHASE_PROVING] = "Running",   [PHASE_AGREEING] = "Running",  [PHASE_EXPIRING] = "Running",
        [PHASE_CANCELING] = "Running", [PHASE_FENCING] = "In Doubt",  [PHASE_POLLING] = "Running",
        [PHASE_GATE] = "Waiting",      [PHASE_DOUBT] = "In Doubt",    [PHASE_EXPIRED] = "In Doubt",
        [PHASE_UNKNOWN] = "In Doubt",  [PHASE_FAILED] = "Failed",     [PHASE_SUCCESSFUL] = "Successful",
        [PHASE_SKIPPED] = "Skipped",   [PHASE_CANCELED] = "Canceled", [PHASE_REVIEWING] = "Running",
        [PHASE_APPROVAL] = "Waiting",
    };
    for (int p = 0; p < N_PHASES; p++)
        assert_string_equal(state_word(core_phase_shown(p)), words[p]);
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        assert_int_equal(core_mode_parse(core_mode_name(m)), m);
    assert_int_equal(core_mode_parse("no such"), -1);
}

static void busy_final_and_at_rest(void **state)
{
    for (int p = 0; p < N_PHASES; p++) {
        bool rests = p == PHASE_PENDING || p == PHASE_APPROVAL || p == PHASE_UNKNOWN || p == PHASE_GATE;
        assert_int_equal(core_phase_final(p), in(p, ENDED | BIT(PHASE_FAILED)));
        assert_int_equal(core_phase_passed(p), p == PHASE_SUCCESSFUL || p == PHASE_SKIPPED);
        assert_int_equal(core_phase_busy(p), !core_phase_final(p) && !rests);
    }
}

/* --- a job of two steps, two subtasks in the first --------------------------------------------------- */

struct three {
    struct core_job job;
    struct core_step steps[3];
    struct core_subtask subs[3];
    struct core_update u;
    const char *why;
};

static void set_up(struct three *t, bool start)
{
    memset(t, 0, sizeof *t);
    t->steps[0] = (struct core_step){.first = 0, .n = 2};
    t->steps[1] = (struct core_step){.first = 2, .n = 1};
    for (int i = 0; i < 3; i++)
        t->subs[i].has_check = true;
    t->job = (struct core_job){.steps = t->steps, .n_steps = 2, .subtasks = t->subs, .n_subtasks = 3};
    if (start)
        assert_true(core_verb(&t->job, VERB_START, &t->u));
}

static bool apply(struct three *t, size_t i, enum core_event e)
{
    core_update_clear(&t->u);
    return core_apply(&t->job, i, e, &t->u);
}

static bool verb(struct three *t, enum core_verb v)
{
    core_update_clear(&t->u);
    return core_verb(&t->job, v, &t->u);
}

static void tear_down(struct three *t) { core_update_free(&t->u); }

static void verbs_depend_on_the_mode(void **state)
{
    enum {
        R = 1 << MODE_READY,
        U = 1 << MODE_RUNNING,
        P = 1 << MODE_PAUSED,
        W = 1 << MODE_WINDOW,
        C = 1 << MODE_CANCELING
    };
    static const struct {
        enum core_verb verb;
        unsigned allowed;
        enum core_mode to;
    } rows[] = {{VERB_START, R, MODE_RUNNING},
                {VERB_PAUSE, U | W, MODE_PAUSED},
                {VERB_HOLD, U | W, MODE_PAUSED},
                {VERB_RESUME, P, MODE_RUNNING},
                {VERB_ONE_STEP, 0, MODE_RUNNING}, /* something runs */
                {VERB_WINDOW, W, MODE_RUNNING},
                {VERB_CANCEL, R | U | P | W, MODE_CANCELING},
                {VERB_CANCEL_FORCE, R | U | P | W | C, MODE_CANCELED}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++)
        for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++) {
            struct three t;
            set_up(&t, false);
            t.job.mode = m;
            t.subs[0].phase = PHASE_ACTING; /* so that a cancel has to wait */
            assert_int_equal(verb(&t, rows[k].verb), rows[k].allowed >> m & 1);
            assert_int_equal(t.job.mode, rows[k].allowed >> m & 1 ? (int)rows[k].to : m);
            assert_int_equal(t.u.mode_before, m);
            assert_int_equal(t.u.mode_after, t.job.mode);
            tear_down(&t);
        }
}

static void cancel_waits_for_what_runs_unless_forced(void **state)
{
    struct three t;
    set_up(&t, true);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 1, EV_NO));
    assert_true(apply(&t, 1, EV_EXIT_BAD));
    assert_true(verb(&t, VERB_CANCEL));
    assert_int_equal(t.subs[0].phase, PHASE_CANCELING);
    assert_int_equal(t.subs[1].phase, PHASE_FAILED);
    assert_int_equal(t.subs[2].phase, PHASE_CANCELED);
    assert_int_equal(core_job_state(&t.job), STATE_IN_PROGRESS);
    assert_true(verb(&t, VERB_CANCEL_FORCE));
    assert_int_equal(t.subs[0].phase, PHASE_CANCELED);
    assert_int_equal(core_job_state(&t.job), STATE_CANCELED);
    tear_down(&t);

    set_up(&t, true); /* nothing to force: all that is not at its end is canceled the plain way */
    assert_true(apply(&t, 0, EV_CANNOT_TELL));
    assert_true(verb(&t, VERB_CANCEL_FORCE));
    for (int i = 0; i < 3; i++)
        assert_int_equal(t.subs[i].phase, PHASE_CANCELED);
    tear_down(&t);
}

static void cancel_stops_what_was_given_up(void **state)
{
    struct three t;
    set_up(&t, true);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_GIVE_UP));
    assert_true(apply(&t, 1, EV_CANNOT_TELL)); /* nothing of this one can run */
    assert_true(verb(&t, VERB_CANCEL));
    assert_int_equal(t.subs[0].phase, PHASE_CANCELING);
    assert_int_equal(t.u.moves[0].row->effect, EFFECT_KILL);
    assert_int_equal(t.subs[1].phase, PHASE_CANCELED);
    assert_int_equal(t.job.mode, MODE_CANCELING);
    assert_true(apply(&t, 0, EV_LOST));
    assert_int_equal(t.job.mode, MODE_CANCELED);
    assert_false(t.subs[0].open_run);
    tear_down(&t);

    set_up(&t, true);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_GIVE_UP));
    assert_true(verb(&t, VERB_CANCEL_FORCE));
    assert_int_equal(t.job.mode, MODE_CANCELED);
    assert_true(t.subs[0].open_run); /* nobody knows */
    tear_down(&t);
}

static void cancel_does_not_wait_for_a_look(void **state)
{
    for (int force = 0; force < 2; force++) {
        struct three t;
        set_up(&t, true);
        assert_true(apply(&t, 0, EV_NO));
        t.subs[0].read_only = true;
        assert_true(verb(&t, force ? VERB_CANCEL_FORCE : VERB_CANCEL));
        assert_int_equal(t.subs[0].phase, PHASE_CANCELED);
        assert_int_equal(t.u.moves[0].row->effect, EFFECT_DROP);
        assert_false(t.subs[0].open_run);
        assert_int_equal(t.job.mode, MODE_CANCELED);
        tear_down(&t);
    }
}

static void which_one_acts(void **state)
{
    for (int p = 0; p < N_PHASES; p++) {
        struct three t;
        set_up(&t, true);
        t.subs[1].phase = p;
        assert_int_equal(core_acting(&t.job), in(p, RUNS) ? 1 : 3);
        t.subs[1].read_only = true;
        assert_int_equal(core_acting(&t.job), 3);
        t.subs[0].phase = t.subs[2].phase = PHASE_ACTING;
        assert_int_equal(core_acting(&t.job), 0);
        tear_down(&t);
    }
}

static void one_move_each_in_a_cancel(void **state)
{
    struct three t;
    set_up(&t, true);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(verb(&t, VERB_CANCEL));
    assert_int_equal(t.u.n_moves, 3);
    assert_true(verb(&t, VERB_CANCEL_FORCE));
    assert_int_equal(t.u.n_moves, 1);
    tear_down(&t);
}

static void serial_ones_begin_one_after_the_other(void **state)
{
    struct three t;
    set_up(&t, false);
    t.steps[0].serial = true;
    assert_true(verb(&t, VERB_START));
    assert_int_equal(t.subs[0].phase, PHASE_CHECKING);
    assert_int_equal(t.subs[1].phase, PHASE_PENDING);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_int_equal(t.subs[1].phase, PHASE_PENDING);
    assert_true(apply(&t, 0, EV_SKIP));
    assert_int_equal(t.subs[1].phase, PHASE_CHECKING);
    tear_down(&t);

    set_up(&t, true); /* not serial: both */
    assert_int_equal(t.subs[1].phase, PHASE_CHECKING);
    tear_down(&t);
}

static void nothing_begins_out_of_turn(void **state)
{
    struct three t;
    set_up(&t, true);
    assert_false(apply(&t, 2, EV_BEGIN_CHECK));
    assert_int_equal(t.u.mode_before, MODE_RUNNING);
    assert_int_equal(t.u.mode_after, MODE_RUNNING);
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_true(verb(&t, VERB_PAUSE));
    assert_false(apply(&t, 2, EV_BEGIN_ACT));
    assert_true(apply(&t, 0, EV_YES));
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_PENDING); /* paused */
    assert_true(verb(&t, VERB_RESUME));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_true(apply(&t, 2, EV_YES));
    assert_int_equal(t.u.mode_before, MODE_RUNNING);
    assert_int_equal(t.u.mode_after, MODE_SUCCESSFUL);
    tear_down(&t);
}

static void a_breakpoint_pauses_before_its_step(void **state)
{
    struct three t;
    set_up(&t, false);
    assert_null(core_break(&t.job, 1));
    assert_true(verb(&t, VERB_START));
    assert_int_equal(t.u.stop, STOP_NONE);
    assert_non_null(core_break(&t.job, 0)); /* it has begun */
    assert_true(apply(&t, 0, EV_YES));
    assert_int_equal(t.job.mode, MODE_RUNNING);
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.job.mode, MODE_PAUSED);
    assert_int_equal(t.u.mode_after, MODE_PAUSED);
    assert_int_equal(t.u.stop, STOP_BREAKPOINT);
    assert_int_equal(t.u.stop_step, 1);
    assert_int_equal(core_job_state(&t.job), STATE_PAUSED);
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_non_null(core_break(&t.job, 1)); /* it is there */
    assert_non_null(core_break(&t.job, 0)); /* it is over */
    assert_true(verb(&t, VERB_RESUME));
    assert_int_equal(t.u.stop, STOP_NONE);
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    tear_down(&t);

    set_up(&t, false); /* before the first step */
    assert_null(core_break(&t.job, 0));
    assert_true(verb(&t, VERB_START));
    assert_int_equal(t.job.mode, MODE_PAUSED);
    assert_int_equal(t.u.stop_step, 0);
    tear_down(&t);

    set_up(&t, true); /* one that is removed is none */
    assert_false(core_unbreak(&t.job, 1));
    assert_null(core_break(&t.job, 1));
    assert_true(core_unbreak(&t.job, 1));
    assert_true(apply(&t, 0, EV_YES));
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    tear_down(&t);
}

/* What was to be seen before it happens may not begin because the step in front was skipped. */
static void a_breakpoint_stays_where_its_step_was_skipped(void **state)
{
    struct three t;
    set_up(&t, true);
    t.steps[0].n = 1;
    t.steps[1] = (struct core_step){.first = 1, .n = 1};
    t.steps[2] = (struct core_step){.first = 2, .n = 1};
    t.job.n_steps = 3;
    t.subs[1].phase = PHASE_PENDING;
    assert_null(core_break(&t.job, 1));
    assert_true(verb(&t, VERB_PAUSE));
    assert_true(apply(&t, 1, EV_SKIP));
    assert_true(verb(&t, VERB_RESUME));
    assert_int_equal(t.job.mode, MODE_RUNNING); /* the step before has not ended yet */
    assert_true(apply(&t, 0, EV_YES));
    assert_int_equal(t.job.mode, MODE_PAUSED);
    assert_int_equal(t.u.stop_step, 1);
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    tear_down(&t);
}

static void one_step_and_then_paused(void **state)
{
    struct three t;
    set_up(&t, true);
    t.steps[0].n = 1;
    t.steps[1] = (struct core_step){.first = 1, .n = 1};
    t.steps[2] = (struct core_step){.first = 2, .n = 1};
    t.job.n_steps = 3;
    t.subs[1].phase = PHASE_PENDING;
    assert_false(verb(&t, VERB_ONE_STEP)); /* it is not paused */
    assert_true(verb(&t, VERB_PAUSE));
    assert_false(verb(&t, VERB_ONE_STEP)); /* something runs */
    assert_true(apply(&t, 0, EV_YES));
    assert_true(verb(&t, VERB_ONE_STEP));
    assert_int_equal(t.job.mode, MODE_RUNNING);
    assert_int_equal(t.subs[1].phase, PHASE_CHECKING);
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.job.mode, MODE_PAUSED);
    assert_int_equal(t.u.stop, STOP_ONE_STEP);
    assert_int_equal(t.u.stop_step, 2);
    assert_true(verb(&t, VERB_ONE_STEP)); /* the last one: nothing is left to pause before */
    assert_true(apply(&t, 2, EV_YES));
    assert_int_equal(t.job.mode, MODE_SUCCESSFUL);
    tear_down(&t);

    static const enum core_stop skipped[][2] = {{STOP_BREAKPOINT, STOP_BREAKPOINT}, {STOP_ONE_STEP, STOP_NONE}};
    for (size_t i = 0; i < ARRAY_LEN(skipped);
         i++) { /* of a step that was skipped meanwhile, only a breakpoint stays */
        set_up(&t, true);
        t.steps[0].n = 1;
        t.steps[1] = (struct core_step){.first = 1, .n = 1};
        t.steps[2] = (struct core_step){.first = 2, .n = 1, .stop = skipped[i][0]};
        t.job.n_steps = 3;
        t.subs[1].phase = PHASE_PENDING;
        t.subs[2].phase = PHASE_SKIPPED;
        assert_true(verb(&t, VERB_PAUSE));
        assert_true(apply(&t, 0, EV_YES));
        assert_true(verb(&t, VERB_ONE_STEP));
        assert_int_equal(t.steps[2].stop, skipped[i][1]);
        tear_down(&t);
    }

    set_up(&t, false); /* a breakpoint there stays one */
    assert_null(core_break(&t.job, 0));
    assert_null(core_break(&t.job, 1));
    assert_true(verb(&t, VERB_START));
    assert_true(verb(&t, VERB_ONE_STEP));
    assert_int_equal(t.steps[0].stop, STOP_NONE);
    assert_int_equal(t.steps[1].stop, STOP_BREAKPOINT);
    tear_down(&t);
}

static void a_start_at_its_time_is_never_late(void **state)
{
    static const struct {
        int64_t seen, now; /* seen 0: a new process */
        enum core_due due;
    } rows[] = {{999, 1000, DUE_START},  {990, 1000, DUE_START},   {989, 1000, DUE_MISSED},
                {999, 1010, DUE_MISSED}, {0, 1000, DUE_MISSED},    {0, 999, DUE_NOT},
                {500, 999, DUE_NOT},     {1000, 1001, DUE_MISSED}, {5000, 900, DUE_NOT}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        set_up(&t, false);
        assert_true(core_schedule(&t.job, 1000, 900));
        assert_int_equal(t.job.seen, 900);
        t.job.seen = rows[k].seen;
        assert_int_equal(core_clock(&t.job, rows[k].now), rows[k].due);
        assert_int_equal(t.job.seen, rows[k].now);
        assert_int_equal(core_job_state(&t.job), rows[k].due == DUE_MISSED ? STATE_WAITING : STATE_READY);
        assert_int_equal(t.job.mode, MODE_READY);
        if (rows[k].due == DUE_MISSED) { /* and never after that */
            t.job.seen = 999;
            assert_int_equal(core_clock(&t.job, 1000), DUE_NOT);
        }
        assert_true(verb(&t, VERB_START));
        assert_int_equal(t.job.start_at, 0);
        assert_false(t.job.start_missed);
        assert_false(core_unschedule(&t.job));
        tear_down(&t);
    }
}

static void a_start_is_planned_only_while_ready_and_ahead(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int outdated = 0; outdated < 2; outdated++) {
            struct three t;
            set_up(&t, false);
            t.job.mode = m;
            t.job.outdated = outdated;
            assert_false(core_schedule(&t.job, 900, 900));
            assert_int_equal(core_schedule(&t.job, 901, 900), m == MODE_READY && !outdated);
            assert_int_equal(t.job.start_at, m == MODE_READY && !outdated ? 901 : 0);
            t.job.start_at = 901;
            t.job.seen = 900;
            assert_int_equal(core_clock(&t.job, 901), m == MODE_READY && !outdated ? DUE_START : DUE_NOT);
            core_miss(&t.job);
            assert_int_equal(core_unschedule(&t.job), m == MODE_READY);
            assert_int_equal(t.job.start_at, m == MODE_READY ? 0 : 901);
            assert_int_equal(t.job.start_missed, m != MODE_READY);
            assert_false(m == MODE_READY && core_unschedule(&t.job));
        }
    struct three t; /* a new time is a new start */
    set_up(&t, false);
    assert_int_equal(core_clock(&t.job, 5), DUE_NOT);
    assert_true(core_schedule(&t.job, 901, 900));
    core_miss(&t.job);
    assert_true(core_schedule(&t.job, 1901, 1900));
    assert_int_equal(core_clock(&t.job, 1901), DUE_START);
}

static void windowed(struct three *t, int64_t now)
{
    set_up(t, false);
    t->job.window = (struct core_window){true, now, 100, 200};
    t->steps[1].awaits_window = true;
    t->steps[1].needs_s = 30;
    assert_true(verb(t, VERB_START));
    assert_true(apply(t, 0, EV_YES));
}

static void a_step_begins_only_where_its_window_has_room(void **state)
{
    static const struct {
        int64_t now;
        bool begins;
    } rows[] = {{99, false}, {100, true}, {170, true}, {171, false}, {300, false}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        windowed(&t, rows[k].now);
        assert_true(apply(&t, 1, EV_YES));
        assert_int_equal(t.subs[2].phase, rows[k].begins ? PHASE_CHECKING : PHASE_PENDING);
        assert_int_equal(t.job.mode, rows[k].begins ? MODE_RUNNING : MODE_WINDOW);
        assert_int_equal(core_job_state(&t.job), rows[k].begins ? STATE_IN_PROGRESS : STATE_WAITING);
        core_update_clear(&t.u);
        assert_false(core_look(&t.job, &t.u));
        t.job.window = (struct core_window){true, 100, 100, 200};
        assert_int_equal(core_look(&t.job, &t.u), !rows[k].begins);
        assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
        tear_down(&t);
    }
    struct three t; /* a job without a window */
    windowed(&t, 99);
    t.job.window.set = false;
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    tear_down(&t);
    windowed(&t, 99); /* a step that may be taken back */
    t.steps[1].awaits_window = false;
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    tear_down(&t);
}

static void an_operator_overrules_the_window(void **state)
{
    struct three t;
    windowed(&t, 99);
    assert_true(apply(&t, 1, EV_YES));
    assert_true(verb(&t, VERB_WINDOW));
    assert_int_equal(t.job.mode, MODE_RUNNING);
    assert_false(t.steps[0].confirmed);
    for (size_t k = 1; k < t.job.n_steps; k++)
        assert_true(t.steps[k].confirmed); /* OMS may be stopped: no later one waits again */
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    tear_down(&t);

    windowed(&t, 99);
    assert_true(apply(&t, 1, EV_YES));
    t.job.outdated = true;
    t.job.window.now = 100;
    assert_false(core_look(&t.job, &t.u));
    assert_int_equal(t.job.mode, MODE_WINDOW);
    assert_false(verb(&t, VERB_WINDOW));
    tear_down(&t);
}

/* The check may take its time, and an operator's retry, too: what counts is when something is done. */
static void a_window_that_closes_meanwhile(void **state)
{
    struct three t;
    windowed(&t, 150);
    assert_true(apply(&t, 1, EV_YES));
    t.job.window.now = 180;
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.u.moves[0].row->event, EV_NO_WINDOW);
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_int_equal(t.job.mode, MODE_WINDOW);
    tear_down(&t);

    windowed(&t, 150); /* what has begun goes on */
    assert_true(apply(&t, 1, EV_YES));
    assert_true(apply(&t, 2, EV_NO));
    t.job.window.now = 500;
    assert_true(apply(&t, 2, EV_EXIT_BAD));
    assert_int_equal(core_retry_event(&t.job, 2, true, false, &t.why), EV_BEGIN_ACT);
    assert_true(apply(&t, 2, EV_BEGIN_CHECK));
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    assert_true(apply(&t, 2, EV_LOST));
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    tear_down(&t);

    windowed(&t, 150); /* a retry of what has not */
    assert_true(apply(&t, 1, EV_YES));
    assert_true(apply(&t, 2, EV_CANNOT_TELL));
    t.job.window.now = 500;
    assert_int_equal(core_retry_event(&t.job, 2, true, false, &t.why), N_EVENTS);
    assert_non_null(t.why);
    assert_int_equal(core_retry_event(&t.job, 2, false, false, &t.why), EV_BEGIN_CHECK);
    assert_true(apply(&t, 2, EV_BEGIN_CHECK));
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_int_equal(t.job.mode, MODE_WINDOW);
    tear_down(&t);
}

static void where_nothing_more_is_run_there_is_no_breakpoint(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int outdated = 0; outdated < 2; outdated++) {
            struct three t;
            set_up(&t, false);
            t.job.mode = m;
            t.job.outdated = outdated;
            bool refused = outdated || m == MODE_CANCELING || m == MODE_CANCELED || m == MODE_SUCCESSFUL;
            assert_int_equal(core_break(&t.job, 1) != NULL, refused);
            assert_int_equal(t.steps[1].stop, refused ? STOP_NONE : STOP_BREAKPOINT);
        }
}

static void a_check_job_goes_on_over_failures(void **state)
{
    struct three t;
    set_up(&t, false);
    t.job.keep_going = true;
    assert_true(verb(&t, VERB_START));
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_true(apply(&t, 1, EV_CANNOT_TELL)); /* this is no end */
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_int_equal(core_job_state(&t.job), STATE_FAILED);
    assert_true(apply(&t, 1, EV_BEGIN_CHECK));
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_true(apply(&t, 2, EV_YES));
    assert_int_equal(t.job.mode, MODE_SUCCESSFUL); /* it ended; … */
    assert_int_equal(core_job_state(&t.job), STATE_FAILED);
    tear_down(&t);
}

static void a_retry_acts_though_the_job_is_paused(void **state)
{
    struct three t;
    set_up(&t, true);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_true(verb(&t, VERB_PAUSE));
    assert_true(apply(&t, 1, EV_NO)); /* not asked for: held */
    assert_int_equal(t.subs[1].phase, PHASE_PENDING);
    assert_true(apply(&t, 0, EV_BEGIN_CHECK));
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_ACTING);
    assert_int_equal(t.subs[0].attempt, 2);
    assert_true(apply(&t, 0, EV_GIVE_UP));
    assert_true(apply(&t, 0, EV_BEGIN_FENCE));
    assert_true(apply(&t, 0, EV_NEVER));
    assert_true(apply(&t, 0, EV_NO)); /* the same retry */
    assert_int_equal(t.subs[0].phase, PHASE_ACTING);
    tear_down(&t);

    set_up(&t, true); /* a job's own turn is not a retry */
    assert_false(t.subs[0].asked);
    assert_true(apply(&t, 0, EV_CANNOT_TELL));
    t.subs[0].asked = false;
    assert_true(apply(&t, 0, EV_BEGIN_FENCE));
    assert_true(t.subs[0].asked);
    tear_down(&t);
}

static void a_pause_takes_back_the_retry_before_it(void **state)
{
    static const enum core_verb either[] = {VERB_PAUSE, VERB_HOLD};
    for (size_t k = 0; k < 2; k++) {
        struct three t;
        set_up(&t, true); /* while it acts: lost, and the check says no */
        assert_true(apply(&t, 0, EV_NO));
        assert_true(apply(&t, 0, EV_EXIT_BAD));
        assert_true(apply(&t, 0, EV_BEGIN_CHECK));
        assert_true(apply(&t, 0, EV_NO));
        assert_true(verb(&t, either[k]));
        assert_true(apply(&t, 0, EV_LOST));
        assert_true(apply(&t, 0, EV_NO));
        assert_int_equal(t.subs[0].phase, PHASE_PENDING);
        tear_down(&t);

        set_up(&t, true); /* while its check is asked */
        assert_true(apply(&t, 0, EV_CANNOT_TELL));
        assert_true(apply(&t, 0, EV_BEGIN_CHECK));
        assert_true(verb(&t, either[k]));
        assert_true(apply(&t, 0, EV_NO));
        assert_int_equal(t.subs[0].phase, PHASE_PENDING);
        tear_down(&t);
    }
}

static void open_run_and_lost_follow_the_attempt(void **state)
{
    static const struct {
        enum core_event e;
        unsigned lost;
        bool open;
    } rows[] = {{EV_EXIT_PROVE, 0, false}, {EV_EXIT_OK, 0, false}, {EV_EXIT_BAD, 0, false}, {EV_EXIT_ASK, 0, false},
                {EV_NEVER, 0, false},      {EV_LOST, 3, false},    {EV_LOST_LOOK, 2, true}, {EV_TIMEOUT_LOOK, 2, false},
                {EV_TIMEOUT, 2, true},     {EV_GIVE_UP, 0, true}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        set_up(&t, true);
        assert_true(apply(&t, 0, EV_NO));
        assert_true(t.subs[0].open_run);
        assert_int_equal(t.subs[0].attempt, 1);
        t.subs[0].lost = 2;
        assert_true(apply(&t, 0, rows[k].e));
        assert_int_equal(t.subs[0].lost, rows[k].lost);
        assert_int_equal(t.subs[0].open_run, rows[k].open);
        tear_down(&t);
    }
}

static void an_operator_or_a_new_beginning_ends_the_count_of_lost_ones(void **state)
{
    static const struct {
        enum core_phase from;
        enum core_event e;
        unsigned lost;
    } rows[] = {{PHASE_FAILED, EV_BEGIN_CHECK, 0},  {PHASE_FAILED, EV_BEGIN_ACT, 0},  {PHASE_UNKNOWN, EV_DONE, 0},
                {PHASE_UNKNOWN, EV_BEGIN_FENCE, 0}, {PHASE_DOUBT, EV_CANNOT_TELL, 2}, {PHASE_DOUBT, EV_NO, 2},
                {PHASE_CHECKING, EV_NO, 2}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        set_up(&t, true);
        t.subs[0].phase = rows[k].from;
        t.subs[0].lost = 2;
        assert_true(apply(&t, 0, rows[k].e));
        assert_int_equal(t.subs[0].lost, rows[k].lost);
        tear_down(&t);
    }
}

/* The limit is for doubt after doubt; a check that begins a turn has no such limit. */
static void only_doubt_gives_up(void **state)
{
    struct three t;
    set_up(&t, true);
    t.subs[0].lost = CORE_LOST_MAX;
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_ACTING);
    t.subs[1].phase = PHASE_PROVING;
    t.subs[1].lost = CORE_LOST_MAX;
    assert_true(verb(&t, VERB_PAUSE));
    assert_true(apply(&t, 1, EV_NO));
    assert_int_equal(t.subs[1].phase, PHASE_FAILED);
    t.subs[2].phase = PHASE_DOUBT;
    t.subs[2].lost = CORE_LOST_MAX;
    assert_true(apply(&t, 2, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_SUCCESSFUL);
    tear_down(&t);
}

/* --- an outdated plan ------------------------------------------------------------------------------------ */

/* Whatever happens, nothing of the plan is run: where it would be, the subtask rests, or the event is refused. */
static void an_outdated_plan_is_not_run(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        for (int e = 0; e < N_EVENTS; e++) {
            struct three t;
            set_up(&t, true);
            for (int i = 0; i < 3; i++)
                t.subs[i].phase = PHASE_PENDING;
            t.subs[0].phase = (enum core_phase)p;
            t.job.outdated = true;
            bool begins = p == PHASE_PENDING && core_event_who(e) == BY_ENGINE;
            const struct core_row *row = core_row(p, e);
            bool runs = row && (row->effect == EFFECT_CHECK || row->effect == EFFECT_ACT || row->effect == EFFECT_POLL);
            int to = row && !begins ? runs ? leads(p, EV_REST) : (int)row->to : NO_MOVE;
            if (apply(&t, 0, e) != (to != NO_MOVE) || t.subs[0].phase != (enum core_phase)(to == NO_MOVE ? p : to))
                fail_msg("%s, %s leads to %s", core_phase_name(p), core_event_name(e),
                         core_phase_name(t.subs[0].phase));
            for (size_t m = 0; m < t.u.n_moves; m++)
                assert_false(t.u.moves[m].row->effect == EFFECT_CHECK || t.u.moves[m].row->effect == EFFECT_ACT ||
                             t.u.moves[m].row->effect == EFFECT_POLL);
            assert_int_equal(t.subs[1].phase, PHASE_PENDING);
            tear_down(&t);
        }
}

/* What was skipped or done by hand may still run: a rollback must know. */
static void an_operators_word_does_not_end_an_attempt(void **state)
{
    static const enum core_event words[] = {EV_SKIP, EV_DONE_FORCE};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        struct three t;
        set_up(&t, true);
        t.subs[0] = (struct core_subtask){.phase = PHASE_UNKNOWN, .open_run = true};
        assert_true(apply(&t, 0, words[k]));
        assert_true(t.subs[0].open_run);
        tear_down(&t);
    }
}

/* That it rests says nothing of an attempt. */
static void rest_says_nothing_of_the_attempt(void **state)
{
    struct three t;
    set_up(&t, true);
    t.subs[0] = (struct core_subtask){.phase = PHASE_DOUBT, .open_run = true, .lost = 2};
    assert_true(apply(&t, 0, EV_REST));
    assert_int_equal(t.subs[0].phase, PHASE_UNKNOWN);
    assert_int_equal(t.subs[0].lost, 2);
    assert_true(t.subs[0].open_run);
    tear_down(&t);
}

/* How its attempt ended is known all the same. */
static void an_attempt_of_an_outdated_plan_ends(void **state)
{
    static const struct {
        enum core_event e;
        unsigned lost;
    } rows[] = {{EV_EXIT_PROVE, 0}, {EV_NEVER, 0}, {EV_LOST, 3}, {EV_LOST_LOOK, 2}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        set_up(&t, true);
        assert_true(apply(&t, 0, EV_NO));
        t.subs[0].lost = 2;
        t.job.outdated = true;
        assert_true(apply(&t, 0, rows[k].e));
        assert_int_equal(t.subs[0].phase, PHASE_UNKNOWN);
        assert_int_equal(t.subs[0].attempt, 1);
        assert_int_equal(t.subs[0].lost, rows[k].lost);
        assert_false(t.subs[0].open_run);
        tear_down(&t);
    }
}

static void an_outdated_job_can_only_be_canceled(void **state)
{
    static const enum core_verb refused[] = {VERB_START, VERB_PAUSE, VERB_HOLD, VERB_RESUME, VERB_ONE_STEP};
    for (int m = MODE_READY; m <= MODE_WINDOW; m++) {
        struct three t;
        for (size_t k = 0; k < ARRAY_LEN(refused); k++) {
            set_up(&t, false);
            t.job.mode = m;
            t.job.outdated = true;
            assert_false(verb(&t, refused[k]));
            assert_int_equal(t.job.mode, m);
            tear_down(&t);
        }
        for (int force = 0; force < 2; force++) {
            set_up(&t, false);
            t.job.mode = m;
            t.job.outdated = true;
            t.subs[0].phase = PHASE_ACTING;
            assert_true(verb(&t, force ? VERB_CANCEL_FORCE : VERB_CANCEL));
            assert_int_equal(t.job.mode, force ? MODE_CANCELED : MODE_CANCELING);
            tear_down(&t);
        }
        set_up(&t, false);
        t.job.mode = m;
        t.job.outdated = true;
        t.subs[0].phase = PHASE_FAILED;
        const char *why = NULL;
        assert_int_equal(core_retry_event(&t.job, 0, true, false, &why), N_EVENTS);
        assert_non_null(why);
        assert_non_null(core_skip_refusal(&t.job, 0, true));
        assert_non_null(core_done_refusal(&t.job, 0, true));
        tear_down(&t);
    }
}

/* --- the job's state ----------------------------------------------------------------------------------- */

static void a_job_is_shown_as(void **state)
{
    enum {
        PEND = PHASE_PENDING,
        ACT = PHASE_ACTING,
        FAIL = PHASE_FAILED,
        UNK = PHASE_UNKNOWN,
        GATE = PHASE_GATE,
        OK = PHASE_SUCCESSFUL,
        CAN = PHASE_CANCELED
    };
    static const struct {
        enum core_mode mode;
        int a, b;
        enum state shown, outdated;
    } rows[] = {
        {MODE_READY, PEND, PEND, STATE_READY, STATE_WAITING},
        {MODE_READY, PHASE_SKIPPED, PEND, STATE_READY, STATE_WAITING},
        {MODE_CANCELED, FAIL, CAN, STATE_CANCELED, STATE_CANCELED},
        {MODE_SUCCESSFUL, OK, OK, STATE_SUCCESSFUL, STATE_SUCCESSFUL},
        {MODE_SUCCESSFUL, OK, FAIL, STATE_FAILED, STATE_FAILED},
        {MODE_SUCCESSFUL, FAIL, OK, STATE_FAILED, STATE_FAILED},
        {MODE_RUNNING, ACT, PEND, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
        {MODE_RUNNING, FAIL, ACT, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
        {MODE_RUNNING, FAIL, PEND, STATE_FAILED, STATE_WAITING},
        {MODE_RUNNING, GATE, FAIL, STATE_FAILED, STATE_WAITING},
        {MODE_RUNNING, UNK, PEND, STATE_WAITING, STATE_WAITING},
        {MODE_RUNNING, PEND, GATE, STATE_WAITING, STATE_WAITING},
        {MODE_RUNNING, PHASE_APPROVAL, PEND, STATE_WAITING, STATE_WAITING},
        {MODE_RUNNING, PHASE_APPROVAL, FAIL, STATE_FAILED, STATE_WAITING},
        {MODE_PAUSED, PHASE_APPROVAL, PEND, STATE_PAUSED, STATE_WAITING},
        {MODE_RUNNING, OK, PEND, STATE_IN_PROGRESS, STATE_WAITING},
        {MODE_RUNNING, GATE, ACT, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
        {MODE_PAUSED, ACT, PEND, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
        {MODE_PAUSED, FAIL, PEND, STATE_PAUSED, STATE_WAITING},
        {MODE_PAUSED, GATE, PEND, STATE_PAUSED, STATE_WAITING},
        {MODE_PAUSED, PEND, PEND, STATE_PAUSED, STATE_WAITING},
        {MODE_WINDOW, PEND, PEND, STATE_WAITING, STATE_WAITING},
        {MODE_WINDOW, ACT, PEND, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
        {MODE_WINDOW, FAIL, PEND, STATE_FAILED, STATE_WAITING},
        {MODE_CANCELING, PHASE_CANCELING, CAN, STATE_IN_PROGRESS, STATE_IN_PROGRESS},
    };
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        set_up(&t, false);
        t.job.mode = rows[k].mode;
        t.job.n_subtasks = 2;
        t.subs[0].phase = (enum core_phase)rows[k].a;
        t.subs[1].phase = (enum core_phase)rows[k].b;
        if (core_job_state(&t.job) != rows[k].shown)
            fail_msg("row %zu is shown as %s", k, state_word(core_job_state(&t.job)));
        t.job.outdated = true;
        if (core_job_state(&t.job) != rows[k].outdated)
            fail_msg("row %zu is shown as %s when outdated", k, state_word(core_job_state(&t.job)));
    }
}

/* --- what an operator may do --------------------------------------------------------------------------- */

static void at(struct three *t, enum core_mode m, enum core_phase p)
{
    set_up(t, false);
    t->job.mode = m;
    t->subs[0].phase = p;
}

static enum core_event retry(struct three *t, size_t i, bool force, bool away)
{
    t->why = "not touched";
    return core_retry_event(&t->job, i, force, away, &t->why);
}

static void retry_by_phase_and_mode(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int p = 0; p < N_PHASES; p++)
            for (int away = 0; away < 2; away++) {
                struct three t;
                at(&t, m, p);
                bool live = m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW;
                bool gives_up = away && (p == PHASE_ACTING || p == PHASE_EXPIRING || p == PHASE_FENCING);
                enum core_event e = retry(&t, 0, false, away);
                if (live && (gives_up || in(p, RETRIED))) {
                    assert_int_equal(e, gives_up ? EV_GIVE_UP : EV_BEGIN_CHECK);
                    assert_null(t.why);
                } else {
                    assert_int_equal(e, N_EVENTS);
                    assert_non_null(t.why);
                    assert_string_not_equal(t.why, "not touched");
                }
            }
}

static void retry_begins_its_own_way(void **state)
{
    static const struct {
        enum core_way way;
        enum core_event plain, forced;
    } rows[] = {{WAY_CHECK, EV_BEGIN_CHECK, EV_BEGIN_ACT},
                {WAY_ACT, EV_BEGIN_ACT, EV_BEGIN_ACT},
                {WAY_POLL, EV_BEGIN_POLL, EV_BEGIN_POLL},
                {WAY_GATE, EV_BEGIN_GATE, EV_BEGIN_GATE}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        at(&t, MODE_RUNNING, PHASE_FAILED);
        t.subs[0].way = rows[k].way;
        assert_int_equal(retry(&t, 0, false, false), rows[k].plain);
        assert_int_equal(retry(&t, 0, true, false), rows[k].forced);
    }
}

static void retry_of_what_may_still_run(void **state)
{
    struct three t;
    at(&t, MODE_RUNNING, PHASE_UNKNOWN);
    t.subs[0].open_run = true;
    assert_int_equal(retry(&t, 0, false, false), EV_BEGIN_FENCE);
    assert_int_equal(retry(&t, 0, true, true), EV_BEGIN_FENCE); /* force does not pass the fence */
    t.subs[0].phase = PHASE_FAILED;
    assert_int_equal(retry(&t, 0, true, false), N_EVENTS);
    at(&t, MODE_RUNNING, PHASE_ACTING);
    t.subs[0].read_only = true; /* a look has nothing to fence */
    assert_int_equal(retry(&t, 0, false, true), N_EVENTS);
    assert_non_null(t.why);
}

static void retry_in_an_order_that_is_not_defined_needs_force(void **state)
{
    struct three t;
    at(&t, MODE_RUNNING, PHASE_FAILED);
    t.steps[0].rerun_force = true;
    assert_int_equal(retry(&t, 0, false, false), EV_BEGIN_CHECK); /* none of the later ones has begun */
    t.subs[1].phase = PHASE_SKIPPED;
    assert_int_equal(retry(&t, 0, false, false), EV_BEGIN_CHECK);
    t.subs[2].phase = PHASE_FAILED;
    assert_int_equal(retry(&t, 0, false, false), N_EVENTS);
    assert_non_null(strstr(t.why, "--force"));
    assert_int_equal(retry(&t, 0, true, false), EV_BEGIN_ACT);
    assert_int_equal(retry(&t, 2, false, false), EV_BEGIN_CHECK); /* its step has no such rule, … */
    t.steps[1].rerun_force = true;
    assert_int_equal(retry(&t, 2, false, false), EV_BEGIN_CHECK); /* and none comes after it */
    t.steps[0].rerun_force = false;
    assert_int_equal(retry(&t, 0, false, false), EV_BEGIN_CHECK);
}

static void skip_by_phase_and_mode(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int p = 0; p < N_PHASES; p++) {
            struct three t;
            at(&t, m, p);
            bool live = m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW;
            bool may = p == PHASE_PENDING ? m == MODE_READY || m == MODE_PAUSED || m == MODE_WINDOW
                                          : live && in(p, RETRIED | BIT(PHASE_APPROVAL) | BIT(PHASE_GATE));
            if ((core_skip_refusal(&t.job, 0, false) == NULL) != may)
                fail_msg("skip of %s in %s", core_phase_name(p), core_mode_name(m));
        }
}

static void done_by_phase_and_mode(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int p = 0; p < N_PHASES; p++) {
            struct three t;
            at(&t, m, p);
            bool may = (m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW) && in(p, RETRIED);
            if ((core_done_refusal(&t.job, 0, false) == NULL) != may)
                fail_msg("done of %s in %s", core_phase_name(p), core_mode_name(m));
        }
}

static void what_force_is_for(void **state)
{
    struct three t;
    at(&t, MODE_RUNNING, PHASE_UNKNOWN);
    t.steps[1].guarded = true; /* another one's */
    assert_null(core_skip_refusal(&t.job, 0, false));
    t.subs[0].open_run = true;
    assert_non_null(core_skip_refusal(&t.job, 0, false));
    assert_null(core_skip_refusal(&t.job, 0, true));
    assert_non_null(core_done_refusal(&t.job, 0, false));
    assert_null(core_done_refusal(&t.job, 0, true));
    t.subs[0].open_run = t.subs[0].has_check = false;
    assert_non_null(core_done_refusal(&t.job, 0, false));
    assert_null(core_done_refusal(&t.job, 0, true));
    t.steps[0].guarded = true;
    assert_non_null(core_skip_refusal(&t.job, 0, false));
    assert_null(core_skip_refusal(&t.job, 0, true));
}

/* In Doubt, and omsupd is about to decide it: the refusal does not say that In Doubt is what the verb is for. */
static void in_doubt_and_looked_at(void **state)
{
    static const unsigned looked_at = BIT(PHASE_FENCING) | BIT(PHASE_DOUBT) | BIT(PHASE_EXPIRED);
    for (int p = 0; p < N_PHASES; p++) {
        struct three t;
        const char *why;
        at(&t, MODE_RUNNING, p);
        bool is = in(p, looked_at);
        core_retry_event(&t.job, 0, false, false, &why);
        assert_int_equal(why && strstr(why, "wait for the result"), is);
        if (p == PHASE_POLLING)
            assert_non_null(strstr(why, "Failed and In Doubt"));
        why = core_skip_refusal(&t.job, 0, true);
        assert_int_equal(why && strstr(why, "wait for the result"), is);
        why = core_done_refusal(&t.job, 0, true);
        assert_int_equal(why && strstr(why, "wait for the result"), is);
    }
}

static const char *refusal(struct three *t, enum verb_id v, bool force, enum core_event *e)
{
    t->why = "not touched";
    *e = core_verb_event(&t->job, 0, v, force, false, &t->why);
    assert_true((*e == N_EVENTS) == (t->why != NULL));
    return t->why;
}

static void a_verb_is_an_event_or_is_refused(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        for (int force = 0; force < 2; force++) {
            struct three t;
            enum core_event e;
            at(&t, MODE_RUNNING, (enum core_phase)p);
            assert_true((refusal(&t, DO_RETRY, force, &e) == NULL) == in((enum core_phase)p, RETRIED));
            const char *why = t.why;
            assert_int_equal(e, retry(&t, 0, force, false));
            assert_ptr_equal(t.why, why);
            bool skips = !core_skip_refusal(&t.job, 0, force);
            assert_true((refusal(&t, DO_SKIP, force, &e) == NULL) == skips);
            if (skips)
                assert_int_equal(e, EV_SKIP);
            assert_true((refusal(&t, DO_DONE, force, &e) == NULL) == in((enum core_phase)p, RETRIED));
            if (in((enum core_phase)p, RETRIED))
                assert_int_equal(e, force ? EV_DONE_FORCE : EV_DONE);
            assert_true((refusal(&t, DO_CONFIRM, force, &e) == NULL) == (p == PHASE_GATE));
            if (p == PHASE_GATE)
                assert_int_equal(e, EV_CONFIRM);
            assert_true((refusal(&t, DO_REJECT, force, &e) == NULL) == (p == PHASE_GATE));
            if (p == PHASE_GATE)
                assert_int_equal(e, EV_REJECT);
            for (int v = 0; v <= N_VERBS; v++)
                if (v == N_VERBS || verb_is_for_job(&verbs[v]))
                    assert_non_null(refusal(&t, (enum verb_id)v, force, &e));
            tear_down(&t);
        }
    struct three t;
    enum core_event e;
    at(&t, MODE_RUNNING, PHASE_FAILED);
    t.subs[0].open_run = true; /* it was given up, and its end is awaited */
    assert_non_null(refusal(&t, DO_RETRY, false, &e));
    assert_int_equal(core_verb_event(&t.job, 0, DO_RETRY, false, true, &t.why), N_EVENTS);
    at(&t, MODE_RUNNING, PHASE_ACTING);
    assert_int_equal(core_verb_event(&t.job, 0, DO_RETRY, false, true, &t.why), EV_GIVE_UP);
}

/* A step that asks for a rollback: two subtasks, under way. */
static void asks_for_undo(struct three *t)
{
    set_up(t, false);
    t->steps[0].undo = true;
    assert_true(verb(t, VERB_START));
    for (size_t i = 0; i < 2; i++)
        assert_true(apply(t, i, EV_NO));
}

static void a_failure_makes_the_rollback_due(void **state)
{
    struct three t;
    asks_for_undo(&t);
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_int_equal(t.job.undo, UNDO_OPEN); /* the other one is running */
    assert_true(apply(&t, 1, EV_EXIT_PROVE));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.job.undo, UNDO_DUE);
    assert_true(core_undo_spend(&t.job));
    assert_int_equal(t.job.undo, UNDO_SPENT);
    assert_false(core_undo_spend(&t.job));
    tear_down(&t);

    asks_for_undo(&t); /* a step that does not ask for it, after one that does */
    assert_true(apply(&t, 0, EV_EXIT_PROVE) && apply(&t, 0, EV_YES) && apply(&t, 1, EV_EXIT_PROVE) &&
                apply(&t, 1, EV_YES));
    assert_true(apply(&t, 2, EV_NO) && apply(&t, 2, EV_EXIT_BAD));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    assert_false(core_undo_spend(&t.job));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    tear_down(&t);

    asks_for_undo(&t); /* timed out and stopped is a failure, too */
    assert_true(apply(&t, 0, EV_EXIT_PROVE) && apply(&t, 0, EV_YES));
    assert_true(apply(&t, 1, EV_TIMEOUT) && apply(&t, 1, EV_EXIT_BAD) && apply(&t, 1, EV_NO));
    assert_int_equal(t.job.undo, UNDO_DUE);
    tear_down(&t);
}

static void nothing_but_a_sure_failure_makes_it_due(void **state)
{
    static const enum core_phase others[] = {PHASE_ACTING, PHASE_DOUBT, PHASE_UNKNOWN, PHASE_GATE, PHASE_FENCING};
    for (size_t k = 0; k < ARRAY_LEN(others) + 8; k++) {
        struct three t;
        asks_for_undo(&t);
        t.subs[1].phase = PHASE_SUCCESSFUL;
        t.subs[1].open_run = false;
        bool due = false;
        switch (k) {
        case 0:
            t.job.mode = MODE_PAUSED;
            break;
        case 1:
            t.job.outdated = true;
            break;
        case 2: /* left by --force: it may still be running */
            t.subs[1].open_run = true;
            break;
        case 3: /* of a look nothing is left */
            t.subs[1].open_run = t.subs[1].read_only = due = true;
            break;
        case 4: /* attempts were lost: nobody has seen it fail */
            t.subs[1].phase = PHASE_FAILED;
            t.subs[1].lost = 3;
            break;
        case 5: /* what was lost before it succeeded does not matter */
            t.subs[1].lost = due = true;
            break;
        case 6:
            t.job.undo = UNDO_SPENT;
            break;
        case 7:
            due = true;
            break;
        default:
            t.subs[1].phase = others[k - 8];
        }
        assert_true(apply(&t, 0, EV_EXIT_BAD));
        assert_int_equal(t.job.undo, due ? UNDO_DUE : k == 6 ? UNDO_SPENT : UNDO_OPEN);
        tear_down(&t);
    }
}

static void an_operator_takes_over(void **state)
{
    static const enum core_event words[] = {EV_SKIP, EV_DONE, EV_DONE_FORCE, EV_BEGIN_CHECK, EV_BEGIN_ACT};
    struct three t;
    for (size_t k = 0; k < ARRAY_LEN(words); k++)
        for (int due = 0; due < 2; due++) {
            asks_for_undo(&t);
            assert_true(apply(&t, 0, EV_EXIT_BAD));
            if (due)
                assert_true(apply(&t, 1, EV_EXIT_BAD));
            assert_int_equal(t.job.undo, due ? UNDO_DUE : UNDO_OPEN);
            assert_true(apply(&t, 0, words[k]));
            assert_int_equal(t.job.undo, UNDO_SPENT);
            tear_down(&t);
        }
    static const struct {
        enum core_verb verb;
        bool due;
    } verbs_[] = {{VERB_PAUSE, true},        {VERB_HOLD, true},   {VERB_CANCEL, true},
                  {VERB_CANCEL_FORCE, true}, {VERB_PAUSE, false}, {VERB_RESUME, true}};
    for (size_t k = 0; k < ARRAY_LEN(verbs_); k++) {
        asks_for_undo(&t);
        assert_true(apply(&t, 0, EV_EXIT_BAD));
        if (verbs_[k].due)
            assert_true(apply(&t, 1, EV_EXIT_BAD));
        bool done = verb(&t, verbs_[k].verb);
        assert_int_equal(done, verbs_[k].verb != VERB_RESUME);
        assert_int_equal(t.job.undo, !verbs_[k].due ? UNDO_OPEN : done ? UNDO_SPENT : UNDO_DUE);
        tear_down(&t);
    }
    /* Whatever is said while it is due ends that, also of a step that has not started. */
    asks_for_undo(&t);
    assert_true(apply(&t, 0, EV_EXIT_BAD) && apply(&t, 1, EV_EXIT_BAD));
    assert_int_equal(t.job.undo, UNDO_DUE);
    assert_true(apply(&t, 2, EV_SKIP));
    assert_int_equal(t.job.undo, UNDO_SPENT);
    tear_down(&t);
    /* It failed while the job was paused: no word of an operator makes it due. */
    asks_for_undo(&t);
    t.subs[1].phase = PHASE_PENDING;
    t.subs[1].open_run = false;
    t.job.mode = MODE_PAUSED;
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    t.job.mode = MODE_RUNNING;
    assert_true(apply(&t, 1, EV_SKIP));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    tear_down(&t);
    /* In another step, or before it has started, nothing is taken over. */
    set_up(&t, false);
    t.steps[1].undo = true;
    assert_true(verb(&t, VERB_START) && apply(&t, 0, EV_NO) && apply(&t, 0, EV_EXIT_BAD) && apply(&t, 0, EV_SKIP));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    assert_true(verb(&t, VERB_PAUSE) && apply(&t, 2, EV_SKIP));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    tear_down(&t);
}

/* --- two persons ------------------------------------------------------------------------------------------ */

/* A job whose second step needs approval, and stands before it. */
static void needs_two(struct three *t, enum core_way way)
{
    set_up(t, false);
    t->subs[2].two_persons = true;
    t->subs[2].way = way;
    t->subs[2].has_check = way == WAY_CHECK;
    assert_true(verb(t, VERB_START));
    assert_true(apply(t, 0, EV_YES));
    assert_true(apply(t, 1, EV_YES));
    assert_int_equal(t->subs[2].phase, PHASE_APPROVAL);
    assert_int_equal(core_job_state(&t->job), STATE_WAITING);
}

static const char *approve(struct three *t, size_t step)
{
    core_update_clear(&t->u);
    return core_approve(&t->job, step, &t->u);
}

static void a_step_waits_for_its_approval(void **state)
{
    static const struct {
        enum core_way way;
        enum core_event begin;
        enum core_phase to;
    } rows[] = {{WAY_CHECK, EV_BEGIN_CHECK, PHASE_CHECKING},
                {WAY_ACT, EV_BEGIN_ACT, PHASE_ACTING},
                {WAY_POLL, EV_BEGIN_POLL, PHASE_POLLING},
                {WAY_GATE, EV_BEGIN_GATE, PHASE_GATE}};
    for (size_t k = 0; k < ARRAY_LEN(rows); k++) {
        struct three t;
        needs_two(&t, rows[k].way);
        assert_false(apply(&t, 2, rows[k].begin)); /* only the approval begins it */
        assert_int_equal(t.u.mode_before, MODE_RUNNING);
        assert_non_null(approve(&t, 0)); /* another step needs none */
        assert_int_equal(t.subs[2].phase, PHASE_APPROVAL);
        assert_null(approve(&t, 1));
        assert_int_equal(t.subs[2].phase, rows[k].to);
        assert_int_equal(t.u.n_moves, 1);
        assert_int_equal(t.u.moves[0].row->event, rows[k].begin);
        assert_int_equal(t.u.mode_after, MODE_RUNNING);
        assert_non_null(approve(&t, 1)); /* it runs */
        tear_down(&t);
    }
}

static void what_is_approved_before_its_turn_does_not_wait(void **state)
{
    struct three t;
    set_up(&t, false);
    t.subs[2].two_persons = true;
    assert_null(approve(&t, 1)); /* while it is Ready */
    assert_non_null(approve(&t, 1));
    assert_int_equal(t.u.n_moves, 0);
    assert_int_equal(t.subs[0].approved, 0);
    assert_true(verb(&t, VERB_START));
    assert_true(apply(&t, 0, EV_YES));
    assert_true(apply(&t, 1, EV_YES));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    tear_down(&t);
}

static void a_paused_job_begins_what_was_approved_when_it_is_resumed(void **state)
{
    struct three t;
    needs_two(&t, WAY_CHECK);
    assert_true(verb(&t, VERB_PAUSE));
    assert_null(approve(&t, 1));
    assert_int_equal(t.subs[2].phase, PHASE_APPROVAL);
    assert_true(verb(&t, VERB_RESUME));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_false(t.subs[2].asked);
    assert_true(verb(&t, VERB_PAUSE));
    assert_true(apply(&t, 2, EV_NO)); /* held: the approval is for when it is resumed */
    assert_int_equal(t.subs[2].phase, PHASE_PENDING);
    assert_true(verb(&t, VERB_RESUME));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    tear_down(&t);
}

static void each_attempt_needs_an_approval_of_its_own(void **state)
{
    struct three t;
    const char *why;
    needs_two(&t, WAY_CHECK);
    assert_null(approve(&t, 1));
    assert_true(apply(&t, 2, EV_NO));
    assert_true(apply(&t, 2, EV_EXIT_BAD));
    assert_int_equal(core_retry_event(&t.job, 2, true, false, &why), N_EVENTS);
    assert_non_null(strstr(why, "approval"));
    assert_false(apply(&t, 2, EV_BEGIN_CHECK)); /* whoever asks */
    assert_false(apply(&t, 2, EV_BEGIN_ACT));
    assert_int_equal(t.subs[2].phase, PHASE_FAILED);
    assert_null(approve(&t, 1));
    assert_int_equal(t.subs[2].phase, PHASE_FAILED); /* that does not retry it */
    assert_int_equal(core_retry_event(&t.job, 2, false, false, &why), EV_BEGIN_CHECK);
    assert_true(apply(&t, 2, EV_BEGIN_ACT));
    assert_int_equal(t.subs[2].attempt, 2);
    assert_true(apply(&t, 2, EV_LOST)); /* one that is repeated by itself, too */
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_APPROVAL);
    assert_null(approve(&t, 1));
    assert_int_equal(t.subs[2].phase, PHASE_CHECKING);
    assert_true(apply(&t, 2, EV_CANNOT_TELL)); /* nothing has begun: it is good for a retry */
    assert_true(apply(&t, 2, EV_BEGIN_CHECK));
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].attempt, 3);
    assert_true(apply(&t, 2, EV_GIVE_UP));
    assert_int_equal(core_retry_event(&t.job, 2, false, false, &why), N_EVENTS);
    assert_false(apply(&t, 2, EV_BEGIN_FENCE));
    assert_null(approve(&t, 1));
    assert_int_equal(core_retry_event(&t.job, 2, false, false, &why), EV_BEGIN_FENCE);
    tear_down(&t);
}

static void an_attempt_that_never_began_leaves_its_approval(void **state)
{
    struct three t;
    needs_two(&t, WAY_CHECK);
    assert_null(approve(&t, 1));
    assert_true(apply(&t, 2, EV_NO));
    assert_true(apply(&t, 2, EV_NEVER));
    assert_true(apply(&t, 2, EV_NO));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    assert_int_equal(t.subs[2].attempt, 2);
    assert_true(apply(&t, 2, EV_TIMEOUT));
    assert_true(apply(&t, 2, EV_NEVER)); /* but who let its time pass has to be asked again */
    assert_true(apply(&t, 2, EV_NO));
    assert_true(core_unapproved(&t.subs[2]));
    tear_down(&t);

    needs_two(&t, WAY_ACT); /* a look that is repeated */
    t.subs[2].read_only = true;
    assert_null(approve(&t, 1));
    assert_true(apply(&t, 2, EV_LOST_LOOK));
    assert_int_equal(t.subs[2].phase, PHASE_ACTING);
    assert_true(apply(&t, 2, EV_EXIT_BAD));
    assert_false(apply(&t, 2, EV_BEGIN_ACT));
    tear_down(&t);

    needs_two(&t, WAY_POLL);
    assert_null(approve(&t, 1));
    assert_true(apply(&t, 2, EV_TIMEOUT_LOOK));
    assert_false(apply(&t, 2, EV_BEGIN_POLL));
    assert_null(approve(&t, 1));
    assert_true(apply(&t, 2, EV_BEGIN_POLL));
    assert_true(apply(&t, 2, EV_NOT_MET));
    assert_true(apply(&t, 2, EV_REJECT));
    assert_false(apply(&t, 2, EV_BEGIN_GATE));
    tear_down(&t);
}

static void what_is_approved_of_a_step(void **state)
{
    for (int m = MODE_READY; m <= MODE_SUCCESSFUL; m++)
        for (int p = 0; p < N_PHASES; p++)
            for (int outdated = 0; outdated < 2; outdated++) {
                struct three t;
                at(&t, m, p);
                t.job.outdated = outdated;
                t.job.n_steps = 1;
                t.subs[0].two_persons = true;
                t.subs[1].phase = PHASE_ACTING; /* so that the job does not end */
                bool live = !outdated && m <= MODE_WINDOW;
                bool may = live && in(p, RETRIED | BIT(PHASE_PENDING) | BIT(PHASE_APPROVAL));
                if ((approve(&t, 0) == NULL) != may)
                    fail_msg("approval of %s in %s", core_phase_name(p), core_mode_name(m));
                assert_int_equal(t.u.mode_before, m);
                assert_int_equal(t.u.mode_after, may && m == MODE_WINDOW ? MODE_RUNNING : m); /* it has no window */
                assert_int_equal(t.subs[0].approved, may ? 1 : 0);
                assert_int_equal(t.subs[1].approved, 0);
                assert_int_equal(t.u.n_moves, may && (m == MODE_RUNNING || m == MODE_WINDOW) &&
                                                  in(p, BIT(PHASE_PENDING) | BIT(PHASE_APPROVAL)));
                tear_down(&t);
            }
    struct three t;
    at(&t, MODE_RUNNING, PHASE_FAILED);
    const char *none = approve(&t, 0);
    t.subs[0].two_persons = true;
    t.subs[0].phase = PHASE_ACTING;
    assert_string_not_equal(none, approve(&t, 0)); /* it needs none; it is under way */
    tear_down(&t);
}

static void whoever_approves_takes_over_from_on_failure(void **state)
{
    struct three t;
    asks_for_undo(&t);
    t.subs[0].two_persons = true;
    assert_true(apply(&t, 0, EV_EXIT_BAD) && apply(&t, 1, EV_EXIT_BAD));
    assert_int_equal(t.job.undo, UNDO_DUE);
    assert_null(approve(&t, 0));
    assert_int_equal(t.job.undo, UNDO_SPENT);
    tear_down(&t);

    asks_for_undo(&t); /* while one waits for an approval nothing has failed for sure */
    t.subs[1].two_persons = true;
    assert_true(apply(&t, 1, EV_LOST) && apply(&t, 1, EV_NO));
    assert_int_equal(t.subs[1].phase, PHASE_APPROVAL);
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_int_equal(t.job.undo, UNDO_OPEN);
    tear_down(&t);
}

static void what_waits_for_approval_is_no_matter_of_confirm(void **state)
{
    struct three t;
    enum core_event e;
    at(&t, MODE_RUNNING, PHASE_APPROVAL);
    assert_non_null(strstr(refusal(&t, DO_CONFIRM, false, &e), "approval"));
    at(&t, MODE_RUNNING, PHASE_FAILED);
    assert_null(strstr(refusal(&t, DO_CONFIRM, false, &e), "approval"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_makes_the_rollback_due),
        cmocka_unit_test(nothing_but_a_sure_failure_makes_it_due),
        cmocka_unit_test(an_operator_takes_over),
        cmocka_unit_test(each_event_leads_where_it_says),
        cmocka_unit_test(each_move_starts_what_its_phase_needs),
        cmocka_unit_test(each_event_has_its_author),
        cmocka_unit_test(phases_are_shown_in_the_words_of_oms),
        cmocka_unit_test(busy_final_and_at_rest),
        cmocka_unit_test(a_step_waits_for_its_approval),
        cmocka_unit_test(what_is_approved_before_its_turn_does_not_wait),
        cmocka_unit_test(a_paused_job_begins_what_was_approved_when_it_is_resumed),
        cmocka_unit_test(each_attempt_needs_an_approval_of_its_own),
        cmocka_unit_test(an_attempt_that_never_began_leaves_its_approval),
        cmocka_unit_test(what_is_approved_of_a_step),
        cmocka_unit_test(whoever_approves_takes_over_from_on_failure),
        cmocka_unit_test(what_waits_for_approval_is_no_matter_of_confirm),
        cmocka_unit_test(verbs_depend_on_the_mode),
        cmocka_unit_test(cancel_waits_for_what_runs_unless_forced),
        cmocka_unit_test(cancel_stops_what_was_given_up),
        cmocka_unit_test(cancel_does_not_wait_for_a_look),
        cmocka_unit_test(which_one_acts),
        cmocka_unit_test(one_move_each_in_a_cancel),
        cmocka_unit_test(serial_ones_begin_one_after_the_other),
        cmocka_unit_test(nothing_begins_out_of_turn),
        cmocka_unit_test(a_breakpoint_pauses_before_its_step),
        cmocka_unit_test(a_breakpoint_stays_where_its_step_was_skipped),
        cmocka_unit_test(one_step_and_then_paused),
        cmocka_unit_test(where_nothing_more_is_run_there_is_no_breakpoint),
        cmocka_unit_test(a_start_at_its_time_is_never_late),
        cmocka_unit_test(a_step_begins_only_where_its_window_has_room),
        cmocka_unit_test(an_operator_overrules_the_window),
        cmocka_unit_test(a_window_that_closes_meanwhile),
        cmocka_unit_test(a_start_is_planned_only_while_ready_and_ahead),
        cmocka_unit_test(a_check_job_goes_on_over_failures),
        cmocka_unit_test(a_retry_acts_though_the_job_is_paused),
        cmocka_unit_test(a_pause_takes_back_the_retry_before_it),
        cmocka_unit_test(open_run_and_lost_follow_the_attempt),
        cmocka_unit_test(an_operator_or_a_new_beginning_ends_the_count_of_lost_ones),
        cmocka_unit_test(only_doubt_gives_up),
        cmocka_unit_test(an_outdated_plan_is_not_run),
        cmocka_unit_test(an_operators_word_does_not_end_an_attempt),
        cmocka_unit_test(rest_says_nothing_of_the_attempt),
        cmocka_unit_test(an_attempt_of_an_outdated_plan_ends),
        cmocka_unit_test(an_outdated_job_can_only_be_canceled),
        cmocka_unit_test(a_job_is_shown_as),
        cmocka_unit_test(retry_by_phase_and_mode),
        cmocka_unit_test(retry_begins_its_own_way),
        cmocka_unit_test(retry_of_what_may_still_run),
        cmocka_unit_test(retry_in_an_order_that_is_not_defined_needs_force),
        cmocka_unit_test(skip_by_phase_and_mode),
        cmocka_unit_test(done_by_phase_and_mode),
        cmocka_unit_test(what_force_is_for),
        cmocka_unit_test(in_doubt_and_looked_at),
        cmocka_unit_test(a_verb_is_an_event_or_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
