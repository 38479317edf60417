/* What a subtask is after a takeover: every phase, wherever it ran, with and without newer run files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/array.h"
#include "daemon/takeover/doubt.h"

static struct core_subtask sub(enum core_phase p, unsigned attempt, bool has_check, bool read_only)
{
    return (struct core_subtask){.phase = p, .attempt = attempt, .has_check = has_check, .read_only = read_only};
}

static bool acts(enum core_phase p)
{
    return p == PHASE_ACTING || p == PHASE_EXPIRING || p == PHASE_CANCELING || p == PHASE_FENCING;
}

static void a_table_of_cases(void **state)
{
    static const struct {
        enum core_phase phase;
        unsigned attempt;
        enum doubt_where where;
        unsigned found;
        bool check, begun;
        enum core_phase to;
        unsigned attempt_to;
        bool lost, is_found;
    } c[] = {
        /* what acted on the lost host itself */
        {PHASE_ACTING, 1, DOUBT_LOST, 0, true, true, PHASE_DOUBT, 1, true, false},
        {PHASE_ACTING, 1, DOUBT_LOST, 0, false, true, PHASE_DOUBT, 1, true, false},
        {PHASE_EXPIRING, 2, DOUBT_LOST, 0, true, true, PHASE_EXPIRED, 2, true, false},
        {PHASE_CANCELING, 1, DOUBT_LOST, 0, true, true, PHASE_CANCELED, 1, true, false},
        {PHASE_FENCING, 1, DOUBT_LOST, 0, true, true, PHASE_CHECKING, 1, true, false},
        /* on a node: its run files tell, or there are none */
        {PHASE_ACTING, 1, DOUBT_NODE, 1, true, true, PHASE_ACTING, 1, false, false},
        {PHASE_ACTING, 1, DOUBT_NODE, 0, true, true, PHASE_DOUBT, 1, true, false},
        {PHASE_ACTING, 2, DOUBT_NODE, 1, true, true, PHASE_DOUBT, 2, true, false},
        {PHASE_ACTING, 1, DOUBT_NODE, 2, true, true, PHASE_ACTING, 2, false, true},
        {PHASE_PENDING, 0, DOUBT_NODE, 1, true, true, PHASE_ACTING, 1, false, true},
        {PHASE_PENDING, 0, DOUBT_NODE, 1, false, true, PHASE_ACTING, 1, false, true},
        {PHASE_CHECKING, 0, DOUBT_NODE, 1, true, true, PHASE_ACTING, 1, false, true},
        {PHASE_FAILED, 1, DOUBT_NODE, 2, true, true, PHASE_ACTING, 2, false, true},
        {PHASE_UNKNOWN, 1, DOUBT_NODE, 2, true, true, PHASE_ACTING, 2, false, true},
        {PHASE_CANCELING, 1, DOUBT_NODE, 2, true, true, PHASE_CANCELING, 2, false, true},
        {PHASE_FAILED, 1, DOUBT_NODE, 1, true, true, PHASE_FAILED, 1, false, false},
        /* a node that could not be asked is asked later */
        {PHASE_ACTING, 1, DOUBT_AWAY, 0, true, true, PHASE_ACTING, 1, false, false},
        /* a call ended with its process: the daemon asks */
        {PHASE_ACTING, 1, DOUBT_CALL, 0, true, true, PHASE_ACTING, 1, false, false},
        /* no check, and it may have begun */
        {PHASE_PENDING, 0, DOUBT_LOST, 0, false, true, PHASE_UNKNOWN, 0, false, false},
        {PHASE_PENDING, 0, DOUBT_NODE, 0, false, true, PHASE_UNKNOWN, 0, false, false},
        {PHASE_APPROVAL, 0, DOUBT_CALL, 0, false, true, PHASE_UNKNOWN, 0, false, false},
        {PHASE_FAILED, 1, DOUBT_LOST, 0, false, true, PHASE_UNKNOWN, 1, false, false}, /* maybe retried since */
        {PHASE_FAILED, 1, DOUBT_CALL, 0, true, true, PHASE_FAILED, 1, false, false},
        {PHASE_PENDING, 0, DOUBT_LOST, 0, false, false, PHASE_PENDING, 0, false, false},
        {PHASE_PENDING, 0, DOUBT_LOST, 0, true, true, PHASE_PENDING, 0, false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        struct core_subtask s = sub(c[i].phase, c[i].attempt, c[i].check, false);
        struct doubt d = doubt_of(&s, c[i].where, c[i].found, c[i].begun);
        if (d.phase != c[i].to || d.attempt != c[i].attempt_to || d.lost != c[i].lost || d.found != c[i].is_found)
            fail_msg("case %zu: %s became %s, attempt %u%s%s", i, core_phase_name(c[i].phase), core_phase_name(d.phase),
                     d.attempt, d.lost ? ", lost" : "", d.found ? ", found" : "");
    }
}

/* Whatever the copy says: nothing that is over begins again, nothing that may have acted is Pending or Failed without
 * having been asked, and no attempt number is used twice. */
static void over_all(void **state)
{
    for (int p = 0; p < N_PHASES; p++)
        for (int bits = 0; bits < 8; bits++)
            for (int w = DOUBT_CALL; w <= DOUBT_AWAY; w++)
                for (unsigned attempt = 0; attempt < 3; attempt++)
                    for (unsigned found = 0; found < 4; found++) {
                        bool check = bits & 1, reads = bits & 2, begun = bits & 4;
                        struct core_subtask s = sub((enum core_phase)p, attempt, check, reads);
                        struct doubt d = doubt_of(&s, (enum doubt_where)w, found, begun);
                        assert_true(d.attempt >= attempt);
                        if (core_phase_passed(s.phase) || s.phase == PHASE_CANCELED)
                            assert_true(d.phase == s.phase && d.attempt == attempt && !d.found && !d.lost);
                        if (acts(s.phase) && w == DOUBT_LOST)
                            assert_true(d.lost && !acts(d.phase) && d.phase != PHASE_FAILED &&
                                        d.phase != PHASE_PENDING && !core_phase_passed(d.phase));
                        if (d.found)
                            assert_true(w == DOUBT_NODE && d.attempt == found && found > attempt && acts(d.phase));
                        if (begun && !check && !reads)
                            assert_true(d.phase != PHASE_PENDING && d.phase != PHASE_APPROVAL &&
                                        d.phase != PHASE_FAILED);
                    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_table_of_cases), cmocka_unit_test(over_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
