/* Arguments, addresses, suggestions, text: what comes from the keyboard. And the tables: complete, and as documented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cli/cli.h"
#include "client/cmd/cmd.h"
#include "client/show/show.h"
#include "common/alloc.h"

static int parse(struct args *a, struct err *e, const char **argv)
{
    int n = 0;
    while (argv[n])
        n++;
    return args_parse(n, (char **)argv, a, e);
}
#define ARGV(...) ((const char *[]){"omsupctl", __VA_ARGS__, NULL})

static void good_arguments(void **state)
{
    struct args a;
    struct err e = {0};
    assert_int_equal(parse(&a, &e, ARGV("retry", "--reason=a=b", "7", "-y", "--force", "backup/x", "--socket", "/s")),
                     0);
    assert_int_equal(a.n, 3);
    assert_string_equal(a.words[2], "backup/x");
    assert_null(a.words[3]);
    assert_string_equal(a.opt[OPT_REASON], "a=b");
    assert_string_equal(a.opt[OPT_SOCKET], "/s");
    assert_non_null(a.opt[OPT_YES]);
    assert_non_null(a.opt[OPT_FORCE]);
    assert_null(a.opt[OPT_JSON]);
    args_free(&a);
    assert_int_equal(parse(&a, &e, ARGV("logs", "-fv", "--", "--force", "-")), 0);
    assert_non_null(a.opt[OPT_FOLLOW]);
    assert_non_null(a.opt[OPT_VERBOSE]);
    assert_null(a.opt[OPT_FORCE]);
    assert_int_equal(a.n, 3);
    args_free(&a);
    assert_int_equal(parse(&a, &e, ARGV("discover", "--ssh", "a", "b", "--ssh=c", "-oF")), 0);
    assert_int_equal(a.n, 4);
    assert_string_equal(a.words[1], "a");
    assert_string_equal(a.words[3], "c");
    assert_string_equal(a.opt[OPT_OUTPUT], "F");
    args_free(&a);
}

static void bad_arguments(void **state)
{
    static const struct {
        const char *word, *says;
    } rows[] = {
        {"--fource", "--fource; did you mean --force?"},
        {"--jsn", "did you mean --json?"},
        {"--joob", "unknown option --joob; did you mean --json?"},
        {"--timeout30", "did you mean --timeout?"},
        {"--reasontext", "did you mean --reason?"},
        {"--zzzzzz", "omsupctl --help"},
        {"--job7", "unknown option --job7"},
        {"--reason", "needs a value"},
        {"--json=1", "takes no value"},
        {"-Z", "unknown option -Z"},
        {"-jx", "unknown option -j; did you mean --json?"},
        {"-json", "unknown option -json; did you mean --json?"},
        {"-v7", "unknown option -7"},
        {"--=x", "unknown option --"},
        {"-r", "needs a value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct args a;
        struct err e = {0};
        assert_int_equal(parse(&a, &e, ARGV("status", rows[i].word)), ERR_USAGE);
        if (!strstr(e.msg, rows[i].says))
            fail_msg("%s: \"%s\"", rows[i].word, e.msg);
        args_free(&a);
    }
    struct args a;
    struct err e = {0};
    assert_int_equal(parse(&a, &e, ARGV("skip", "--reason", "a", "--reason", "b")), ERR_USAGE);
    args_free(&a);
}

static void commands_are_suggested(void **state)
{
    static const char *const rows[][2] = {{"statsu", "status"}, {"stat", "status"},   {"roll", "rollback"},
                                          {"lst", "list"},      {"cancle", "cancel"}, {"rename", "rename-project"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct err e = {0};
        char *want = xasprintf("did you mean %s?", rows[i][1]);
        assert_int_equal(command_unknown(commands, rows[i][0], &e), ERR_USAGE);
        if (!strstr(e.msg, want))
            fail_msg("%s: \"%s\"", rows[i][0], e.msg);
        free(want);
    }
    struct err e = {0};
    command_unknown(commands, "upgradeeverything", &e);
    assert_null(strstr(e.msg, "did you mean"));
}

static void addresses(void **state)
{
    static const struct {
        const char *job, *at, *step, *subtask;
    } good[] = {{"7", NULL, NULL, NULL},
                {"007", "backup", "backup", NULL},
                {"7", "backup/rm_402", "backup", "rm_402"},
                {"7", "precheck/docker/oms1", "precheck", "docker/oms1"}};
    static const char *const bad[][2] = {{"x", NULL}, {"", NULL},   {"-1", NULL},
                                         {"0", NULL}, {"7x", NULL}, {"9999999999999999", NULL},
                                         {"7", ""},   {"7", "/x"},  {"7", "x/"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct address a;
        struct err e = {0};
        char *words[] = {(char *)good[i].job, (char *)good[i].at, NULL};
        assert_int_equal(address_parse(words, good[i].at ? 2 : 1, &a, &e), 0);
        assert_int_equal(a.job, 7);
        assert_true(good[i].step ? strcmp(a.step, good[i].step) == 0 : !a.step);
        assert_true(good[i].subtask ? strcmp(a.subtask, good[i].subtask) == 0 : !a.subtask);
        address_free(&a);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct address a;
        struct err e = {0};
        char *words[] = {(char *)bad[i][0], (char *)bad[i][1], NULL};
        assert_int_equal(address_parse(words, bad[i][1] ? 2 : 1, &a, &e), ERR_USAGE);
        address_free(&a);
    }
}

static void text_is_escaped_and_measured(void **state)
{
    struct term pipe_ = {0}, ascii = {.tty = true, .width = 80, .height = 24}, t;
    struct buf b = {0};
    term_init(&t, false);
    static const char *const rows[][3] = {
        /* given, in a pipe, on a terminal that is not UTF-8 */
        {"a\nb\tc\033[1m\x7f", "a\\nb c\\x1b[1m\\x7f", "a\\nb c\\x1b[1m\\x7f"},
        {"\xe2\x9c\x93 ok", "\xe2\x9c\x93 ok", "? ok"},
        {"\xc2\x9b"
         "2J",
         "\\u009b2J", "\\u009b2J"},
        {"\xff\xc0\x80\xed\xa0\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80"},
        {"\xe2\x80\xae"
         "evil",
         "\\u202eevil", "\\u202eevil"},
        {"\xe6\x95", "\\xe6\\x95", "\\xe6\\x95"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int k = 0; k < 2; k++) {
            text_add(&b, k ? &ascii : &pipe_, rows[i][0]);
            assert_string_equal(buf_str(&b), rows[i][1 + k]);
            b.len = 0;
        }
    assert_int_equal(text_width("\xe6\x95\xb0\xe6\x8d\xae", 6), 4);
    assert_int_equal(text_width("e\xcc\x81", 3), 1);
    assert_int_equal(text_width("\033[1;31mab\033[0m", 13), 2);
    struct term narrow = {.tty = true, .utf8 = true, .width = 20, .height = 24};
    b.len = 0;
    buf_puts(&b, "\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6"
                 "\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\nshort\n");
    text_cut(&b, &narrow, 0); /* a wide character is not cut in half */
    assert_string_equal(buf_str(&b), "\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95\xb0\xe6\x95"
                                     "\xb0\xe6\x95\xb0\xe6\x95\xb0\xe2\x80\xa6\nshort\n");
    b.len = 0;
    buf_puts(&b, "  one two three four five");
    text_wrap(&b, &narrow, 0, 4);
    assert_string_equal(buf_str(&b), "  one two three four\n    five");
    b.len = 0;
    buf_puts(&b, "abcdefghijklmnopqrstuvwxyz");
    text_wrap(&b, &narrow, 0, 2);
    assert_string_equal(buf_str(&b), "abcdefghijklmnopqrst\n  uvwxyz");
    buf_free(&b);
}

static void quantities(void **state)
{
    static const struct {
        double v;
        const char *text;
    } times[] = {{0, "0:00"},       {59.9, "0:59"},         {60, "1:00"}, {3599, "59:59"},
                 {3600, "1:00:00"}, {93784, "1d 02:03:04"}, {-1, "-"},    {1e300, "-"}},
      bytes[] = {{0, "0 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"}, {150e9, "140 GiB"}, {-5, "-"}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++, b.len = 0) {
        quantity_time(&b, times[i].v);
        assert_string_equal(buf_str(&b), times[i].text);
    }
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++, b.len = 0) {
        quantity_bytes(&b, bytes[i].v);
        assert_string_equal(buf_str(&b), bytes[i].text);
    }
    buf_free(&b);
}

static char *repository_file(const char *name)
{
    char *path = xasprintf("%s/../../%s", TEST_DATA, name);
    struct buf b = {0};
    char chunk[4096];
    size_t n;
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s is missing", path);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    free(path);
    return buf_take(&b);
}

static void must_hold(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("omsupctl.1 does not tell of \"%s\"", what);
}

static void manual_is_complete(void **state)
{
    char *man = repository_file("contrib/man/omsupctl.1"), *what;
    for (size_t i = 0; commands[i]; i++) {
        if (commands[i]->hidden)
            continue;
        must_hold(man, what = xasprintf(".It Cm %s", commands[i]->name));
        free(what);
    }
    for (int o = 0; o < N_OPTIONS; o++) {
        must_hold(man, what = xasprintf("Fl -%s", option_rows[o].text));
        free(what);
    }
#define EXIT(name, status, text) must_hold(man, ".It " #status "\n");
#include "client/cli/exit.def"
#undef EXIT
    free(man);
}

/* errors.def and exit.def tell the same. */
static void exit_statuses_agree(void **state)
{
#define ERR(name, rpc, exit, text) assert_true(exit >= 1 && exit <= STATUS_UNREACHABLE);
#include "common/errors.def"
#undef ERR
    assert_int_equal(err_exit(ERR_USAGE), STATUS_USAGE);
    assert_int_equal(err_exit(ERR_NOT_FOUND), STATUS_NOT_FOUND);
    assert_int_equal(err_exit(ERR_STATE), STATUS_REFUSED);
    assert_int_equal(err_exit(ERR_DENIED), STATUS_DENIED);
    assert_int_equal(err_exit(ERR_NO_DAEMON), STATUS_NO_DAEMON);
    assert_int_equal(err_exit(ERR_PROTOCOL), STATUS_NO_DAEMON);
    assert_int_equal(err_exit(ERR_METADB), STATUS_UNREACHABLE);
}

static void commands_are_whole(void **state)
{
    for (size_t i = 0; commands[i]; i++) {
        const struct command *c = commands[i];
        assert_non_null(c->run);
        assert_true(c->min <= c->max && *c->summary);
        assert_ptr_equal(command_find(commands, c->name), c);
        for (const enum option *o = c->options; o && *o != N_OPTIONS; o++)
            assert_true(*o > OPT_GLOBAL_LAST && *o < N_OPTIONS);
    }
    for (int o = OPT_GLOBAL_LAST + 1; o < N_OPTIONS; o++) { /* every option belongs to some command */
        size_t users = 0;
        for (size_t i = 0; commands[i]; i++)
            users += command_takes(commands[i], (enum option)o);
        assert_true(users > 0);
    }
}

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("LANGUAGE");
    setenv("TZ", "CST-8", 1); /* China Standard Time: eight hours east */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_arguments),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(commands_are_suggested),
        cmocka_unit_test(addresses),
        cmocka_unit_test(text_is_escaped_and_measured),
        cmocka_unit_test(quantities),
        cmocka_unit_test(manual_is_complete),
        cmocka_unit_test(exit_statuses_agree),
        cmocka_unit_test(commands_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
