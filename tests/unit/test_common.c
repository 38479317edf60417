/* What both programs stand on: errors, buffers, secrets, the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/buf.h"
#include "common/err.h"
#include "common/file.h"
#include "common/log.h"
#include "common/secret.h"
#include "common/utf8.h"

/* Whole characters of at most three bytes, as these tests use. */
static bool is_utf8(const char *s)
{
    for (const unsigned char *p = (const unsigned char *)s; *p;) {
        unsigned more = *p < 0x80 ? 0 : (*p & 0xE0) == 0xC0 ? 1 : (*p & 0xF0) == 0xE0 ? 2 : 9;
        if (more == 9)
            return false;
        for (p++; more; more--, p++)
            if ((*p & 0xC0) != 0x80)
                return false;
    }
    return true;
}

static void a_long_message_is_cut_between_characters(void **state)
{
    static const char *const filler[] = {"x", "é", "…"};
    for (size_t f = 0; f < 3; f++)
        for (size_t lead = 0; lead < 4; lead++)
            for (size_t n = 1000; n < 1040; n++) {
                struct err e;
                struct buf b = {0};
                for (size_t i = 0; i < lead; i++)
                    buf_puts(&b, "a");
                while (b.len < n)
                    buf_puts(&b, filler[f]);
                assert_int_equal(err_set(&e, ERR_INPUT, "%s", b.data), ERR_INPUT);
                assert_true(strlen(e.msg) < sizeof e.msg);
                assert_true(is_utf8(e.msg));
                if (b.len < sizeof e.msg) {
                    assert_string_equal(e.msg, b.data);
                } else {
                    assert_string_equal(e.msg + strlen(e.msg) - 3, "…");
                    assert_memory_equal(e.msg, b.data, strlen(e.msg) - 3);
                    assert_true(strlen(e.msg) > sizeof e.msg - 8);
                }
                buf_free(&b);
            }
}

static void a_prefix_is_put_in_front(void **state)
{
    struct err e;
    err_set(&e, ERR_JOURNAL, "no such table");
    assert_int_equal(err_prefix(&e, "%s %d", "row", 7), ERR_JOURNAL);
    assert_string_equal(e.msg, "row 7: no such table");
    for (int i = 0; i < 200; i++)
        err_prefix(&e, "é%d", i);
    assert_true(is_utf8(e.msg) && strlen(e.msg) < sizeof e.msg);
    assert_int_equal(e.code, ERR_JOURNAL);
    assert_string_equal(e.hint, "");
    assert_int_equal(err_hint(&e, "omsupctl status %d", 7), ERR_JOURNAL);
    assert_string_equal(e.hint, "omsupctl status 7");
    err_prefix(&e, "a prefix leaves it");
    assert_string_equal(e.hint, "omsupctl status 7");
    err_hint(&e, "%0300d", 7); /* half a command is none */
    assert_string_equal(e.hint, "");
    err_hint(&e, "old");
    err_set(&e, ERR_STATE, "a new error");
    assert_string_equal(e.hint, "");
    err_hint(NULL, "nobody asks");
    assert_int_equal(err_set(NULL, ERR_STATE, "nobody asks"), ERR_STATE);
    err_prefix(NULL, "nobody");
}

static void codes_have_names_and_come_back(void **state)
{
    static const int codes[] = {
#define ERR(name, rpc, exit, text) ERR_##name,
#include "common/errors.def"
#undef ERR
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        assert_int_equal(err_from_rpc(err_rpc(codes[i])), codes[i]);
        assert_true(err_exit(codes[i]) > 0 && err_exit(codes[i]) < 126);
        assert_true(err_name(codes[i])[0] && err_text(codes[i])[0]);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(err_rpc(codes[i]), err_rpc(codes[k]));
    }
    assert_int_equal(err_from_rpc(12345), ERR_INTERNAL);
    assert_string_equal(err_name(-99999), "INTERNAL");
    assert_string_equal(err_name(3), "INTERNAL");
}

static void a_buffer_grows_and_is_always_a_string(void **state)
{
    struct buf b = {0};
    assert_string_equal(buf_str(&b), "");
    char *empty = buf_take(&b);
    assert_string_equal(empty, "");
    free(empty);
    buf_consume(&b, 0);
    buf_add(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_int_equal(b.data[3], 0);
    for (int i = 0; i < 10000; i++)
        buf_printf(&b, "%04d", i);
    assert_int_equal(b.len, 40003);
    assert_int_equal(strlen(b.data + 3), 40000);
    buf_consume(&b, 3 + 39996);
    assert_string_equal(buf_str(&b), "9999");
    buf_consume(&b, 4);
    assert_string_equal(buf_str(&b), "");
    buf_puts(&b, "again");
    char *s = buf_take(&b);
    assert_string_equal(s, "again");
    assert_null(b.data);
    free(s);
    buf_free(&b);
    buf_free(&b);
}

static void scrub(const char *secret, const char *in, size_t len, const char *out, size_t out_len)
{
    struct secret *s = secret_new(secret, strlen(secret));
    char text[200];
    memcpy(text, in, len);
    secret_scrub(s, text, &len);
    assert_int_equal(len, out_len);
    assert_memory_equal(text, out, out_len);
    secret_wipe(s);
}

static void a_secret_is_scrubbed_wherever_it_stands(void **state)
{
#define SCRUB(secret, in, out) scrub(secret, in, sizeof(in) - 1, out, sizeof(out) - 1)
    SCRUB("hunter2", "the password is hunter2", "the password is ***");
    SCRUB("hunter2", "hunter2hunter2", "******");
    SCRUB("hunter2", "hunter", "hunter");
    SCRUB("hunter2", "", "");
    SCRUB("hunter2", "a\0hunter2\0b", "a\0***\0b");
    SCRUB("aaaa", "aaaaaaa", "***aaa");
    SCRUB("pä'ss\"w", "x pä'ss\"w y", "x *** y");
    SCRUB("abc", "abc is too short to look for", "abc is too short to look for");
    SCRUB("abcd", "abcabcd", "abc***");
    size_t len = 3;
    char text[] = "abc";
    secret_scrub(NULL, text, &len);
    assert_string_equal(text, "abc");
}

static void a_secret_is_copied_and_wiped(void **state)
{
    struct secret *s = secret_new("s3\0cret", 7), *c = secret_copy(s), *none = secret_new(NULL, 0);
    assert_int_equal(secret_len(none), 0); /* an empty password */
    assert_string_equal(secret_use(none), "");
    secret_wipe(none);
    secret_wipe(s);
    assert_int_equal(secret_len(c), 7);
    assert_memory_equal(secret_use(c), "s3\0cret", 8);
    secret_wipe(c);
    secret_wipe(NULL);
    assert_null(secret_copy(NULL));
}

/* What log_line() writes, in a pipe in place of stderr; journald reads there, or the pipe is anybody's. */
static void logged_to(bool journald, char *out, size_t size, enum log_level level, const char *text)
{
    struct stat st;
    int fds[2], err = dup(STDERR_FILENO);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fstat(fds[1], &st), 0);
    char *stream = xasprintf("%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino + !journald);
    setenv("JOURNAL_STREAM", stream, 1); /* a service manager's, also when it was meant for another stream */
    free(stream);
    assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
    close(fds[1]);
    log_line(level, "%s", text);
    assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
    close(err);
    ssize_t n = read(fds[0], out, size - 1);
    close(fds[0]);
    out[n > 0 ? n : 0] = '\0';
    unsetenv("JOURNAL_STREAM");
}

static void logged(char *out, size_t size, enum log_level level, const char *text)
{
    logged_to(true, out, size, level, text);
}

static void only_journald_gets_priorities(void **state)
{
    char out[100];
    log_set_level(LOG_L_INFO);
    logged_to(false, out, sizeof out, LOG_L_ERROR, "a");
    assert_string_equal(out, "error: a\n");
    logged_to(false, out, sizeof out, LOG_L_INFO, "a");
    assert_string_equal(out, "a\n");
    logged_to(true, out, sizeof out, LOG_L_WARN, "a");
    assert_string_equal(out, "<4>warning: a\n");
}

static void a_line_of_the_log_is_one_line(void **state)
{
    char out[9000], big[6000];
    log_set_level(LOG_L_INFO);
    logged(out, sizeof out, LOG_L_ERROR, "a\nb\r\x1b[31mc\x7f");
    assert_string_equal(out, "<3>error: a\\x0ab\\x0d\\x1b[31mc\\x7f\n");
    logged(out, sizeof out, LOG_L_INFO, "grün");
    assert_string_equal(out, "<6>grün\n");
    logged(out, sizeof out, LOG_L_DEBUG, "not now");
    assert_string_equal(out, "");
    log_set_level(LOG_L_DEBUG);
    logged(out, sizeof out, LOG_L_DEBUG, "now");
    assert_string_equal(out, "<7>debug: now\n");
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    logged(out, sizeof out, LOG_L_WARN, big);
    assert_int_equal(strcspn(out, "\n"), strlen(out) - 1);
    log_set_level(LOG_L_INFO);
}

static void a_part_of_a_secret_is_found_at_a_cut(void **state)
{
    struct secret *s = secret_new("abcab", 5), *tiny = secret_new("abc", 3);
    static const struct {
        const char *text;
        size_t begun, rest;
    } rows[] = {{"", 0, 0},  {"x", 0, 0},   {"xa", 1, 0},    {"xabca", 4, 0}, {"xabcab", 2, 0},
                {"b", 0, 1}, {"abx", 0, 2}, {"bcabx", 0, 4}, {"bcab", 2, 4},  {"a", 1, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(secret_begun(s, rows[i].text, strlen(rows[i].text)), rows[i].begun);
        assert_int_equal(secret_rest(s, rows[i].text, strlen(rows[i].text)), rows[i].rest);
    }
    assert_int_equal(secret_at(s, "abcabx", 6), 5);
    assert_int_equal(secret_at(s, "abcab", 4), 0);
    assert_int_equal(secret_at(tiny, "abc", 3) + secret_begun(tiny, "ab", 2) + secret_rest(tiny, "bc", 2), 0);
    assert_int_equal(secret_at(NULL, "abc", 3) + secret_begun(NULL, "ab", 2) + secret_rest(NULL, "bc", 2), 0);
    secret_wipe(s);
    secret_wipe(tiny);
}

static void what_is_no_character_is_replaced(void **state)
{
    static const struct {
        const char *text, *clean;
    } rows[] = {{"caf\xC3\xA9", "caf\xC3\xA9"},
                {"\xF0\x9F\x98\x80.", "\xF0\x9F\x98\x80."},
                {"caf\xE9 x", "caf\xEF\xBF\xBD x"},
                {"\xC0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"\xE0\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
                {"x\xE3\x82", "x\xEF\xBF\xBD\xEF\xBF\xBD"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf b = {0};
        utf8_add(&b, rows[i].text, strlen(rows[i].text));
        assert_string_equal(buf_str(&b), rows[i].clean);
        assert_true(utf8_clean(b.data, b.len));
        assert_int_equal(utf8_clean(rows[i].text, strlen(rows[i].text)), strcmp(rows[i].text, rows[i].clean) == 0);
        buf_free(&b);
    }
    assert_false(utf8_clean("a\0b", 3));
    static const char *const cut[] = {"x", "\xC3\xA9", "\xE3\x82\xB9", "\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < 4; i++)
        for (size_t n = 1; n <= strlen(cut[i]); n++)
            assert_int_equal(utf8_whole(cut[i], n), n == strlen(cut[i]) ? n : 0);
    assert_int_equal(utf8_whole("\xA9\xA9\xA9\xA9", 4), 4);
    static const uint32_t points[] = {'x', 0xE9, 0x30B9, 0x1F600};
    for (size_t i = 0; i < 4; i++) {
        uint32_t point = 0;
        assert_int_equal(utf8_decode(cut[i], strlen(cut[i]), &point), strlen(cut[i]));
        assert_int_equal(point, points[i]);
        assert_int_equal(utf8_decode(cut[i], strlen(cut[i]) - 1, &point), 0);
        assert_int_equal(point, points[i]);
    }
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    enum { MAX = 2048 };
    char dir[] = "/tmp/test_common.XXXXXX", path[64], text[MAX + 1];
    size_t len;
    struct err e;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/file", dir);
    assert_int_equal(file_read(path, text, MAX, &len, &e), ERR_NOT_FOUND);
    static const size_t sizes[] = {0, 1, MAX, MAX + 1};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        FILE *f = fopen(path, "we");
        for (size_t n = 0; n < sizes[i]; n++)
            fputc('x', f);
        fclose(f);
        int rc = file_read(path, text, MAX, &len, &e);
        assert_int_equal(rc, sizes[i] > MAX ? ERR_INPUT : 0);
        if (rc == 0) {
            assert_int_equal(len, sizes[i]);
            assert_int_equal(strlen(text), len);
        } else {
            assert_non_null(strstr(e.msg, "/file is larger than 2 KiB"));
        }
    }
    unlink(path);
    /* Nobody writes to it: an open that waits would wait for ever. */
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_read(path, text, MAX, &len, &e), ERR_INPUT);
    assert_non_null(strstr(e.msg, "/file is not a file"));
    unlink(path);
    assert_int_equal(file_read(dir, text, MAX, &len, &e), ERR_INPUT);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_secret_is_found_at_a_cut),
        cmocka_unit_test(what_is_no_character_is_replaced),
        cmocka_unit_test(a_file_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_prefix_is_put_in_front),
        cmocka_unit_test(codes_have_names_and_come_back),
        cmocka_unit_test(a_buffer_grows_and_is_always_a_string),
        cmocka_unit_test(a_secret_is_scrubbed_wherever_it_stands),
        cmocka_unit_test(a_secret_is_copied_and_wiped),
        cmocka_unit_test(a_line_of_the_log_is_one_line),
        cmocka_unit_test(only_journald_gets_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
