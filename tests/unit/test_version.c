#include "common/array.h"
#include "tests/unit/test_plan_data.h"

static void parses(void **state)
{
    static const struct {
        const char *s;
        unsigned n, part[4];
    } good[] = {
        {"4", 1, {4}},
        {"4.0.2", 3, {4, 0, 2}},
        {"V4.0.2", 3, {4, 0, 2}},
        {"v4.0", 2, {4, 0}},
        {"4.2.2-CE", 3, {4, 2, 2}},
        {"V4.2.11-ce", 3, {4, 2, 11}},
        {"1.2.3.4", 4, {1, 2, 3, 4}},
        {"0.999999", 2, {0, 999999}},
    };
    static const char *const bad[] = {"",         "V",   "4.", ".4",     "4..0", "4.0.1 BP1", "4.0.2bp2", "1.2.3.4.5",
                                      "4.0.2-EE", "4,0", "-4", "4.0.2 ", " 4",   "1234567",   "4.x",      "VV4"};
    struct version v;
    struct err e;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        assert_int_equal(version_parse(good[i].s, &v, &e), 0);
        assert_int_equal(v.n, good[i].n);
        assert_memory_equal(v.part, good[i].part, sizeof v.part);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (version_parse(bad[i], &v, &e) != ERR_INPUT)
            fail_msg("accepted \"%s\"", bad[i]);
    version_parse("4.0.1 BP1", &v, &e);
    assert_string_equal(e.msg, "\"4.0.1 BP1\" is not a version such as 4.2.3");
}

static int cmp(const char *a, const char *b)
{
    struct version va, vb;
    assert_int_equal(version_parse(a, &va, NULL) | version_parse(b, &vb, NULL), 0);
    int ab = version_cmp(&va, &vb);
    assert_int_equal(ab, -version_cmp(&vb, &va));
    return ab;
}

static void compares(void **state)
{
    assert_int_equal(cmp("4.0.2", "4.0.2"), 0);
    assert_int_equal(cmp("4", "4.0.0.0"), 0);
    assert_int_equal(cmp("V4.2.2-CE", "4.2.2"), 0);
    assert_int_equal(cmp("4.0.2", "4.0.10"), -1);
    assert_int_equal(cmp("4.0.2", "4.0.2.1"), -1);
    assert_int_equal(cmp("10", "9.9.9.9"), 1);
}

static int in(const char *v, const char *range)
{
    struct version x;
    struct err e;
    assert_int_equal(version_parse(v, &x, &e), 0);
    return version_in(&x, range, &e);
}

static void ranges(void **state)
{
    static const char r[] = ">=3.2.1, <4.2.3";
    assert_int_equal(in("3.2.1", r), 1);
    assert_int_equal(in("4.2.2.9", r), 1);
    assert_int_equal(in("3.2.0", r), 0);
    assert_int_equal(in("4.2.3", r), 0);
    assert_int_equal(in("5", "> 4.9"), 1);
    assert_int_equal(in("5", ">5"), 0);
    assert_int_equal(in("5", "<=5,>=5"), 1);
    assert_int_equal(in("5.0.1", "<=5"), 0);
    assert_int_equal(in("5.0", "=5"), 1);
    assert_int_equal(in("5.0.1", "= 5"), 0);
    static const char *const bad[] = {"",    ">",      "4.2",   "=",      "==4",   ">=4,", ",>=4",
                                      "=>4", ">=4 <5", "<9, x", ">=4;<5", "<1, <", "~4",   "<4bp1"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (in("5", bad[i]) != ERR_INPUT)
            fail_msg("accepted \"%s\"", bad[i]);
}

static void tells_of_images(void **state)
{
    static const struct {
        const char *image, *is;
    } images[] = {
        {"work.oceanbase-dev.com/obartifact-store/oms:feature_4.2.3", "4.2.3"},
        {"reg/oms:4.0.2", "4.0.2"},
        {"oms:V4.2.2-CE", "4.2.2"},
        {"oms:4.0.2bp2", "4.0.2"},
        {"localhost:5000/oms:feature_3.4.0_20230101", "3.4.0"},
        {"oms:4.2.3-4.2.3", "4.2.3"},
        {"oms:4.2.2-to-4.2.3", NULL}, /* two */
        {"oms:2024.01.02", NULL},     /* a date */
        {"oms:latest", NULL},
        {"oms:4.2", NULL}, /* too coarse to contradict */
        {"localhost:5000/oms", NULL},
        {"10.0.0.1:5000/oms", NULL},
        {"oms:4.2.3@sha256:0123", "4.2.3"},
        {"oms@sha256:1.2.3", NULL},
        {"reg:1.2.3/oms", NULL},
        {"oms", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(images); i++) {
        struct version v, is;
        struct err e;
        int rc = version_of_image(images[i].image, &v, &e);
        if (!images[i].is) {
            if (rc != ERR_NOT_FOUND)
                fail_msg("%s tells a version", images[i].image);
            continue;
        }
        if (rc)
            fail_msg("%s", e.msg);
        version_parse(images[i].is, &is, NULL);
        assert_int_equal(version_cmp(&v, &is), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses),
        cmocka_unit_test(compares),
        cmocka_unit_test(ranges),
        cmocka_unit_test(tells_of_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
