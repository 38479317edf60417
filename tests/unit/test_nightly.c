/* The window of a night: over midnight, in other zones, in nights in which clocks are set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "common/array.h"
#include "daemon/engine/job/nightly.h"

static int64_t at(const char *utc)
{
    struct tm tm = {0};
    assert_non_null(strptime(utc, "%Y-%m-%d %H:%M", &tm));
    return timegm(&tm);
}

static void the_window_that_is_open_or_next(void **state)
{
    static const struct {
        const char *tz, *window, *now, *opens, *closes; /* UTC */
    } rows[] = {
        {"Asia/Shanghai", "02:00-05:00", "2026-11-30 10:00", "2026-11-30 18:00", "2026-11-30 21:00"},
        {"Asia/Shanghai", "02:00-05:00", "2026-11-30 19:00", "2026-11-30 18:00", "2026-11-30 21:00"},
        {"Asia/Shanghai", "02:00-05:00", "2026-11-30 20:59", "2026-11-30 18:00", "2026-11-30 21:00"},
        {"Asia/Shanghai", "02:00-05:00", "2026-11-30 21:00", "2026-12-01 18:00", "2026-12-01 21:00"},
        {"UTC", "23:00-04:00", "2026-11-30 10:00", "2026-11-30 23:00", "2026-12-01 04:00"},
        {"UTC", "23:00-04:00", "2026-12-01 03:00", "2026-11-30 23:00", "2026-12-01 04:00"},
        {"UTC", "23:00-04:00", "2026-12-31 23:30", "2026-12-31 23:00", "2027-01-01 04:00"},
        {"UTC", "22:00-00:00", "2026-11-30 23:59", "2026-11-30 22:00", "2026-12-01 00:00"},
        {"UTC", "02:00-05:00+08:00", "2026-11-30 10:00", "2026-11-30 18:00", "2026-11-30 21:00"},
        {"Asia/Shanghai", "02:00-05:00Z", "2026-11-30 19:00", "2026-12-01 02:00", "2026-12-01 05:00"},
        {"UTC", "23:00-04:00-03:30", "2026-12-01 03:00", "2026-12-01 02:30", "2026-12-01 07:30"},
        /* clocks are set ahead from 02:00 to 03:00, and back from 03:00 to 02:00 */
        {"Europe/Berlin", "01:00-04:00", "2026-03-28 20:00", "2026-03-29 00:00", "2026-03-29 02:00"},
        {"Europe/Berlin", "01:00-04:00", "2026-10-24 20:00", "2026-10-24 23:00", "2026-10-25 03:00"},
        {"Europe/Berlin", "02:30-04:00", "2026-10-24 20:00", "2026-10-25 01:30", "2026-10-25 03:00"},
        {"Europe/Berlin", "01:00-02:30", "2026-10-24 20:00", "2026-10-24 23:00", "2026-10-25 00:30"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct nightly n;
        int64_t opens, closes;
        setenv("TZ", rows[i].tz, 1);
        tzset();
        assert_true(nightly_parse(rows[i].window, &n));
        nightly_next(&n, at(rows[i].now), &opens, &closes);
        if (opens != at(rows[i].opens) || closes != at(rows[i].closes))
            fail_msg("row %zu: opens %lld s, closes %lld s beside that", i, (long long)(opens - at(rows[i].opens)),
                     (long long)(closes - at(rows[i].closes)));
    }
}

static void what_is_no_window_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "02:00",
                                        "02:00-",
                                        "02:00-02:00",
                                        "2:00-5:00",
                                        "24:00-05:00",
                                        "02:00-05:60",
                                        "02:00-05:00 ",
                                        "02:00-05:00+8",
                                        "02:00-05:00X",
                                        "02:00 05:00",
                                        "02:00-05:00+15:00",
                                        "02:00-05:00+08:00x",
                                        "-2:00-05:00",
                                        "+2:00-05:00"};
    struct nightly n;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (nightly_parse(texts[i], &n))
            fail_msg("\"%s\" was taken", texts[i]);
    assert_true(nightly_parse("23:30-01:00", &n));
    assert_int_equal(nightly_length(&n), 90 * 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_window_that_is_open_or_next),
                                       cmocka_unit_test(what_is_no_window_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
