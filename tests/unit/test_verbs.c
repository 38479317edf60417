/* The tables that both programs share: verbs, states, job types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/array.h"
#include "common/job_types.h"
#include "common/verbs.h"

static void a_verb_is_found_by_its_name(void **state)
{
    for (int i = 0; i < N_VERBS; i++)
        assert_int_equal(verb_parse(verbs[i].name), i);
    assert_int_equal(verb_parse("Retry"), N_VERBS);
    assert_int_equal(verb_parse(""), N_VERBS);
}

static void a_verb_says_what_it_is_for(void **state)
{
    static const struct {
        enum verb_id verb;
        const char *states;
    } rows[] = {
        {DO_START, "Ready"},
        {DO_PAUSE, "In Progress, Waiting or Failed"},
        {DO_RETRY, "Failed or In Doubt"},
        {DO_SKIP, "Waiting, Failed or In Doubt, or Pending while the job is Paused"},
        {DO_CONFIRM, "Waiting"},
        {DO_CANCEL, "Initializing, Ready, In Progress, Paused, Waiting or Failed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = {0};
        verb_states(&b, &verbs[rows[i].verb]);
        assert_string_equal(buf_str(&b), rows[i].states);
        buf_free(&b);
    }
}

/* A state that is none of a job would make a verb that is never accepted. */
static void the_states_of_a_verb_are_of_its_scope(void **state)
{
    for (int v = 0; v < N_VERBS; v++) {
        assert_true(verbs[v].job_states || verbs[v].sub_states);
        for (int s = 0; s < N_STATES; s++) {
            if (state_in(verbs[v].job_states, (enum state)s))
                assert_true(state_of((enum state)s, STATE_OF_JOB));
            if (state_in(verbs[v].sub_states, (enum state)s))
                assert_true(state_of((enum state)s, STATE_OF_SUB));
        }
    }
}

static void a_state_is_parsed_in_its_scope(void **state)
{
    for (int s = 0; s < N_STATES; s++) {
        assert_int_equal(state_parse(state_word((enum state)s), STATE_OF_JOB),
                         state_of((enum state)s, STATE_OF_JOB) ? s : N_STATES);
        assert_int_equal(state_parse(state_word((enum state)s), STATE_OF_SUB),
                         state_of((enum state)s, STATE_OF_SUB) ? s : N_STATES);
    }
    assert_int_equal(state_parse("in doubt", STATE_OF_SUB), N_STATES);
}

static void a_job_type_has_a_word_and_a_name(void **state)
{
    for (int t = 0; t < N_JOB_TYPES; t++) {
        assert_int_equal(job_type_parse(job_type_word((enum job_type)t)), t);
        assert_int_equal(job_type_parse(job_type_name((enum job_type)t)), t);
    }
    assert_int_equal(job_type_parse("upgrades"), N_JOB_TYPES);
    assert_string_equal(job_type_shown("rollback"), "Rollback");
    assert_string_equal(job_type_shown("renewal"), "renewal"); /* of a newer journal */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_is_found_by_its_name),           cmocka_unit_test(a_verb_says_what_it_is_for),
        cmocka_unit_test(the_states_of_a_verb_are_of_its_scope), cmocka_unit_test(a_state_is_parsed_in_its_scope),
        cmocka_unit_test(a_job_type_has_a_word_and_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
