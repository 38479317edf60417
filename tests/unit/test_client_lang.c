/* omsupctl in Chinese: every text of the tables has its translation, columns of wide characters line up, nothing is
 * wider than the terminal, and the pictures are as kept (tests/data/client/zh_CN; OMSUP_GOLDEN=write writes them anew:
 * read them). */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/cmd/cmd.h"
#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/array.h"
#include "common/verbs.h"
#include "tests/unit/golden.h"

static void golden(const char *name, const struct buf *b)
{
    char *path = xasprintf("%s/client/zh_CN/%s.txt", TEST_DATA, name);
    golden_compare(path, buf_str(b));
    free(path);
}

static cJSON *load(const char *name)
{
    char *path = xasprintf("%s/client/%s", TEST_DATA, name), *text = golden_read(path);
    assert_non_null(text);
    cJSON *o = cJSON_Parse(text);
    assert_non_null(o);
    free(text);
    free(path);
    return o;
}

static struct term screen(unsigned width)
{
    return (struct term){.tty = true, .utf8 = true, .width = width, .height = 24};
}

static void must_be_translated(const char *text)
{
    if (text && *text && strcmp(lang_of(text), text) == 0)
        fail_msg("not translated: \"%s\"", text);
}

/* xgettext finds the texts of tables by the names of their macros: one that it overlooks is found here. */
static void tables_are_translated(void **state)
{
    for (size_t i = 0; commands[i]; i++) {
        must_be_translated(commands[i]->summary);
        must_be_translated(commands[i]->help);
    }
    for (int o = 0; o < N_OPTIONS; o++)
        must_be_translated(option_rows[o].help);
    for (int s = 0; s < N_STATES; s++)
        must_be_translated(state_word((enum state)s));
    for (int t = 0; t < N_JOB_TYPES; t++)
        must_be_translated(job_type_name((enum job_type)t));
    for (int v = 0; v < N_VERBS; v++)
        must_be_translated(verbs[v].becomes);
#define EXIT(name, status, text) must_be_translated(text);
#include "client/cli/exit.def"
#undef EXIT
#define ERR(name, rpc, exit, text) must_be_translated(text);
#include "common/errors.def"
#undef ERR
}

static void draw(struct buf *b, const char *name, unsigned width)
{
    cJSON *o = load(name);
    struct err e = {0};
    struct snapshot s;
    struct term t = screen(width);
    struct view v = {.t = &t};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    if (snapshot_is(&s, JOB_CHECK))
        show_check(b, &v, &s);
    else
        show_status(b, &v, &s);
    snapshot_free(&s);
    cJSON_Delete(o);
}

static void pictures_are_as_kept(void **state)
{
    static const char *const names[] = {"progress", "failed", "doubt", "waits", "check", "hostile", "series-next"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *file = xasprintf("%s.json", names[i]);
        struct buf b = {0};
        draw(&b, file, 80);
        golden(names[i], &b);
        buf_free(&b);
        free(file);
    }
}

static cJSON *some_jobs(void)
{
    return cJSON_Parse(
        "[{\"job\": 12, \"type\": \"Upgrade\", \"operator\": \"alice\", \"object\": \"oms\","
        "  \"created\": \"2026-03-01T01:00:00Z\", \"state\": \"In Progress\"},"
        " {\"job\": 7, \"type\": \"Check\", \"operator\": \"鲍勃\", \"object\": \"生产环境\","
        "  \"created\": \"2026-02-01T01:00:00Z\", \"completed\": \"2026-02-01T01:00:09Z\", \"state\": \"Failed\"},"
        " {\"job\": 3, \"type\": \"Rollback\", \"object\": \"e\xcc\x81\", \"created\": \"x\", \"state\": \"New\"}]");
}

static void lists_and_help_are_as_kept(void **state)
{
    struct buf b = {0};
    struct err e = {0};
    struct term t = screen(110), narrow = screen(80);
    cJSON *jobs = some_jobs(), *detail = load("show.json.in");
    struct view v = {.t = &narrow};
    assert_int_equal(show_list(&b, &t, jobs, &e), 0);
    assert_int_equal(show_list(&b, &narrow, jobs, &e), 0);
    golden("list", &b);
    buf_free(&b);
    assert_int_equal(show_detail(&b, &v, detail, &e), 0);
    golden("show", &b);
    buf_free(&b);
    const struct command *const some[] = {command_find(commands, "submit"), command_find(commands, "rollback"), NULL};
    help_all(&b, &narrow, some); /* some: a new command does not change the picture */
    help_command(&b, &narrow, some[1]);
    golden("help", &b);
    buf_free(&b);
    cJSON_Delete(jobs);
    cJSON_Delete(detail);
}

/* In every line of a table, what stands before the last column is equally wide. */
static void wide_columns_line_up(void **state)
{
    static const char *const last[] = {"状态", "▸ 进行中", "✗ 失败", "New"};
    struct buf b = {0};
    struct err e = {0};
    struct term t = screen(200);
    cJSON *jobs = some_jobs();
    assert_int_equal(show_list(&b, &t, jobs, &e), 0);
    const char *line = buf_str(&b);
    size_t width = 0;
    for (size_t i = 0; i < ARRAY_LEN(last); i++) {
        size_t n = strcspn(line, "\n"), tail = strlen(last[i]);
        assert_true(n > tail);
        if (memcmp(line + n - tail, last[i], tail) != 0)
            fail_msg("\"%.*s\" does not end in \"%s\"", (int)n, line, last[i]);
        size_t before = text_width(line, n - tail);
        if (i > 0 && before != width)
            fail_msg("\"%.*s\": the last column begins at %zu, not %zu", (int)n, line, before, width);
        width = before;
        line += n + 1;
    }
    assert_string_equal(line, "");
    cJSON_Delete(jobs);
    buf_free(&b);
}

static void nothing_is_wider_than_the_terminal(void **state)
{
    static const char *const names[] = {"progress.json", "failed.json", "doubt.json",
                                        "waits.json",    "check.json",  "hostile.json"};
    for (unsigned width = 20; width < 140; width += 3) {
        struct buf b = {0};
        struct term t = screen(width);
        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            draw(&b, names[i], width);
        if (width >= 60) /* help is for reading, not for a watch */
            help_all(&b, &t, commands);
        for (const char *p = buf_str(&b); *p;) {
            size_t n = strcspn(p, "\n");
            if (text_width(p, n) > width)
                fail_msg("at %u: \"%.*s\"", width, (int)n, p);
            p += n + (p[n] == '\n');
        }
        buf_free(&b);
    }
}

/* The catalogues of the build folder; its tests are one folder below. */
static void find_catalogues(void)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    *strrchr(exe, '/') = '\0';
    char *folder = xasprintf("%s/../locale", exe);
    setenv("OMSUP_LOCALE_DIR", folder, 1);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_translated),
        cmocka_unit_test(pictures_are_as_kept),
        cmocka_unit_test(lists_and_help_are_as_kept),
        cmocka_unit_test(wide_columns_line_up),
        cmocka_unit_test(nothing_is_wider_than_the_terminal),
    };
    setenv("LC_ALL", "zh_CN.UTF-8", 1); /* the host need not have it */
    unsetenv("LANGUAGE");
    setenv("TZ", "CST-8", 1);
    find_catalogues();
    lang_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
