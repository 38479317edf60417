/* The tables: rows are unique, every phase can be reached and can end, every event is used, the words are those of OMS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "daemon/engine/core/core.h"

static void rows_are_unique(void **state)
{
    for (size_t a = 0; a < core_n_rows; a++)
        for (size_t b = a + 1; b < core_n_rows; b++)
            if (core_rows[a].from == core_rows[b].from && core_rows[a].event == core_rows[b].event)
                fail_msg("two rows for %s, %s", core_phase_name(core_rows[a].from),
                         core_event_name(core_rows[a].event));
}

static void every_phase_is_reached_from_pending(void **state)
{
    bool seen[N_PHASES] = {[PHASE_PENDING] = true};
    for (bool more = true; more;) {
        more = false;
        for (size_t r = 0; r < core_n_rows; r++)
            if (seen[core_rows[r].from] && !seen[core_rows[r].to])
                seen[core_rows[r].to] = more = true;
    }
    for (int p = 0; p < N_PHASES; p++)
        if (!seen[p])
            fail_msg("%s is never reached", core_phase_name(p));
}

static void every_phase_can_pass(void **state)
{
    bool ends[N_PHASES] = {[PHASE_SUCCESSFUL] = true, [PHASE_SKIPPED] = true, [PHASE_CANCELED] = true};
    for (bool more = true; more;) {
        more = false;
        for (size_t r = 0; r < core_n_rows; r++)
            if (ends[core_rows[r].to] && !ends[core_rows[r].from])
                ends[core_rows[r].from] = more = true;
    }
    for (int p = 0; p < N_PHASES; p++)
        if (!ends[p])
            fail_msg("%s can never end", core_phase_name(p));
}

static void every_event_is_used(void **state)
{
    for (int e = 0; e < N_EVENTS; e++) {
        bool used = false;
        for (size_t r = 0; r < core_n_rows; r++)
            used |= core_rows[r].event == (enum core_event)e;
        if (!used)
            fail_msg("%s is not used", core_event_name(e));
    }
}

static void final_phases_are_never_left(void **state)
{
    for (size_t r = 0; r < core_n_rows; r++)
        if (core_phase_passed(core_rows[r].from) || core_rows[r].from == PHASE_CANCELED)
            fail_msg("%s is left by %s", core_phase_name(core_rows[r].from), core_event_name(core_rows[r].event));
}

/* A busy phase must have an effect on every way into it, or come from one that is busy with the same thing. */
static void nothing_hangs(void **state)
{
    for (size_t r = 0; r < core_n_rows; r++)
        if (core_phase_busy(core_rows[r].to) && core_rows[r].effect == EFFECT_NONE &&
            !core_phase_busy(core_rows[r].from))
            fail_msg("%s by %s starts nothing", core_phase_name(core_rows[r].to), core_event_name(core_rows[r].event));
}

static void every_phase_can_be_canceled(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        if (!core_phase_final(p) && p != PHASE_CANCELING && !core_row(p, EV_CANCEL))
            fail_msg("%s cannot be canceled", core_phase_name(p));
}

static void names_parse_back(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        assert_int_equal(core_phase_parse(core_phase_name(p)), p);
    assert_int_equal(core_phase_parse("no such"), -1);
    assert_string_equal(state_word(STATE_IN_DOUBT), "In Doubt");
    assert_string_equal(state_word(STATE_IN_PROGRESS), "In Progress");
}

/* --- small jobs ------------------------------------------------------------------------------------- */

struct two {
    struct core_job job;
    struct core_step steps[2];
    struct core_subtask subs[2];
    struct core_update u;
};

static void set_up(struct two *t)
{
    memset(t, 0, sizeof *t);
    t->steps[0] = (struct core_step){.first = 0, .n = 1};
    t->steps[1] = (struct core_step){.first = 1, .n = 1};
    t->subs[0].has_check = t->subs[1].has_check = true;
    t->job = (struct core_job){.steps = t->steps, .n_steps = 2, .subtasks = t->subs, .n_subtasks = 2};
    assert_true(core_verb(&t->job, VERB_START, &t->u));
}

static bool apply(struct two *t, size_t i, enum core_event e)
{
    core_update_clear(&t->u);
    return core_apply(&t->job, i, e, &t->u);
}

static void lost_again_and_again_is_failed(void **state)
{
    struct two t;
    set_up(&t);
    assert_true(apply(&t, 0, EV_NO));
    for (int i = 1; i < CORE_LOST_MAX; i++) {
        assert_true(apply(&t, 0, EV_LOST));
        assert_int_equal(core_phase_shown(t.subs[0].phase), STATE_IN_DOUBT);
        assert_true(apply(&t, 0, EV_NO));
        assert_int_equal(t.subs[0].phase, PHASE_ACTING);
    }
    assert_true(apply(&t, 0, EV_LOST));
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_FAILED);
    core_update_free(&t.u);
}

/* What is not to be repeated lightly: once, and then an operator's retry. */
static void lost_once_is_failed_where_only_an_operator_repeats(void **state)
{
    struct two t;
    set_up(&t);
    t.subs[0].repeat_asked = true;
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_LOST));
    assert_int_equal(core_phase_shown(t.subs[0].phase), STATE_IN_DOUBT);
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_FAILED);
    assert_true(apply(&t, 0, EV_BEGIN_CHECK));
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_ACTING);
    assert_int_equal(t.subs[0].attempt, 2);
    core_update_free(&t.u);
}

static void a_paused_job_does_not_act_after_doubt(void **state)
{
    struct two t;
    set_up(&t);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(core_verb(&t.job, VERB_HOLD, &t.u));
    assert_true(apply(&t, 0, EV_LOST));
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(t.subs[0].phase, PHASE_PENDING);
    assert_int_equal(core_job_state(&t.job), STATE_PAUSED);
    assert_true(core_verb(&t.job, VERB_RESUME, &t.u));
    assert_int_equal(t.subs[0].phase, PHASE_CHECKING);
    core_update_free(&t.u);
}

static void the_barrier_opens_only_when_all_passed(void **state)
{
    struct two t;
    set_up(&t);
    assert_int_equal(t.subs[1].phase, PHASE_PENDING);
    assert_true(apply(&t, 0, EV_NO));
    assert_true(apply(&t, 0, EV_EXIT_BAD));
    assert_int_equal(t.subs[1].phase, PHASE_PENDING);
    assert_int_equal(core_job_state(&t.job), STATE_FAILED);
    const char *why;
    assert_int_equal(core_retry_event(&t.job, 0, false, false, &why), EV_BEGIN_CHECK);
    assert_true(apply(&t, 0, EV_BEGIN_CHECK));
    assert_true(apply(&t, 0, EV_YES));
    assert_int_equal(t.subs[1].phase, PHASE_CHECKING);
    core_update_free(&t.u);
}

static void a_guarded_skip_needs_force(void **state)
{
    struct two t;
    set_up(&t);
    t.steps[0].guarded = true;
    assert_true(apply(&t, 0, EV_CANNOT_TELL));
    assert_non_null(core_skip_refusal(&t.job, 0, false));
    assert_null(core_skip_refusal(&t.job, 0, true));
    core_update_free(&t.u);
}

static void retry_while_the_node_is_away_gives_up_then_fences(void **state)
{
    struct two t;
    const char *why;
    set_up(&t);
    assert_true(apply(&t, 0, EV_NO));
    assert_int_equal(core_retry_event(&t.job, 0, false, true, &why), EV_GIVE_UP);
    assert_true(apply(&t, 0, EV_GIVE_UP));
    assert_int_equal(core_phase_shown(t.subs[0].phase), STATE_IN_DOUBT);
    assert_non_null(core_done_refusal(&t.job, 0, false));
    assert_int_equal(core_retry_event(&t.job, 0, false, false, &why), EV_BEGIN_FENCE);
    assert_true(apply(&t, 0, EV_BEGIN_FENCE));
    assert_true(apply(&t, 0, EV_NEVER));
    assert_int_equal(t.subs[0].phase, PHASE_CHECKING);
    core_update_free(&t.u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_unique),
        cmocka_unit_test(every_phase_is_reached_from_pending),
        cmocka_unit_test(every_phase_can_pass),
        cmocka_unit_test(every_event_is_used),
        cmocka_unit_test(final_phases_are_never_left),
        cmocka_unit_test(nothing_hangs),
        cmocka_unit_test(every_phase_can_be_canceled),
        cmocka_unit_test(names_parse_back),
        cmocka_unit_test(lost_again_and_again_is_failed),
        cmocka_unit_test(lost_once_is_failed_where_only_an_operator_repeats),
        cmocka_unit_test(a_paused_job_does_not_act_after_doubt),
        cmocka_unit_test(the_barrier_opens_only_when_all_passed),
        cmocka_unit_test(a_guarded_skip_needs_force),
        cmocka_unit_test(retry_while_the_node_is_away_gives_up_then_fences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
