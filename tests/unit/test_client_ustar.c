/* An archive that tar(1) reads: e2e/support lets it. Here: the same bytes for the same files, and names that do not
 * fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/report/ustar.h"

static void files_are_whole_blocks(void **state)
{
    struct buf a = {0}, b = {0};
    char full[512];
    memset(full, 'x', sizeof full);
    for (int i = 0; i < 2; i++) {
        struct buf *t = i ? &b : &a;
        assert_true(ustar_add(t, "dir/empty", 7, "", 0));
        assert_int_equal(t->len, 512);
        assert_true(ustar_add(t, "dir/one", 7, "1", 1));
        assert_int_equal(t->len, 3 * 512);
        assert_true(ustar_add(t, "dir/full", -7, full, sizeof full));
        assert_int_equal(t->len, 5 * 512);
        ustar_end(t);
        assert_int_equal(t->len, 20 * 512);
    }
    assert_memory_equal(a.data, b.data, a.len);
    assert_string_equal(a.data, "dir/empty");
    assert_string_equal(a.data + 100, "0000600");
    assert_string_equal(a.data + 512 + 124, "00000000001");
    assert_string_equal(a.data + 136, "00000000007");
    assert_memory_equal(a.data + 257, "ustar\00000", 8);
    unsigned sum = 0;
    for (size_t i = 0; i < 512; i++)
        sum += i >= 148 && i < 156 ? ' ' : (unsigned char)a.data[i];
    assert_int_equal(strtoul(a.data + 148, NULL, 8), sum);
    buf_free(&a);
    buf_free(&b);
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
    struct buf b = {0};
    char name[USTAR_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    name[USTAR_NAME_MAX] = '\0';
    assert_false(ustar_add(&b, name, 0, "x", 1));
    assert_false(ustar_add(&b, "", 0, "x", 1));
    assert_int_equal(b.len, 0);
    assert_true(ustar_add(&b, name + 1, 0, "x", 1));
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_whole_blocks),
                                       cmocka_unit_test(a_name_that_does_not_fit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
