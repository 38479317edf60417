/* Arguments, addresses, suggestions, text: what comes from the keyboard. And the tables: complete, and as documented.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "client/cli/cli.h"
#include "client/cmd/cmd.h"
#include "client/show/show.h"
#include "common/alloc.h"
#include "common/array.h"

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
        {"--jsom", "unknown option --jsom; did you mean --json?"},
        {"--joob", "unknown option --joob; did you mean --job?"},
        {"--jqqqq", "unknown option --jqqqq; to list the options"},
        {"--socket=", "--socket must not be empty"},
        {"--state=bogus", "--state must be one of Initializing, Ready, "},
        {"--type=bogus", "--type must be one of upgrade, rollback, check, rehearsal, not \"bogus\""},
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
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
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
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
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
    command_unknown(commands, "bogus", &e); /* two letters from "logs" */
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
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct address a;
        struct err e = {0};
        char *words[] = {(char *)good[i].job, (char *)good[i].at, NULL};
        assert_int_equal(address_parse(words, good[i].at ? 2 : 1, &a, &e), 0);
        assert_int_equal(a.job, 7);
        assert_true(good[i].step ? strcmp(a.step, good[i].step) == 0 : !a.step);
        assert_true(good[i].subtask ? strcmp(a.subtask, good[i].subtask) == 0 : !a.subtask);
        address_free(&a);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
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
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
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
    for (size_t i = 0; i < ARRAY_LEN(times); i++, b.len = 0) {
        quantity_time(&b, times[i].v);
        assert_string_equal(buf_str(&b), times[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++, b.len = 0) {
        quantity_bytes(&b, bytes[i].v);
        assert_string_equal(buf_str(&b), bytes[i].text);
    }
    buf_free(&b);
}

static void dates_are_local_with_their_offset(void **state)
{
    static const struct {
        const char *zone, *given, *shown;
        bool utc;
    } rows[] = {
        {"CST-8", "2026-11-24T12:13:47Z", "2026-11-24 20:13:47 +08:00", false},
        {"CST-8", "2026-11-24T12:13:47Z", "2026-11-24 12:13:47 UTC", true},
        {"CST-8", "2026-12-31T16:00:00.250Z", "2027-01-01 00:00:00.250 +08:00", false},
        {"NST3:30NDT,M3.2.0,M11.1.0", "2026-07-01T00:00:00Z", "2026-06-30 21:30:00 -02:30", false},
        {"IST-5:30", "1970-01-01T00:00:00Z", "1970-01-01 05:30:00 +05:30", false},
        {"UTC0", "2026-11-24T12:13:47Z", "2026-11-24 12:13:47 +00:00", false},
        {"CST-8", NULL, "-", false},
        {"CST-8", "yesterday", "yesterday", false},
        {"CST-8", "2026-11-24T12:13:47", "2026-11-24T12:13:47", false},
        {"CST-8", "2026-11-24T12:13:47Z ", "2026-11-24T12:13:47Z ", false},
        {"CST-8", "2026-11-24T12:13:47.12345678901234567890Z", "2026-11-24T12:13:47.12345678901234567890Z", false},
        {"CST-8", "9999999-01-01T00:00:00Z\x1b", "9999999-01-01T00:00:00Z\\x1b", false},
    };
    struct buf b = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++, b.len = 0) {
        struct term t = {.utc = rows[i].utc};
        setenv("TZ", rows[i].zone, 1);
        tzset();
        quantity_date(&b, &t, rows[i].given);
        assert_string_equal(buf_str(&b), rows[i].shown);
    }
    buf_free(&b);
    setenv("TZ", "CST-8", 1);
    tzset();
}

/* Chinese has no spaces: a line may end between any two of its characters, but no line begins with a full stop. */
static void lines_are_broken_where_they_may_be(void **state)
{
    static const struct {
        const char *text;
        size_t width;
        const char *lines[4];
    } rows[] = {
        {"one two three", 8, {"one two", "three"}},
        {"one two", 7, {"one two"}},
        {"  one two", 5, {"  one", "two"}},
        {"abcdefgh", 3, {"abc", "def", "gh"}},
        {"备份失败，请重试。", 8, {"备份失", "败，请重", "试。"}},
        {"请用omsupctl", 6, {"请用", "omsupc", "tl"}},
        {"重试（可选）", 6, {"重试", "（可", "选）"}},
        {"o\xcc\x81o\xcc\x81o", 2, {"o\xcc\x81o\xcc\x81", "o"}},
        {"一", 1, {"一"}}, /* no room even for one: it must go on all the same */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *s = rows[i].text;
        for (size_t k = 0; rows[i].lines[k]; k++) {
            size_t next, n = text_line(s, strlen(s), rows[i].width, &next);
            if (n != strlen(rows[i].lines[k]) || memcmp(s, rows[i].lines[k], n) != 0)
                fail_msg("%s, line %zu: \"%.*s\"", rows[i].text, k, (int)n, s);
            s += next;
        }
        assert_string_equal(s, "");
    }
}

static void print_table(struct buf *b, unsigned width)
{
    static const struct column columns[] = {{.title = "名称"},
                                            {.title = "Size", .leave = 2},
                                            {.title = "What", .fit = COLUMN_WRAP, .least = 8},
                                            {.title = "Last", .fit = COLUMN_CUT, .least = 6, .leave = 1}};
    static const char *const cells[] = {"数据库", "1", "a few words that are long", "the end of it", "e\xcc\x81", "22",
                                        "短",     "x"};
    struct term t = {.tty = true, .utf8 = true, .width = width};
    struct table tab;
    b->len = 0;
    table_begin(&tab, &t, columns, ARRAY_LEN(columns));
    for (size_t i = 0; i < ARRAY_LEN(cells); i++)
        table_text(&tab, cells[i]);
    table_end(&tab, b);
}

static void tables_give_way_to_the_terminal(void **state)
{
    struct buf b = {0};
    print_table(&b, 80);
    assert_string_equal(buf_str(&b), "名称    Size  What                       Last\n"
                                     "数据库  1     a few words that are long  the end of it\n"
                                     "e\xcc\x81       22    短                         x\n");
    print_table(&b, 40); /* the widest gives way first */
    assert_string_equal(buf_str(&b), "名称    Size  What          Last\n"
                                     "数据库  1     a few words   the end of …\n"
                                     "              that are\n"
                                     "              long\n"
                                     "e\xcc\x81       22    短            x\n");
    print_table(&b, 24); /* then the least important columns are left out */
    assert_string_equal(buf_str(&b), "名称    What      Last\n"
                                     "数据库  a few     the e…\n"
                                     "        words\n"
                                     "        that are\n"
                                     "        long\n"
                                     "e\xcc\x81       短        x\n");
    print_table(&b, 12); /* and last of all, lines are cut */
    assert_string_equal(buf_str(&b), "名称    What\n"
                                     "数据库  a f…\n"
                                     "        wor…\n"
                                     "        tha…\n"
                                     "        long\n"
                                     "e\xcc\x81       短\n");
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
    for (int s = 0; s < N_STATES; s++)
        must_hold(man, state_word((enum state)s));
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
        cmocka_unit_test(dates_are_local_with_their_offset),
        cmocka_unit_test(lines_are_broken_where_they_may_be),
        cmocka_unit_test(tables_give_way_to_the_terminal),
        cmocka_unit_test(manual_is_complete),
        cmocka_unit_test(exit_statuses_agree),
        cmocka_unit_test(commands_are_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
