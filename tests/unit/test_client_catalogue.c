/* client/lang/catalogue: files as msgfmt writes them on either kind of machine, and files that are wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/lang/catalogue.h"
#include "common/array.h"
#include "common/buf.h"

struct entry {
    const char *key, *meaning;
    size_t key_len, meaning_len;
};
#define ENTRY(key, meaning)                                                                                            \
    {                                                                                                                  \
        key, meaning, sizeof key - 1, sizeof meaning - 1                                                               \
    }
#define HEADER(forms) ENTRY("", "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=" forms ";\n")

static char path[] = "/tmp/omsup-catalogue-XXXXXX";

static void put(struct buf *b, uint32_t w, bool swapped)
{
    w = swapped ? __builtin_bswap32(w) : w;
    buf_add(b, &w, sizeof w);
}

/* Entries are sorted, as msgfmt sorts them. */
static void make(struct buf *b, const struct entry *entries, uint32_t n, bool swapped)
{
    const uint32_t head[] = {0x950412de, 0, n, 28, 28 + 8 * n, 0, 0};
    struct buf texts = {0};
    for (size_t i = 0; i < ARRAY_LEN(head); i++)
        put(b, head[i], swapped);
    for (unsigned table = 0; table < 2; table++)
        for (uint32_t i = 0; i < n; i++) {
            size_t len = table ? entries[i].meaning_len : entries[i].key_len;
            put(b, (uint32_t)len, swapped);
            put(b, (uint32_t)(28 + 16 * n + texts.len), swapped);
            buf_add(&texts, table ? entries[i].meaning : entries[i].key, len + 1);
        }
    buf_add(b, texts.data, texts.len);
    buf_free(&texts);
}

static struct catalogue *open_bytes(const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    return catalogue_open(path);
}

static const struct entry one_form[] = {HEADER("1"), ENTRY("amount\004%s of %s", "共"), ENTRY("hello", "你好"),
                                        ENTRY("one node\0%d nodes", "%d 个节点"), ENTRY("zoo", "动物园")};
static const struct entry two_forms[] = {HEADER("2"), ENTRY("one node\0%d nodes", "ein Knoten\0%d Knoten")};

static void texts_are_found_on_either_kind_of_machine(void **state)
{
    for (int swapped = 0; swapped < 2; swapped++) {
        struct buf b = {0};
        make(&b, one_form, ARRAY_LEN(one_form), swapped);
        struct catalogue *c = open_bytes(b.data, b.len);
        assert_non_null(c);
        assert_string_equal(catalogue_find(c, "hello"), "你好");
        assert_string_equal(catalogue_find(c, "zoo"), "动物园");
        assert_string_equal(catalogue_find(c, "amount\004%s of %s"), "共");
        assert_null(catalogue_find(c, "%s of %s"));
        assert_null(catalogue_find(c, "hell"));
        assert_null(catalogue_find(c, "zzz"));
        assert_string_equal(catalogue_find_plural(c, "one node", 1), "%d 个节点");
        assert_string_equal(catalogue_find_plural(c, "one node", 7), "%d 个节点");
        catalogue_free(c);
        buf_free(&b);
    }
    struct buf b = {0};
    make(&b, two_forms, ARRAY_LEN(two_forms), false);
    struct catalogue *c = open_bytes(b.data, b.len);
    assert_string_equal(catalogue_find_plural(c, "one node", 1), "ein Knoten");
    assert_string_equal(catalogue_find_plural(c, "one node", 0), "%d Knoten");
    assert_null(catalogue_find_plural(c, "one job", 0));
    catalogue_free(c);
    buf_free(&b);
}

static void what_is_cut_or_out_of_order_is_no_catalogue(void **state)
{
    struct buf b = {0};
    make(&b, one_form, ARRAY_LEN(one_form), false);
    for (size_t len = 0; len < b.len; len++)
        assert_null(open_bytes(b.data, len));
    buf_free(&b);
    const struct entry twice[] = {HEADER("1"), ENTRY("a", "1"), ENTRY("a", "2")};
    make(&b, twice, ARRAY_LEN(twice), false);
    assert_null(open_bytes(b.data, b.len));
    buf_free(&b);
    assert_null(catalogue_open("/none"));
    assert_null(catalogue_open("/tmp"));
}

/* Whatever a byte becomes, nothing outside the file is read (the sanitizers see it). */
static void any_byte_may_be_wrong(void **state)
{
    struct buf b = {0};
    make(&b, one_form, ARRAY_LEN(one_form), false);
    for (size_t at = 0; at < b.len; at++)
        for (unsigned change = 1; change < 256; change *= 2) {
            b.data[at] = (char)(b.data[at] ^ (char)change);
            struct catalogue *c = open_bytes(b.data, b.len);
            for (size_t i = 0; c && i < ARRAY_LEN(one_form); i++) {
                const char *found = catalogue_find_plural(c, one_form[i].key, i);
                if (found)
                    assert_true(strlen(found) < b.len);
            }
            catalogue_free(c);
            b.data[at] = (char)(b.data[at] ^ (char)change);
        }
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_are_found_on_either_kind_of_machine),
                                       cmocka_unit_test(what_is_cut_or_out_of_order_is_no_catalogue),
                                       cmocka_unit_test(any_byte_may_be_wrong)};
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
