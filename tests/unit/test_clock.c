/* Only time in which the daemon has looked counts for timeouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/engine/drive/clock.h"

static void what_counts(void **state)
{
    assert_int_equal(clock_watched(0), 0);
    assert_int_equal(clock_watched(TICK_MS), TICK_MS);
    assert_int_equal(clock_watched(3 * TICK_MS + 1), 3 * TICK_MS + 1); /* late, as on a busy host */
    assert_int_equal(clock_watched(24 * 1000), 4 * TICK_MS);           /* stopped meanwhile */
    assert_int_equal(clock_watched(UINT64_MAX), 4 * TICK_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
