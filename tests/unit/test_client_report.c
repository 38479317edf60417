/* A job for a ticket: each tests/data/report/NAME.json, a document as `omsupctl report --json` prints it, becomes
 * NAME.html and NAME.md, in Chinese zh_CN/NAME.html, and its findings NAME.findings. tests/lint/reports reads the pages
 * as strictly as a parser can. OMSUP_GOLDEN=write writes them anew: read them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/lang/lang.h"
#include "client/report/report.h"
#include "common/alloc.h"
#include "common/array.h"
#include "tests/unit/golden.h"

static const char *const names[] = {"upgrade", "rollback", "progress", "quiet", "doubt"};

static cJSON *load(const char *name)
{
    char *path = xasprintf("%s/report/%s.json", TEST_DATA, name), *text = golden_read(path);
    assert_non_null(text);
    cJSON *o = cJSON_Parse(text);
    assert_non_null(o);
    free(text);
    free(path);
    return o;
}

static void golden(const char *name, const char *suffix, const char *text)
{
    char *path = xasprintf("%s/report/%s%s", TEST_DATA, name, suffix);
    golden_compare(path, text);
    free(path);
}

static void write_form(const cJSON *doc, enum report_form form, struct buf *b)
{
    struct err e = {0};
    struct report r;
    assert_int_equal(report_open(doc, &r, &e), 0);
    report_write(b, form, true, &r);
    report_free(&r);
}

static cJSON *complete(const char *name)
{
    struct err e = {0};
    cJSON *doc = load(name);
    if (report_complete(doc, &e))
        fail_msg("%s: %s", name, e.msg);
    return doc;
}

static void each_form_is_as_kept(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cJSON *doc = complete(names[i]);
        struct buf b = {0};
        char *found = cJSON_Print(cJSON_GetObjectItemCaseSensitive(doc, "findings"));
        golden(names[i], ".findings", found);
        free(found);
        write_form(doc, REPORT_PAGE, &b);
        golden(names[i], ".html", buf_str(&b));
        buf_free(&b);
        write_form(doc, REPORT_MARKDOWN, &b);
        golden(names[i], ".md", buf_str(&b));
        buf_free(&b);
        cJSON_Delete(doc);
    }
}

/* Whatever stands in a text, nothing but text comes of it. */
static void hostile_text_is_text(void **state)
{
    static const char evil[] =
        "</td><script>alert(1)</script><img src=x onerror=y> \"'&& ``` | \n# x \x1b[2J \xe2\x80\xae"
        "abc \xff \xef\xbf\xbf ]]> --> @all";
    cJSON *doc = load("quiet"), *sub, *o;
    cJSON_ArrayForEach(sub, cJSON_GetObjectItemCaseSensitive(doc, "subtasks"))
    {
        cJSON_ReplaceItemInObjectCaseSensitive(sub, "message", cJSON_CreateString(evil));
        cJSON_ReplaceItemInObjectCaseSensitive(sub, "host", cJSON_CreateString(evil));
        o = cJSON_AddObjectToObject(sub, "output");
        cJSON_AddNumberToObject(o, "attempt", 1);
        cJSON_AddStringToObject(o, "text", evil);
    }
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(doc, "events"))
    {
        cJSON_ReplaceItemInObjectCaseSensitive(o, "time", cJSON_CreateString(evil));
        cJSON_AddStringToObject(o, "reason", evil);
    }
    o = cJSON_GetObjectItemCaseSensitive(doc, "job");
    static const char *const members[] = {"object", "operator", "created", "plan", "source"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        cJSON_ReplaceItemInObjectCaseSensitive(o, members[i], cJSON_CreateString(evil));
    struct err e = {0};
    struct buf b = {0};
    assert_int_equal(report_complete(doc, &e), 0);
    write_form(doc, REPORT_PAGE, &b);
    golden("hostile", ".html", buf_str(&b));
    assert_null(strstr(buf_str(&b), "<script"));
    assert_null(strstr(buf_str(&b), "<img"));
    for (size_t i = 0; i < b.len; i++)
        assert_true((unsigned char)b.data[i] >= ' ' || b.data[i] == '\n');
    assert_null(strstr(buf_str(&b), "\xe2\x80\xae"));
    buf_free(&b);
    write_form(doc, REPORT_MARKDOWN, &b);
    golden("hostile", ".md", buf_str(&b));
    buf_free(&b);
    cJSON_Delete(doc);
}

/* An event of a name that this omsupctl does not know, by a person. */
static void a_hostile_event_is_text(void **state)
{
    cJSON *doc = load("quiet"), *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(doc, "events"))
    {
        cJSON_ReplaceItemInObjectCaseSensitive(o, "actor", cJSON_CreateString("anna"));
        cJSON_ReplaceItemInObjectCaseSensitive(o, "event", cJSON_CreateString("<img src=x> | *b*"));
    }
    struct buf b = {0};
    write_form(doc, REPORT_PAGE, &b);
    assert_non_null(strstr(buf_str(&b), "&lt;img"));
    assert_null(strstr(buf_str(&b), "<img"));
    buf_free(&b);
    write_form(doc, REPORT_MARKDOWN, &b);
    assert_non_null(strstr(buf_str(&b), "`<img src=x> \\| *b*` by anna"));
    buf_free(&b);
    cJSON_Delete(doc);
}

/* A job of many nodes gives a page that a browser still opens. */
static void a_page_is_bounded(void **state)
{
    cJSON *doc = load("quiet"), *list = cJSON_GetObjectItemCaseSensitive(doc, "subtasks");
    cJSON *events = cJSON_GetObjectItemCaseSensitive(doc, "events");
    cJSON *sub = cJSON_Duplicate(cJSON_GetArrayItem(list, 0), true), *ev = cJSON_Duplicate(events->child, true);
    char *big = xcalloc(1, 100001);
    memset(big, 'x', 100000);
    cJSON_ReplaceItemInObjectCaseSensitive(sub, "message", cJSON_CreateString(big));
    cJSON_AddStringToObject(ev, "reason", big);
    for (int i = 0; i < 8000; i++) {
        char name[32];
        cJSON *x = cJSON_Duplicate(sub, true);
        snprintf(name, sizeof name, "n%d", i);
        cJSON_ReplaceItemInObjectCaseSensitive(x, "subtask", cJSON_CreateString(name));
        if (i > 200)
            cJSON_ReplaceItemInObjectCaseSensitive(x, "message", cJSON_CreateString("short"));
        cJSON_AddItemToArray(list, x);
        if (i < 5000)
            cJSON_AddItemToArray(events, cJSON_CreateObject());
        if (i < 5000) {
            cJSON *last = cJSON_GetArrayItem(events, cJSON_GetArraySize(events) - 1);
            cJSON_AddStringToObject(last, "time", "2026-03-01T21:00:00Z");
            cJSON_AddStringToObject(last, "event", "pause");
            cJSON_AddStringToObject(last, "actor", "anna");
        }
    }
    cJSON_AddItemToArray(events, ev);
    struct err e = {0};
    struct buf b = {0};
    assert_int_equal(report_complete(doc, &e), 0);
    write_form(doc, REPORT_PAGE, &b);
    assert_true(b.len < 8U << 20);
    assert_non_null(strstr(buf_str(&b), "left out"));
    buf_free(&b);
    cJSON_Delete(sub);
    cJSON_Delete(doc);
    free(big);
}

static bool found(const cJSON *doc, const char *word)
{
    const cJSON *f;
    cJSON_ArrayForEach(f, cJSON_GetObjectItemCaseSensitive(doc, "findings"))
    {
        if (strcmp(cJSON_GetObjectItemCaseSensitive(f, "finding")->valuestring, word) == 0)
            return true;
    }
    return false;
}

/* Where one is: in a ticket, too, which has no facts. */
static void second_copies_are_named(void **state)
{
    static const char place[] = "oms2:/copies/job-7/rm_402.sql";
    for (int form = REPORT_PAGE; form <= REPORT_MARKDOWN; form++) {
        struct err e = {0};
        struct buf b = {0};
        cJSON *doc = load("upgrade"), *job = cJSON_GetObjectItemCaseSensitive(doc, "job");
        cJSON_AddStringToObject(cJSON_GetObjectItemCaseSensitive(job, "facts"), "backup.rm_402.copy", place);
        assert_int_equal(report_complete(doc, &e), 0);
        write_form(doc, (enum report_form)form, &b);
        const char *table = strstr(buf_str(&b), "/backup/job-7/rm_402.sql");
        assert_non_null(table);
        assert_non_null(strstr(table, place));
        assert_true(strstr(table, place) - table < 100); /* in its row */
        buf_free(&b);
        cJSON_Delete(doc);
    }
}

static void what_began_without_its_window_is_told(void **state)
{
    struct err e = {0};
    cJSON *doc = load("progress"), *events = cJSON_GetObjectItemCaseSensitive(doc, "events"),
          *o = cJSON_Duplicate(events->child, true);
    cJSON_ReplaceItemInObjectCaseSensitive(o, "event", cJSON_CreateString("window-confirm"));
    cJSON_AddItemToArray(events, o);
    assert_int_equal(report_complete(doc, &e), 0);
    assert_true(found(doc, "window-confirmed"));
    cJSON_Delete(doc);
}

/* What waits only for its window needs no operator. */
static void a_window_is_not_an_operator(void **state)
{
    for (int awaits = 0; awaits < 2; awaits++) {
        struct err e = {0};
        cJSON *doc = load("progress"), *job = cJSON_GetObjectItemCaseSensitive(doc, "job");
        cJSON *window = cJSON_AddObjectToObject(job, "window");
        cJSON_ReplaceItemInObjectCaseSensitive(job, "state", cJSON_CreateString("Waiting"));
        cJSON_AddStringToObject(window, "window", "02:00-05:00");
        cJSON_AddStringToObject(window, "opens", "2026-03-02T02:00:00Z");
        cJSON_AddStringToObject(window, "closes", "2026-03-02T05:00:00Z");
        if (awaits)
            cJSON_AddStringToObject(window, "awaited_by", "start-new");
        assert_int_equal(report_complete(doc, &e), 0);
        assert_int_equal(found(doc, "job-waiting"), !awaits);
        assert_int_equal(found(doc, "job-awaits-window"), awaits);
        cJSON_Delete(doc);
    }
}

/* Bytes from the daemon are not trusted. */
static void a_wrong_document_is_refused(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"made\":1}",
        "{\"made\":\"x\",\"omsupctl\":\"x\",\"omsupd\":{},\"job\":{},\"subtasks\":[],\"events\":[]}",
        "{\"made\":\"x\",\"omsupctl\":\"x\",\"omsupd\":{},\"job\":7,\"subtasks\":[1],\"events\":[1]}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct err e = {0};
        cJSON *doc = cJSON_Parse(texts[i]);
        assert_int_equal(report_complete(doc, &e), ERR_PROTOCOL);
        cJSON_Delete(doc);
    }
    static const char *const members[] = {"subtasks", "events", "omsupd", "job", "made"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        struct err e = {0};
        cJSON *doc = load("upgrade");
        cJSON_ReplaceItemInObjectCaseSensitive(doc, members[i], cJSON_CreateTrue());
        assert_int_equal(report_complete(doc, &e), ERR_PROTOCOL);
        cJSON_Delete(doc);
    }
}

int main(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("LANGUAGE");
    lang_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_as_kept),        cmocka_unit_test(hostile_text_is_text),
        cmocka_unit_test(a_hostile_event_is_text),     cmocka_unit_test(a_page_is_bounded),
        cmocka_unit_test(a_wrong_document_is_refused), cmocka_unit_test(a_window_is_not_an_operator),
        cmocka_unit_test(second_copies_are_named),     cmocka_unit_test(what_began_without_its_window_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
