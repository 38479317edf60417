/* How long a restore takes, by the facts of a job. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/fact_names.h"

struct fact {
    const char *name, *value;
};

static int of(const struct fact *f)
{
    struct fact_restore x = {-1, -1};
    for (; f->name; f++)
        fact_restore_note(&x, f->name, f->value);
    return (int)fact_restore_seconds(&x);
}

static void the_longest_that_was_measured_counts(void **state)
{
    static const struct fact none[] = {{"T1", "5"},
                                       {"seconds", "6"},
                                       {"rehearsal.rm.name", "7"},
                                       {"rehearsal.seconds", "x"},
                                       {"rehearsal.rm.seconds", ""},
                                       {"rehearsal.of_seconds", "8"},
                                       {0}};
    static const struct fact earlier[] = {{"rehearsal.seconds", "250"}, {"rehearsal.rm.name", "7"}, {0}};
    static const struct fact measured[] = {{"rehearsal.rm.seconds", "12"},
                                           {"rehearsal.cm.seconds", "40"},
                                           {"rehearsal.hb.seconds", "0"},
                                           {"rehearsal.seconds", "250"},
                                           {0}};
    assert_int_equal(of(none), -1);
    assert_int_equal(of(earlier), 250);
    assert_int_equal(of(measured), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_longest_that_was_measured_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
