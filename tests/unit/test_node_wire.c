#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/node/wire.h"

static const char nonce[] = "0123456789abcdef0123456789abcdef";

static struct wire_line parse(const char *s) { return wire_parse(s, strlen(s), nonce); }

static void good_lines(void **state)
{
    struct wire_line l = parse("hello 1 0123456789abcdef0123456789abcdef 8bd0-f00");
    assert_int_equal(l.kind, WIRE_HELLO);
    assert_string_equal(l.text, "8bd0-f00");
    l = parse("o 7 YQ==");
    assert_int_equal(l.kind, WIRE_OUTPUT);
    assert_int_equal(l.id, 7);
    assert_string_equal(l.text, "YQ==");
    l = parse("x 18446744073709551615 exited 255");
    assert_int_equal(l.kind, WIRE_END);
    assert_true(l.id == UINT64_MAX);
    assert_int_equal(l.end, WIRE_EXITED);
    assert_int_equal(l.exit, 255);
    static const char *const word[] = {"alive", "never", "lost", "gone", "pending"};
    for (int i = 0; i < 5; i++) {
        char *s = xasprintf("x 1 %s", word[i]);
        l = parse(s);
        assert_int_equal(l.kind, WIRE_END);
        assert_int_equal(l.end, WIRE_ALIVE + i);
        free(s);
    }
    assert_int_equal(parse("pong").kind, WIRE_PONG);
    l = parse("taken omsup-1-ab 2 cd 2026-01-01T00:00:00Z ctl");
    assert_int_equal(l.kind, WIRE_TAKEN);
    assert_string_equal(l.text, "omsup-1-ab 2 cd 2026-01-01T00:00:00Z ctl");
    l = parse("fail cannot write");
    assert_int_equal(l.kind, WIRE_FAIL);
    assert_string_equal(l.text, "cannot write");
}

static void bad_lines(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "o",
                                      "o 7",
                                      "o 7 ",
                                      "o x YQ==",
                                      "o -1 YQ==",
                                      "o 18446744073709551616 YQ==",
                                      "oo 7 YQ==",
                                      "x",
                                      "x 1",
                                      "x 1 ",
                                      "x 1 exited",
                                      "x 1 exited ",
                                      "x 1 exited 256",
                                      "x 1 exited -1",
                                      "x 1 exited 0 ",
                                      "x 1 exited 0 0",
                                      "x 1 exited 99999999999999999999",
                                      "x 1 alive ",
                                      "x 1 Alive",
                                      "x  1 alive",
                                      "x 1 dead",
                                      "pong ",
                                      "taken",
                                      "taken ",
                                      "pongs",
                                      "hello",
                                      "hello 1",
                                      "hello 2 0123456789abcdef0123456789abcdef 8b",
                                      "hello 1 0123456789abcdef0123456789abcdee 8b",
                                      "hello 1 0123456789abcdef0123456789abcdef ",
                                      "hello 1 0123456789abcdef0123456789abcdef 8B!",
                                      "hello 1 0123456789abcdef0123456789abcdef0 8b",
                                      "hello 1 0123456789abcdef0123456789abcdef 0123456789abcdef0123456789abcdef01234",
                                      "HELLO 1",
                                      "look 1 a"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(parse(bad[i]).kind, WIRE_BAD);
    assert_int_equal(wire_parse("pong\0x", 6, nonce).kind, WIRE_BAD);
    char *longer = xcalloc(WIRE_LINE_MAX + 2, 1);
    memset(longer, 'A', WIRE_LINE_MAX + 1);
    memcpy(longer, "o 1 ", 4);
    assert_int_equal(parse(longer).kind, WIRE_BAD);
    longer[WIRE_LINE_MAX] = '\0';
    assert_int_equal(parse(longer).kind, WIRE_OUTPUT);
    free(longer);
}

static void base64(void **state)
{
    static const char *const bad[] = {
        "",     "Y",    "YQ",   "YQ=",    "YQ==YQ==", "Y===", "====",  "YR==",
        "YWF=", "Y!==", "YQ= ", "YWE=\n", "=YWE",     "Y=E=", "YWJj=", "\377\377\377\377"};
    struct buf b = {0};
    assert_true(wire_base64(&b, "AP+A"));
    assert_true(wire_base64(&b, "YWI="));
    assert_true(wire_base64(&b, "Yw=="));
    assert_int_equal(b.len, 6);
    assert_memory_equal(b.data, "\0\377\200abc", 6);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(wire_base64(&b, bad[i]));
    buf_free(&b);
}

static void payload(void **state)
{
    struct buf b = {0};
    wire_payload(&b, "a \\\n\0\3777", 7);
    assert_string_equal(buf_str(&b), "a \\0134\\0012\\0000\\03777\n");
    buf_free(&b);
    struct secret *s = secret_new("p\\w\n", 4);
    size_t size;
    char *t = wire_secret(s, &size);
    assert_int_equal(size, 13);
    assert_memory_equal(t, "p\\0134w\\0012\n", 13);
    free(t);
    secret_wipe(s);
}

static void script(void **state)
{
    struct buf b = {0};
    wire_script(&b, &(struct node_script){.script = "exit"});
    assert_string_equal(buf_str(&b), "exit\n");
    buf_free(&b);
    const char *env[] = {"A=it's", "B_2=", "C=$x `y`\\", NULL};
    wire_script(&b, &(struct node_script){.env = env, .script = "exit\n"});
    assert_string_equal(buf_str(&b), "export A='it'\\''s' B_2='' C='$x `y`\\'; exit\n");
    buf_free(&b);
}

static void tokens(void **state)
{
    assert_true(wire_token_ok("a-B_9.x"));
    static const char *const bad[] = {
        "",    ".",        "..",
        "-x",  "a/b",      "a b",
        "a\n", "\303\244", "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(wire_token_ok(bad[i]));
}

static void printable(void **state)
{
    struct buf b = {0};
    const char in[] = "a\033\n\302\205\303\244\303(\355\240\200\360\237\230\200";
    wire_printable(&b, in, sizeof in - 1, 100);
    assert_string_equal(buf_str(&b), "a???\303\244?(???\360\237\230\200");
    buf_free(&b);
    wire_printable(&b, "ab\303\244", 4, 3); /* never half a character */
    assert_string_equal(buf_str(&b), "ab");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_lines), cmocka_unit_test(bad_lines), cmocka_unit_test(base64),
        cmocka_unit_test(payload),    cmocka_unit_test(script),    cmocka_unit_test(tokens),
        cmocka_unit_test(printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
