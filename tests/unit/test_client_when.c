/* A moment as an operator writes it: local, with a zone, with an offset; nights in which clocks are set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/when.h"
#include "common/array.h"

static time_t at(const char *utc)
{
    struct tm tm = {0};
    assert_non_null(strptime(utc, "%Y-%m-%d %H:%M:%S", &tm));
    return timegm(&tm);
}

static void zone(const char *tz)
{
    setenv("TZ", tz, 1);
    tzset();
}

static void times_are_read(void **state)
{
    static const struct {
        const char *tz, *now, *text, *want;
        bool utc;
    } rows[] = {
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00", "2026-11-30 18:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "18:00", "2026-12-01 10:00:00", false}, /* it is 18:00 now: tomorrow */
        {"Asia/Shanghai", "2026-11-30 10:00:00", "18:00:01", "2026-11-30 10:00:01", false},
        {"Asia/Shanghai", "2026-12-31 10:00:00", "02:00", "2026-12-31 18:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "2026-12-05 02:00", "2026-12-04 18:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "2026-12-05T02:00", "2026-12-04 18:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00", "2026-12-01 02:00:00", true},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00Z", "2026-12-01 02:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00 UTC", "2026-12-01 02:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00+09:00", "2026-11-30 17:00:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00 -0330", "2026-12-01 05:30:00", false},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "2026-12-05T02:00:30+08:00", "2026-12-04 18:00:30", true},
        {"Asia/Shanghai", "2026-11-30 10:00:00", "02:00 Europe/Berlin", "2026-12-01 01:00:00", false},
        {"UTC", "2026-11-30 10:00:00", "02:00 Asia/Shanghai", "2026-11-30 18:00:00", true},
        /* the nights in which clocks are set: what exists once is taken, also after them */
        {"Europe/Berlin", "2026-03-28 20:00:00", "01:59", "2026-03-29 00:59:00", false},
        {"Europe/Berlin", "2026-03-28 20:00:00", "03:00", "2026-03-29 01:00:00", false},
        {"Europe/Berlin", "2026-10-24 20:00:00", "01:59", "2026-10-24 23:59:00", false},
        {"Europe/Berlin", "2026-10-24 20:00:00", "03:00", "2026-10-25 02:00:00", false},
        {"Europe/Berlin", "2026-10-24 20:00:00", "02:30+02:00", "2026-10-25 00:30:00", false},
        {"Europe/Berlin", "2026-10-24 20:00:00", "02:30+01:00", "2026-10-25 01:30:00", false},
        {"Europe/Berlin", "2026-03-28 22:30:00", "23:15", "2026-03-29 21:15:00", false}, /* a day of 23 hours */
        {"Europe/Berlin", "2026-03-29 08:00:00", "02:30", "2026-03-30 00:30:00", false},
        {"Europe/Berlin", "2026-10-25 08:00:00", "02:30", "2026-10-26 01:30:00", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        time_t got = 0;
        zone(rows[i].tz);
        if (when_parse(rows[i].text, at(rows[i].now), rows[i].utc, &got, &e))
            fail_msg("%s: %s", rows[i].text, e.msg);
        if (got != at(rows[i].want))
            fail_msg("%s by %s at %s: %lld s beside %s", rows[i].text, rows[i].tz, rows[i].now,
                     (long long)(got - at(rows[i].want)), rows[i].want);
        assert_string_equal(getenv("TZ"), rows[i].tz);
    }
}

static void what_does_not_exist_or_comes_twice_is_refused(void **state)
{
    static const struct {
        const char *now, *text, *says;
    } rows[] = {
        {"2026-03-28 20:00:00", "02:30", "2026-03-29 02:30 does not exist"},
        {"2026-03-28 20:00:00", "2026-03-29 02:00", "does not exist"},
        {"2026-10-24 20:00:00", "02:30", "+02:00 or +01:00"},
        {"2026-10-24 20:00:00", "2026-10-25 02:00 Europe/Paris", "+02:00 or +01:00"},
    };
    zone("Europe/Berlin");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err e = {0};
        time_t got;
        assert_int_equal(when_parse(rows[i].text, at(rows[i].now), false, &got, &e), ERR_USAGE);
        if (!strstr(e.msg, rows[i].says))
            fail_msg("%s: %s", rows[i].text, e.msg);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "2",
                                        "2:00",
                                        "24:00",
                                        "02:60",
                                        "02:00 ",
                                        "02:00x",
                                        "02:00 Nowhere/Land",
                                        "02:00 Asia", /* a directory: libc would take UTC */
                                        "02:00 America/Argentina",
                                        "02:00 zone.tab",
                                        "02:00 ../etc/passwd",
                                        "02:00+15:00",
                                        "02:00+",
                                        "02:00 +8",
                                        "2026-02-30 02:00",
                                        "2026-13-01 02:00",
                                        "2026-12-01",
                                        "26-12-01 02:00",
                                        "02:00Asia/Shanghai",
                                        "now",
                                        "02:00:",
                                        "-02:00"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err e = {0};
        time_t got;
        if (when_parse(texts[i], at("2026-11-30 10:00:00"), false, &got, &e) != ERR_USAGE)
            fail_msg("\"%s\" was taken", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(what_does_not_exist_or_comes_twice_is_refused),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
