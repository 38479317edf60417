/* Only time in which the daemon has looked counts for timeouts; conditions are looked at often at first, seldom later.
 */
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

static void pauses(void **state)
{
    assert_int_equal(clock_pause(0, 5), 200);
    assert_int_equal(clock_pause(1999, 5), 200);
    assert_int_equal(clock_pause(2100, 5), 210);
    assert_int_equal(clock_pause(49990, 5), 4999);
    assert_int_equal(clock_pause(50010, 5), 5000);
    assert_int_equal(clock_pause(UINT64_MAX, 5), 5000);
    assert_int_equal(clock_pause(600000, 60), 60000);
    assert_int_equal(clock_pause(600000, 604800), 60000);
}

/* The time from the moment at which a condition is true until it is seen: that of the pause in which it came. */
static void no_wait_is_a_tenth_longer(void **state)
{
    enum { LOOK_MS = 15 };
    for (uint64_t ready = 0; ready < 120 * 1000; ready += 7) {
        uint64_t at = LOOK_MS, looks = 1;
        for (; at - LOOK_MS < ready; looks++)
            at += clock_pause(at, 5) + LOOK_MS;
        assert_true(at - ready <= PAUSE_MIN_MS + 3 * LOOK_MS || at - ready <= ready / PAUSE_PART + 3 * LOOK_MS);
        assert_true(looks <= 45 + ready / 5000); /* then every 5 s */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_counts), cmocka_unit_test(pauses),
                                       cmocka_unit_test(no_wait_is_a_tenth_longer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
