/* What people see, byte by byte: each tests/data/client/NAME.json is drawn for a pipe (NAME.txt) and for a terminal of
 * 90 columns (NAME.tty.txt). OMSUP_GOLDEN=write writes them anew: read the difference before you keep it. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/show/show.h"
#include "client/wire/wire.h"
#include "common/alloc.h"
#include "common/array.h"
#include "tests/unit/golden.h"

static void golden(const char *name, const char *suffix, const struct buf *b)
{
    char *path = xasprintf("%s/client/%s%s", TEST_DATA, name, suffix);
    golden_compare(path, buf_str(b));
    free(path);
}

static struct term pipe_term(void) { return (struct term){0}; }

static struct term screen_term(unsigned width)
{
    struct term t;
    term_init(&t, false); /* for the locale */
    return (struct term){.tty = true, .utf8 = true, .colour = true, .cursor = true, .width = width, .height = 24};
}

static void draw(const char *name, const char *suffix, const struct term *t, const cJSON *o)
{
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    struct view v = {.t = t};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    if (strncmp(name, "check", 5) == 0) /* as `check` shows it; the others as `status` does */
        show_check(&b, &v, &s);
    else
        show_status(&b, &v, &s);
    golden(name, suffix, &b);
    buf_free(&b);
    snapshot_free(&s);
}

static cJSON *load(const char *name, const char *suffix)
{
    char *path = xasprintf("%s/client/%s%s", TEST_DATA, name, suffix), *text = golden_read(path);
    assert_non_null(text);
    cJSON *o = cJSON_Parse(text);
    assert_non_null(o);
    free(text);
    free(path);
    return o;
}

static void snapshots_are_drawn_as_kept(void **state)
{
    char *path = xasprintf("%s/client", TEST_DATA);
    DIR *d = opendir(path);
    unsigned n = 0;
    struct term plain = pipe_term(), screen = screen_term(90);
    assert_non_null(d);
    for (struct dirent *x; (x = readdir(d)) != NULL;) {
        size_t len = strlen(x->d_name);
        if (len < 6 || strcmp(x->d_name + len - 5, ".json") != 0)
            continue;
        char *name = xstrndup(x->d_name, len - 5);
        cJSON *o = load(name, ".json");
        draw(name, ".txt", &plain, o);
        draw(name, ".tty.txt", &screen, o);
        cJSON_Delete(o);
        free(name);
        n++;
    }
    closedir(d);
    free(path);
    assert_true(n >= 10);
}

static void all_of_it_and_a_small_screen(void **state)
{
    cJSON *o = load("progress", ".json");
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    struct term plain = pipe_term();
    struct view v = {.t = &plain, .verbose = true, .age = 100};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    show_status(&b, &v, &s);
    golden("progress", ".verbose.txt", &b); /* what runs is 100 s older, what has ended is not */
    buf_free(&b);
    v = (struct view){.t = &plain, .brief = true, .note = "omsupd does not answer"};
    show_status(&b, &v, &s);
    golden("progress", ".brief.txt", &b);
    buf_free(&b);
    snapshot_free(&s);
    cJSON_Delete(o);
}

/* How far it is, as everybody counts it: bytes in their units, a wait of known length from its end. */
static void progress_is_counted(void **state)
{
    static const struct {
        double done, total, rate;
        const char *unit, *want;
    } rows[] = {
        {60, 300, 1, "s", "4:00 of 5:00 left"},
        {300, 300, 1, "s", "0:00 of 5:00 left"},
        {400, 300, NAN, "s", "0:00 of 5:00 left"},
        {512, 1024, NAN, "bytes", "50 % (512 B of 1.0 KiB)"},
        {1, 4, 0.5, "rows", "25 % (1 rows of 4 rows, 0.5 rows/s, about 0:06 left)"},
        {1, NAN, 1, "s", ""},
        {1, 0, 1, "s", ""},
    };
    struct term plain = pipe_term();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct subtask s = {
            .done = rows[i].done, .total = rows[i].total, .rate = rows[i].rate, .unit = rows[i].unit};
        struct buf b = {0};
        quantity_progress(&b, &plain, &s);
        assert_string_equal(buf_str(&b), rows[i].want);
        buf_free(&b);
    }
}

static void show_is_drawn_as_kept(void **state)
{
    cJSON *o = load("show", ".json.in");
    struct err e = {0};
    struct buf b = {0};
    struct term plain = pipe_term();
    struct view v = {.t = &plain, .verbose = true};
    assert_int_equal(show_detail(&b, &v, o, &e), 0);
    golden("show", ".txt", &b);
    buf_free(&b);
    cJSON_Delete(o);
}

/* The outage of a rollback began in the upgrade. */
static void a_rollback_in_full(void **state)
{
    cJSON *o = load("rollback-canceled", ".json");
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    struct term plain = pipe_term();
    struct view v = {.t = &plain, .verbose = true};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    show_status(&b, &v, &s);
    golden("rollback-canceled", ".verbose.txt", &b);
    buf_free(&b);
    snapshot_free(&s);
    cJSON_Delete(o);
}

/* On a narrow terminal the texts are wrapped, not cut. */
static void in_full_is_in_full(void **state)
{
    cJSON *o = load("failed", ".json");
    struct err e = {0};
    struct snapshot s;
    struct buf b = {0};
    struct term narrow = screen_term(60);
    struct view v = {.t = &narrow, .verbose = true};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    show_status(&b, &v, &s);
    assert_null(strstr(buf_str(&b), "…"));
    golden("failed", ".verbose.tty.txt", &b);
    buf_free(&b);
    snapshot_free(&s);
    cJSON_Delete(o);
}

/* A column of ours that is there only when a job is in a series; the members of a wrong type. */
static void a_list_has_the_series(void **state)
{
    cJSON *jobs =
        cJSON_Parse("[{\"job\": 6, \"type\": \"Rollback\", \"state\": \"Successful\", \"series\": 3, \"hops\": 4},"
                    " {\"job\": 5, \"type\": \"Check\", \"state\": \"Successful\"},"
                    " {\"job\": 4, \"type\": \"Upgrade\", \"state\": \"Ready\", \"start_at\": "
                    "\"2026-03-02T02:00:00Z\", \"series\": 3, \"hop\": 2, \"hops\": 4}]");
    struct err e = {0};
    struct buf b = {0};
    struct term plain = pipe_term();
    assert_int_equal(show_list(&b, &plain, jobs, &e), 0);
    golden("list-series", ".txt", &b);
    buf_free(&b);
    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetArrayItem(jobs, 2), "hops", cJSON_CreateString("4"));
    assert_int_equal(show_list(&b, &plain, jobs, &e), ERR_PROTOCOL);
    buf_free(&b);
    cJSON_Delete(jobs);
}

/* The list gives up its other columns before the number and the state. */
static void a_narrow_list_keeps_the_state(void **state)
{
    cJSON *jobs = cJSON_Parse(
        "[{\"job\": 12, \"type\": \"Upgrade\", \"operator\": \"alice\", \"object\": \"oms: 4.0.2 -> 4.2.3, 2 nodes\","
        "  \"created\": \"2026-03-01T01:00:00Z\", \"completed\": \"2026-03-01T02:00:00Z\", \"state\": \"In "
        "Progress\"}]");
    for (unsigned width = 20; width < 140; width++) {
        struct err e = {0};
        struct buf b = {0};
        struct term t = screen_term(width);
        t.colour = false;
        assert_int_equal(show_list(&b, &t, jobs, &e), 0);
        if (strncmp(strchr(buf_str(&b), '\n') + 1, "12  ", 4) != 0 || !strstr(buf_str(&b), "▸ In Progress\n") ||
            (width >= 30 && !strstr(buf_str(&b), "Object")))
            fail_msg("at %u: \"%s\"", width, buf_str(&b));
        buf_free(&b);
    }
    cJSON_Delete(jobs);
}

/* No line on a terminal is wider than it, at any width, and no control character of the daemon's gets through. */
static void nothing_is_wider_than_the_terminal(void **state)
{
    static const char *const names[] = {"progress",
                                        "failed",
                                        "doubt",
                                        "waiting",
                                        "waits",
                                        "paused",
                                        "check",
                                        "checks",
                                        "hostile",
                                        "many",
                                        "series-problem",
                                        "series-runs",
                                        "outdated",
                                        "outdated-unreachable",
                                        "canceling-unreachable"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (unsigned width = 20; width < 140; width += 3) {
            cJSON *o = load(names[i], ".json");
            struct err e = {0};
            struct snapshot s;
            struct buf b = {0};
            struct term t = screen_term(width);
            struct view v = {.t = &t};
            assert_int_equal(snapshot_parse(o, &s, &e), 0);
            show_status(&b, &v, &s);
            show_check(&b, &v, &s);
            const char *p = buf_str(&b);
            for (size_t n; *p; p += n + (p[n] == '\n')) {
                n = strcspn(p, "\n");
                if (text_width(p, n) > width)
                    fail_msg("%s at %u: \"%.*s\"", names[i], width, (int)n, p);
            }
            t.colour = false;
            b.len = 0;
            show_status(&b, &v, &s);
            for (p = buf_str(&b); *p; p++)
                assert_true((unsigned char)*p >= 0x20 || *p == '\n');
            buf_free(&b);
            snapshot_free(&s);
            cJSON_Delete(o);
        }
}

/* Every member of the wrong type, one after the other, is an error and nothing worse. */
static void wrong_types_are_errors(void **state)
{
    cJSON *o = load("series-runs", ".json");
    static const char *const needed[] = {"job", "type", "state", "done", "total", "steps"};
    for (cJSON *m = o->child; m; m = m->next) {
        struct err e = {0};
        struct snapshot s;
        cJSON *copy = cJSON_Duplicate(o, true),
              *wrong = cJSON_IsString(m) ? cJSON_CreateNumber(1) : cJSON_CreateString("x");
        cJSON_ReplaceItemInObjectCaseSensitive(copy, m->string, wrong);
        assert_int_equal(snapshot_parse(copy, &s, &e), ERR_PROTOCOL);
        assert_null(s.steps);
        cJSON_Delete(copy);
    }
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        struct err e = {0};
        struct snapshot s;
        cJSON *copy = cJSON_Duplicate(o, true);
        cJSON_DeleteItemFromObjectCaseSensitive(copy, needed[i]);
        assert_int_equal(snapshot_parse(copy, &s, &e), ERR_PROTOCOL);
        cJSON_Delete(copy);
    }
    cJSON_Delete(o);
}

/* A screen reader gets what the table of steps says. */
static void what_is_special_is_spoken(void **state)
{
    struct term t = pipe_term();
    struct view v = {.t = &t};
    struct buf b = {0};
    const struct step st = {.id = "smoke-test",
                            .title = "Try it",
                            .state = STATE_PENDING,
                            .hook = "after start-new",
                            .irreversible = true,
                            .undo = true,
                            .slower = true,
                            .breakpoint = true};
    show_spoken_row(&b, &v, &st, NULL);
    assert_string_equal(buf_str(&b), "smoke-test: Pending. Try it (irreversible) (rolls back on failure) (hook after "
                                     "start-new) (slower than ever before) (breakpoint)\n");
    buf_free(&b);
}

/* What is wrong, and when, without the picture. */
static void remarks_stand_alone(void **state)
{
    static const char *const want[] = {"Window: 02:00-05:00", "Breakpoints: paused before ", "lock in the MetaDB: gone",
                                       "(omsupctl notify): chat", "could not continue it: n2 (no route)"};
    cJSON *o = load("waiting", ".json");
    struct term t = pipe_term();
    struct view v = {.t = &t};
    struct buf b = {0};
    struct snapshot s;
    struct err e = {0};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    s.window = "02:00-05:00";
    s.steps[0].breakpoint = true;
    s.trouble = "gone";
    s.untold = "chat";
    s.uncopied = "n2 (no route)";
    show_remarks(&b, &v, &s);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_non_null(strstr(buf_str(&b), want[i]));
    assert_int_equal(text_lines(&b), ARRAY_LEN(want));
    buf_free(&b);
    snapshot_free(&s);
    cJSON_Delete(o);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    while ((text = strstr(text, what))) {
        n++;
        text += strlen(what);
    }
    return n;
}

/* An approval is for a step, on however many nodes it runs. */
static void an_approval_is_asked_for_once(void **state)
{
    cJSON *o = load("waiting", ".json");
    struct term t = pipe_term();
    struct view v = {.t = &t};
    struct buf b = {0};
    struct snapshot s;
    struct err e = {0};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    struct subtask *sub = NULL;
    for (size_t i = 0; !sub && i < s.n_steps; i++) {
        for (size_t k = 0; s.steps[i].n_subs > 1 && k < s.steps[i].n_subs; k++) {
            sub = &s.steps[i].subs[k];
            sub->state = STATE_WAITING;
            sub->phase = "approval";
        }
    }
    assert_non_null(sub);
    show_next(&b, &v, &s);
    assert_int_equal(count(buf_str(&b), "omsupctl approve"), 1);
    assert_int_equal(count(buf_str(&b), "a second operator must approve it"), 1);
    buf_free(&b);
    snapshot_free(&s);
    cJSON_Delete(o);
}

/* What waits only for its window needs no operator. */
static void a_window_is_waited_for(void **state)
{
    cJSON *o = load("waiting", ".json");
    struct snapshot s;
    struct err e = {0};
    assert_int_equal(snapshot_parse(o, &s, &e), 0);
    assert_true(snapshot_rests(&s));
    s.awaited_by = s.steps[0].id;
    assert_false(snapshot_rests(&s));
    s.state = STATE_PAUSED;
    assert_true(snapshot_rests(&s));
    snapshot_free(&s);
    cJSON_Delete(o);
}

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("LANGUAGE");
    setenv("TZ", "CST-8", 1); /* China Standard Time: eight hours east */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshots_are_drawn_as_kept),
        cmocka_unit_test(all_of_it_and_a_small_screen),
        cmocka_unit_test(progress_is_counted),
        cmocka_unit_test(show_is_drawn_as_kept),
        cmocka_unit_test(nothing_is_wider_than_the_terminal),
        cmocka_unit_test(wrong_types_are_errors),
        cmocka_unit_test(in_full_is_in_full),
        cmocka_unit_test(a_narrow_list_keeps_the_state),
        cmocka_unit_test(a_rollback_in_full),
        cmocka_unit_test(a_list_has_the_series),
        cmocka_unit_test(what_is_special_is_spoken),
        cmocka_unit_test(remarks_stand_alone),
        cmocka_unit_test(a_window_is_waited_for),
        cmocka_unit_test(an_approval_is_asked_for_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
