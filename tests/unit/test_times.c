/* The time that passes between two times of the journal, whatever is done to the host's clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine/job/times.h"

static void observes(void **state)
{
    struct times_clock c = {0};
    assert_int_equal(times_observe(&c, 1000000, 5000), 0);
    assert_true(c.known);
    assert_int_equal(times_observe(&c, 1000250, 5250), 0);
    assert_int_equal(times_observe(&c, 1000250 + 999, 5250), 0);
    assert_int_equal(times_observe(&c, 1000250 - 999, 5250), 0);
    assert_int_equal(times_observe(&c, 1000500 + 3600000, 5500), 3600000); /* ahead */
    assert_int_equal(c.set_ms, 3600000);
    assert_int_equal(times_observe(&c, 1000750 + 3600000, 5750), 0);
    assert_int_equal(times_observe(&c, 1001000 - 86400000, 6000), -86400000 - 3600000); /* back */
    assert_int_equal(c.set_ms, -86400000);
    /* Small ones do not add up unseen. */
    assert_int_equal(times_observe(&c, 1001000 - 86400000 + 600, 6000), 0);
    assert_int_equal(times_observe(&c, 1001000 - 86400000 + 1200, 6000), 1200);
    assert_int_equal(c.set_ms, -86400000 + 1200);
}

/* After a reboot nothing says whether the clock was set meanwhile; what was known before stays. */
static void another_boot(void **state)
{
    struct times_clock c = {.set_ms = 60000};
    assert_int_equal(times_observe(&c, 1000000, 10), 0);
    assert_int_equal(c.set_ms, 60000);
    assert_int_equal(times_observe(&c, 1005000, 10), 5000);
    assert_int_equal(c.set_ms, 65000);
}

static void passed(const char *from, const char *to, double seconds)
{
    assert_int_equal(llround(1000 * (times_seconds(to) - times_seconds(from))), llround(1000 * seconds));
    assert_int_equal(times_later(to, from), seconds > 0);
    assert_int_equal(times_later(from, to), seconds < 0);
}

static void differences(void **state)
{
    passed("2026-11-30T02:00:00.000Z", "2026-11-30T02:00:01.250Z", 1.25);
    passed("2026-11-30T02:00:00Z", "2026-11-30T02:00:01.250Z", 1.25);
    passed("2026-11-30T02:00:00.000Z", "2026-11-30T03:00:35.000Z+3600.000", 35);
    passed("2026-11-30T02:00:00.000Z", "2026-11-30T01:00:35.000Z-3600.000", 35);
    passed("2026-11-30T03:00:00.500Z+3600.000", "2026-11-30T03:00:35.000Z+3600.000", 34.5);
    passed("2026-11-30T03:00:35.000Z+3600.000", "2026-11-30T02:00:36.000Z", 1);
    passed("2026-12-31T23:59:59.000Z", "2027-01-01T00:00:00.000Z", 1);
    assert_false(times_later(NULL, "2026-11-30T02:00:00Z"));
    assert_false(times_later("2026-11-30T02:00:00Z", NULL));
    assert_true(times_seconds("yesterday") == 0);
    assert_true(times_seconds("") == 0);
}

static void as_shown(void **state)
{
    char t[] = "2026-11-30T03:00:35.000Z+3600.000", whole[] = "2026-11-30T03:00:35Z", none[] = "";
    times_whole_seconds(t);
    assert_string_equal(t, whole);
    times_whole_seconds(whole);
    assert_string_equal(t, whole);
    times_whole_seconds(none);
    assert_string_equal(none, "");
}

static void now(void **state)
{
    char *t = times_now();
    assert_int_equal(strlen(t), sizeof "YYYY-MM-DDThh:mm:ss.sssZ" - 1);
    assert_true(times_ms_since(t) >= 0);
    assert_int_equal(times_ms_since("2999-01-01T00:00:00Z"), 0);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(observes), cmocka_unit_test(another_boot),
                                       cmocka_unit_test(differences), cmocka_unit_test(as_shown),
                                       cmocka_unit_test(now)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
