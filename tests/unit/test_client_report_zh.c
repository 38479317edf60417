/* A report in Chinese: tests/data/report/zh_CN/upgrade.html. A program of its own, because a program speaks one
 * language. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/lang/lang.h"
#include "client/report/report.h"
#include "common/alloc.h"
#include "tests/unit/golden.h"

static void a_page_is_in_chinese(void **state)
{
    struct err e = {0};
    struct report r;
    struct buf b = {0};
    char *text = golden_read(TEST_DATA "/report/upgrade.json");
    assert_non_null(text);
    cJSON *doc = cJSON_Parse(text);
    free(text);
    assert_int_equal(report_complete(doc, &e), 0);
    assert_int_equal(report_open(doc, &r, &e), 0);
    assert_string_not_equal(_("Summary"), "Summary");
    report_write(&b, REPORT_PAGE, true, &r);
    assert_non_null(strstr(buf_str(&b), "lang=\"zh-CN\""));
    golden_compare(TEST_DATA "/report/zh_CN/upgrade.html", buf_str(&b));
    buf_free(&b);
    report_free(&r);
    cJSON_Delete(doc);
}

/* The catalogues of the build folder; its tests are one folder below. */
int main(void)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    *strrchr(exe, '/') = '\0';
    char *folder = xasprintf("%s/../locale", exe);
    setenv("OMSUP_LOCALE_DIR", folder, 1);
    free(folder);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LANGUAGE", "zh_CN", 1);
    lang_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_page_is_in_chinese)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
