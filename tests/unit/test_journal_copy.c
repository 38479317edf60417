/* Copies of a job's state: what is written comes back, table by table, in an empty journal; what is torn, changed,
 * newer or wrong in any field is refused with words, and leaves the journal empty. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "daemon/hash/sha256.h"
#include "daemon/journal/copy_internal.h"
#include "daemon/journal/internal.h"

enum { OTHER = 1, FIRST_HOP, SECOND_HOP, ROLLBACK, NEWER };

struct fx {
    char *dir, *from, *to;
};

static int set_up(void **state)
{
    struct fx *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    f->dir = xasprintf("%s/omsup-copy-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->from = xasprintf("%s/from.db", f->dir);
    f->to = xasprintf("%s/to.db", f->dir);
    *state = f;
    return 0;
}

static void remove_journal(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LEN(suffix); i++) {
        char *p = xasprintf("%s%s", path, suffix[i]);
        unlink(p);
        free(p);
    }
}

static int tear_down(void **state)
{
    struct fx *f = *state;
    remove_journal(f->from);
    remove_journal(f->to);
    assert_int_equal(rmdir(f->dir), 0);
    free(f->dir);
    free(f->from);
    free(f->to);
    free(f);
    return 0;
}

static struct journal *open_it(const char *path)
{
    struct journal *j = NULL;
    struct err e = {0};
    if (journal_open(path, &j, &e))
        fail_msg("%s", e.msg);
    return j;
}

static void ok(int rc, const struct err *e)
{
    if (rc)
        fail_msg("%s", e->msg);
}

/* --- a journal with something in every column --- */

/* Texts with everything that needs care on the way. */
static char *text_for(const char *column, int n)
{
    static const char *const times[] = {"created", "started", "completed", "ended", "began", "rests", "time"};
    static const char *const words[] = {"step", "subtask", "name",  "phase",  "mode",  "state",  "outcome",
                                        "host", "event",   "actor", "window", "stops", "object", "what"};
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        if (strcmp(column, times[i]) == 0)
            return xasprintf("2026-01-31T23:00:00.%03dZ%s", n % 1000, n % 2 ? "-3600.000" : "");
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(column, words[i]) == 0)
            return xasprintf("%s \"%d\" \\ 步骤", column, n);
    if (strcmp(column, "boot") == 0)
        return xasprintf("abcdef01-%d", n);
    if (strcmp(column, "operator") == 0 || strcmp(column, "path") == 0 || strcmp(column, "confirmed") == 0 ||
        strcmp(column, "from_state") == 0 || strcmp(column, "to_state") == 0)
        return xasprintf("%s %d", column, n);
    return xasprintf("%s %d\n\ttwo \"lines\" \\ of 中文", column, n);
}

#define FILL_TEXT(column, n) text_for(#column, n)
#define FILL_NUMBER(column, n) (n)
#define FILL_LINK(column, n) (n)
#define FILL_COUNT(column, n) ((unsigned)(n))
#define FILL_FLAG(column, n) true
#define FILL_STATUS(column, n) (n)
#define FILL(type, column, member) row.member = FILL_##type(column, n++);

static void set(char **member, const char *text)
{
    free(*member);
    *member = xstrdup(text);
}

static void hash_text(const char *text, char hex[65])
{
    struct sha256 *h = sha256_new();
    sha256_add(h, text, strlen(text));
    sha256_end(h, hex);
}

/* Large enough for several parts, here and there; each job has a plan of its own, but for the last two. */
static void add_plan(struct journal *j, int n, char hex[65])
{
    struct err e = {0};
    bool exists;
    struct buf b = {0};
    buf_printf(&b, "{\"plan\":%d,\"text\":\"", n);
    for (int i = 0; i < 9000; i++)
        buf_printf(&b, "%d步", i * 7919 + n);
    buf_puts(&b, "\"}");
    hash_text(b.data, hex);
    ok(journal_add_plan(j, hex, &exists, &e), &e);
    size_t half = b.len / 2;
    while ((b.data[half] & 0xC0) == 0x80)
        half++;
    char *first = xstrndup(b.data, half);
    if (!exists) {
        ok(journal_add_plan_part(j, hex, 0, first, &e), &e);
        ok(journal_add_plan_part(j, hex, 1, b.data + half, &e), &e);
    }
    free(first);
    buf_free(&b);
}

static void add_job(struct journal *j, int64_t id, int64_t parent, int64_t series, int64_t hop)
{
    struct err e = {0};
    int n = (int)id * 100;
    struct journal_job row;
    JOURNAL_JOB(FILL, FILL)
    char hex[65];
    add_plan(j, id >= ROLLBACK ? ROLLBACK : (int)id, hex);
    set(&row.plan, hex);
    set(&row.type, parent ? "rollback" : "upgrade");
    row.parent = parent;
    row.series = series;
    row.hop = hop;
    ok(journal_add_job(j, &row, &e), &e);
    assert_int_equal(row.id, id);
    if (id == series) {
        struct journal_series s = {
            .id = id, .path = (char *)"1 > 2 > 3", .hops = 2, .continues = true, .problem = (char *)"a\nb"};
        ok(journal_set_series(j, &s, &e), &e);
    }
    journal_job_clear(&row);
}

static void add_subtask(struct journal *j, int64_t job, unsigned seq)
{
    struct err e = {0};
    int n = (int)(job * 100 + seq);
    struct journal_subtask row;
    JOURNAL_SUBTASK(FILL, FILL)
    ok(journal_set_subtask(j, job, seq, &row, &e), &e);
    row_clear(TABLE_subtask, &row);
}

static void add_attempt(struct journal *j, int64_t job, unsigned seq, unsigned attempt, size_t output)
{
    struct err e = {0};
    int n = (int)(job * 100 + attempt);
    struct journal_attempt row;
    JOURNAL_ATTEMPT(FILL, FILL)
    row.seq = seq;
    row.attempt = attempt;
    free(row.token);
    row.token = xasprintf("omsup-%d-0badcafe-%u-%u", (int)job, seq, attempt);
    ok(journal_add_attempt(j, job, &row, &e), &e);
    if (output) {
        char *text = xcalloc(1, output + 1);
        for (size_t i = 0; i < output; i++)
            text[i] = "0123456789 abcdef\n\"\\"[(i + attempt) % 20];
        ok(journal_end_attempt(j, job, seq, attempt, row.ended, row.outcome, 3, text, output, &e), &e);
        free(text);
    }
    row_clear(TABLE_attempt, &row);
}

static void add_event(struct journal *j, int64_t job, int k)
{
    struct err e = {0};
    int n = k;
    struct journal_event row;
    JOURNAL_EVENT(FILL, FILL)
    row.job = job;
    if (k % 3 == 0)
        set(&row.reason, NULL);
    ok(journal_add_event(j, &row, &e), &e);
    row_clear(TABLE_event, &row);
}

static void add_approval(struct journal *j, int64_t job)
{
    struct err e = {0};
    int n = (int)job * 10;
    struct journal_approval row;
    JOURNAL_APPROVAL(FILL, FILL)
    char hex[65];
    hash_text("approved", hex);
    set(&row.plan, hex);
    row.job = job;
    ok(journal_set_approval(j, &row, &e), &e);
    journal_approval_clear(&row);
}

/* ROLLBACK is of SECOND_HOP, which is of the series of FIRST_HOP. Two others have nothing to do with them. */
static struct journal *full(const char *path)
{
    static const char time[] = "2026-01-31T23:00:00.000Z";
    struct journal *j = open_it(path);
    struct err e = {0};
    ok(journal_begin(j, &e), &e);
    ok(journal_set_fact(j, 0, "instance", "0badcafe", time, &e), &e);
    add_job(j, OTHER, 0, 0, 0);
    add_job(j, FIRST_HOP, 0, FIRST_HOP, 1);
    add_job(j, SECOND_HOP, 0, FIRST_HOP, 2);
    add_job(j, ROLLBACK, SECOND_HOP, FIRST_HOP, 0);
    add_job(j, NEWER, 0, 0, 0);
    for (int64_t job = OTHER; job <= NEWER; job++) {
        for (unsigned seq = 0; seq < 4; seq++)
            add_subtask(j, job, seq);
        for (unsigned k = 1; k <= 12; k++)
            add_attempt(j, job, k % 4, k, k == 12 ? 0 : k == 11 ? 9000 : 100);
        for (int k = 0; k < 70 * (int)job; k++)
            add_event(j, job, k);
        ok(journal_set_fact(j, job, "T1", "a value\nof lines", time, &e), &e);
        ok(journal_set_fact(j, job, "T0", "", time, &e), &e);
        add_approval(j, job);
    }
    ok(journal_add_notice(
           j,
           &(struct journal_notice){
               .target = (char *)"mail", .event = 7, .kind = (char *)"failed", .job = ROLLBACK, .time = (char *)time},
           &e),
       &e);
    ok(journal_commit(j, &e), &e);
    return j;
}

static const struct copy_head about = {.program = (char *)"0.1.0",
                                       .host = (char *)"控制 host",
                                       .boot = (char *)"0123abcd-4567",
                                       .time = (char *)"2026-02-01T00:00:00.000Z"};

static struct buf copy_of(struct journal *j, int64_t job)
{
    struct err e = {0};
    struct buf b = {0};
    ok(copy_write(j, job, &about, &b, &e), &e);
    return b;
}

/* Gives the plans of a journal, or damaged ones. */
struct plans {
    struct journal *j;
    const char *swap; /* this one in place of the one that is asked for */
    bool torn, gone;
};

static int plan_of(void *ctx, const char *sha256, char **file, char **data, size_t *len, struct err *e)
{
    const struct plans *p = ctx;
    struct buf b = {0};
    if (p->gone)
        return err_set(e, ERR_NOT_FOUND, "plan %s is gone", sha256);
    int rc = copy_plan_write(p->j, p->swap ? p->swap : sha256, &b, e);
    *file = xasprintf("the plan");
    *len = p->torn ? b.len - 1 : b.len;
    *data = buf_take(&b);
    return rc;
}

/* --- there and back --- */

/* Of a query that has @ in the place of a database. */
static char *of_database(const char *select, const char *name)
{
    const char *at = strchr(select, '@');
    return xasprintf("%.*s%s%s", (int)(at - select), select, name, at + 1);
}

static void same_rows(const struct fx *f, const char *select)
{
    sqlite3 *db;
    char *attach = xasprintf("ATTACH '%s' AS copy", f->to);
    assert_int_equal(sqlite3_open(f->from, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    free(attach);
    for (int back = 0; back < 2; back++) {
        struct buf sql = {0};
        char *here = of_database(select, back ? "copy" : "main"), *there = of_database(select, back ? "main" : "copy");
        sqlite3_stmt *s;
        buf_printf(&sql,
                   "SELECT (SELECT count(*) FROM (%s)), (SELECT count(*) FROM (SELECT * FROM (%s) EXCEPT SELECT * "
                   "FROM (%s)))",
                   here, here, there);
        if (sqlite3_prepare_v2(db, sql.data, -1, &s, NULL) != SQLITE_OK)
            fail_msg("%s", sqlite3_errmsg(db));
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        assert_true(sqlite3_column_int(s, 0) > 0);
        if (sqlite3_column_int(s, 1) != 0)
            fail_msg("%d rows of %s are only %s", sqlite3_column_int(s, 1), here, back ? "in the copy" : "here");
        sqlite3_finalize(s);
        free(here);
        free(there);
        buf_free(&sql);
    }
    sqlite3_close(db);
}

static void everything_comes_back(void **state)
{
    const struct fx *f = *state;
    struct err e = {0};
    struct journal *j = full(f->from), *to = open_it(f->to);
    struct buf b = copy_of(j, ROLLBACK);
    struct copy_head h;
    assert_in_range(b.len, 1000, 16 * 1024);
    ok(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, &h, &e), &e);
    assert_string_equal(h.program, "0.1.0");
    assert_string_equal(h.journal, "0badcafe");
    assert_string_equal(h.host, "控制 host");
    assert_string_equal(h.boot, "0123abcd-4567");
    assert_int_equal(h.job, ROLLBACK);
    assert_int_equal(h.last_job, NEWER);
    assert_int_equal(h.last_event, 70 * 15);
    assert_int_equal(h.schema, journal_n_migrations);
    assert_int_equal(strv_len(h.plans), 3);
    copy_head_clear(&h);

    /* numbers continue above those of the old journal, of jobs that are not in the copy too */
    struct journal_event ev = {.job = ROLLBACK, .time = (char *)"t", .actor = (char *)"a", .event = (char *)"e"};
    struct journal_job row;
    ok(journal_job(to, ROLLBACK, &row, &e), &e);
    ok(journal_begin(to, &e), &e);
    ok(journal_add_event(to, &ev, &e), &e);
    ok(journal_add_job(to, &row, &e), &e);
    assert_int_equal(ev.id, 70 * 15 + 1);
    assert_int_equal(row.id, NEWER + 1);
    journal_rollback(to);
    journal_job_clear(&row);
    char *name = journal_fact(to, 0, "instance");
    assert_string_equal(name, "0badcafe");
    free(name);

    /* the tables, without what is cut */
    journal_close(to);
    journal_close(j);
    buf_free(&b);
    same_rows(f, "SELECT * FROM @.job WHERE id IN (2, 3, 4)");
    same_rows(f, "SELECT * FROM @.series");
    same_rows(f, "SELECT * FROM @.subtask WHERE job IN (2, 3, 4)");
    same_rows(f, "SELECT job, seq, attempt, token, host, boot, forced, started, ended, outcome, exit FROM @.attempt "
                 "WHERE job IN (2, 3, 4)");
    same_rows(f, "SELECT job, attempt, output FROM @.attempt WHERE job = 4 AND attempt BETWEEN 4 AND 10");
    same_rows(f, "SELECT attempt, substr(output, -4096) FROM @.attempt WHERE job = 4 AND attempt = 11");
    same_rows(f, "SELECT * FROM (SELECT * FROM @.event WHERE job = 4 ORDER BY id DESC LIMIT 200)");
    same_rows(f, "SELECT * FROM (SELECT * FROM @.event WHERE job = 3 ORDER BY id DESC LIMIT 50)");
    same_rows(f, "SELECT * FROM @.fact WHERE job IN (2, 3, 4)");
    same_rows(f, "SELECT * FROM @.approval WHERE job IN (2, 3, 4)");
    same_rows(f, "SELECT sha256, (SELECT group_concat(text, '') FROM (SELECT text FROM plan_part WHERE plan = sha256 "
                 "ORDER BY n)) FROM @.plan WHERE sha256 IN (SELECT plan FROM job WHERE id IN (2, 3, 4))");
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open(f->to, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT (SELECT count(*) FROM job), (SELECT count(*) FROM event), "
                                        "(SELECT count(*) FROM attempt WHERE output IS NOT NULL), "
                                        "(SELECT max(length(output)) FROM attempt), (SELECT count(*) FROM notice)",
                                        -1, &s, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    static const int want[] = {3, COPY_EVENTS + 2 * (COPY_EVENTS / 4), COPY_OUTPUTS, COPY_OUTPUT_MAX, 0};
    for (int i = 0; i < (int)ARRAY_LEN(want); i++)
        assert_int_equal(sqlite3_column_int(s, i), want[i]);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static void a_job_alone_has_only_itself(void **state)
{
    const struct fx *f = *state;
    struct err e = {0};
    struct journal *j = full(f->from);
    struct journal *to = open_it(f->to);
    struct buf b = copy_of(j, OTHER), again = copy_of(j, OTHER);
    struct copy_head h, old;
    assert_int_equal(b.len, again.len); /* the same state is the same copy */
    assert_memory_equal(b.data, again.data, b.len);
    ok(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, NULL, &e), &e);
    int64_t n = 0;
    ok(journal_number(to, "SELECT count(*) FROM job", &n, &e), &e);
    assert_int_equal(n, 1);

    ok(copy_head_read("a copy", b.data, b.len, &old, &e), &e);
    add_event(j, OTHER, 1);
    buf_free(&again);
    again = copy_of(j, OTHER);
    ok(copy_head_read("a copy", again.data, again.len, &h, &e), &e);
    assert_true(copy_head_compare(&old, &h) < 0);
    assert_true(copy_head_compare(&h, &old) > 0);
    assert_int_equal(copy_head_compare(&h, &h), 0);
    old.epoch = 1; /* the lost host has gone on a little before it heard of the takeover */
    assert_true(copy_head_compare(&old, &h) > 0);
    assert_true(copy_head_compare(&h, &old) < 0);
    copy_head_clear(&h);
    copy_head_clear(&old);

    char *name = copy_name(OTHER, "0badcafe"), *plan = copy_plan_name("abc");
    assert_string_equal(name, "job-1-0badcafe.copy");
    assert_string_equal(plan, "plan-abc.copy");
    free(name);
    free(plan);
    assert_int_equal(copy_write(j, 77, &about, &again, &e), ERR_NOT_FOUND);
    buf_free(&again);
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

/* Bytes that are no text are told as such, and do not make a copy that nobody can read. */
static void an_output_may_be_anything(void **state)
{
    const struct fx *f = *state;
    struct err e = {0};
    struct journal *j = full(f->from), *to = open_it(f->to);
    ok(journal_end_attempt(j, OTHER, 0, 4, "2026-03-01T00:00:00.000Z", "exited", 0, "a\0b\xff", 4, &e), &e);
    struct buf b = copy_of(j, OTHER);
    char *data;
    size_t len;
    ok(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, NULL, &e), &e);
    ok(journal_output(to, OTHER, 0, 4, &data, &len, &e), &e);
    assert_string_equal(data, "a\uFFFDb\uFFFD");
    free(data);
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

/* --- what is refused --- */

static void refused(struct journal *to, const struct buf *b, struct plans *p, const char *words)
{
    struct err e = {0};
    int64_t n = -1;
    int rc = copy_fill(to, "a copy", b->data, b->len, plan_of, p, NULL, &e);
    if (rc == 0)
        fail_msg("taken, in place of: %s", words);
    assert_int_equal(rc, p->gone ? ERR_NOT_FOUND : ERR_INPUT);
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
    ok(journal_number(
           to, "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM plan) + (SELECT count(*) FROM fact)", &n, &e),
       &e);
    assert_int_equal(n, 0);
}

static int add_piece(void *ctx, const char *text, size_t len, struct err *e)
{
    buf_add(ctx, text, len);
    return 0;
}

/* The copy with the first `from` in its text replaced, and whole again. */
static struct buf changed(const struct buf *b, const char *from, const char *to)
{
    struct err e = {0};
    struct buf text = {0}, out = {0};
    struct pack p;
    ok(unpack("a copy", b->data, b->len, copy_word_job, add_piece, &text, &e), &e);
    const char *at = strstr(text.data, from);
    if (!at)
        fail_msg("the copy has no %s", from);
    pack_begin(&p);
    pack_add(&p, text.data, (size_t)(at - text.data));
    pack_add(&p, to, strlen(to));
    at += strlen(from);
    pack_add(&p, at, text.len - (size_t)(at - text.data));
    ok(pack_end(&p, copy_word_job, &out, &e), &e);
    buf_free(&text);
    return out;
}

static void damaged_files_are_refused(void **state)
{
    const struct fx *f = *state;
    struct journal *j = full(f->from), *to = open_it(f->to);
    struct buf b = copy_of(j, OTHER);
    struct plans p = {.j = j};
    for (size_t len = 0; len < b.len; len += len < 100 ? 1 : 97) {
        struct buf torn = {.data = b.data, .len = len};
        refused(to, &torn, &p, "torn");
    }
    for (size_t at = 0; at < b.len; at += at < 100 ? 1 : 97) {
        b.data[at] ^= 4;
        refused(to, &b, &p, "a copy: ");
        b.data[at] ^= 4;
    }
    buf_puts(&b, "x");
    refused(to, &b, &p, "torn");
    struct buf other = {0};
    buf_printf(&other, "omsupd-copy 2 and what it has then\n");
    refused(to, &other, &p, "a newer omsupd wrote it (format 2; this one reads formats up to 1): install that version");
    buf_free(&other);
    buf_puts(&other, "#!/bin/sh\necho\n");
    refused(to, &other, &p, "not a copy of omsupd");
    buf_free(&other);
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

static void wrong_plans_are_refused(void **state)
{
    const struct fx *f = *state;
    struct err e = {0};
    struct journal *j = full(f->from), *to = open_it(f->to);
    struct buf b = copy_of(j, OTHER), plan = {0};
    char **mine, **others;
    ok(copy_plans(j, OTHER, &mine, &e), &e);
    ok(copy_plans(j, NEWER, &others, &e), &e);
    refused(to, &b, &(struct plans){.j = j, .swap = others[0]}, "the plan: its text does not match its hash");
    refused(to, &b, &(struct plans){.j = j, .torn = true}, "the plan: torn");
    refused(to, &b, &(struct plans){.j = j, .gone = true}, "is gone");
    ok(copy_plan_write(j, mine[0], &plan, &e), &e);
    ok(copy_plan_check("p", plan.data, plan.len, mine[0], &e), &e);
    assert_int_equal(copy_plan_check("p", plan.data, plan.len, others[0], &e), ERR_INPUT);
    assert_int_equal(copy_plan_check("p", b.data, b.len, mine[0], &e), ERR_INPUT);
    struct copy_head h;
    assert_int_equal(copy_head_read("p", plan.data, plan.len, &h, &e), ERR_INPUT);
    strv_free(mine);
    strv_free(others);
    buf_free(&plan);
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

static void wrong_fields_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *words;
    } cases[] = {
        {"\"schema\":", "\"schema\":9", "a newer omsupd wrote it (schema 9"},
        {"\"schema\":", "\"schema\":-", "schema"},
        {"\"journal\":\"0badcafe\"", "\"journal\":\"../x\"", "journal: it is no name of a journal"},
        {"\"last_job\":5", "\"last_job\":0", "last_job"},
        {"\"job\":1,", "\"job\":2,", "no row of its job 2"},
        {"\"plans\":[", "\"plans\":[7,", "plans"},
        {"{\"table\":\"job\"", "{\"table\":\"sqlite_master\"", "there is no such table"},
        {"\"columns\":[\"id\"", "\"columns\":[\"id); DROP TABLE job; --\"", "unknown column"},
        {"\"columns\":[\"id\",\"type\"", "\"columns\":[\"id\",\"id\"", "named before"},
        {"[1,\"upgrade\"", "[1,2,\"upgrade\"", "fields in place of"},
        {"[1,\"upgrade\"", "[\"1\",\"upgrade\"", "job.id"},
        {"[1,\"upgrade\"", "[9,\"upgrade\"", "job.id"},
        {"[1,\"upgrade\"", "[1.5,\"upgrade\"", "job.id"},
        {"[1,\"upgrade\"", "[1,\"format\"", "job.type: there is no such type of job"},
        {"[1,\"upgrade\"", "[1,null", "job: NOT NULL constraint failed"},
        {"[1,\"upgrade\"", "{1,\"upgrade\"", "not JSON"},
        {"[1,0,\"step", "[2,0,\"step", "subtask: a row of a job that is not in the copy"},
        {"[1,0,\"step", "[1,-1,\"step", "subtask.seq"},
        {"[1,0,\"step", "[1,0,\"st\\u001bep", "subtask.step: it has a control character"},
        {"[1,0,\"step", "[1,1,\"step", "subtask: UNIQUE constraint failed"},
        {"[1,1,1,\"omsup-1-0badcafe-1-1\"", "[1,1,1,\"omsup-1-0badcafe-1-2\"", "attempt.token"},
        {"[1,1,1,\"omsup-1-0badcafe-1-1\"", "[1,1,1,\"../../etc/passwd\"", "attempt.token"},
        {"[1,1,1,\"omsup-1-0badcafe-1-1\"", "[1,1,1,null", "attempt.token"},
        {"[1,1,1,\"omsup-1-0badcafe-1-1\"", "[1,6,1,\"omsup-1-0badcafe-6-1\"", "attempt of a subtask that is not"},
        {"2026-01-31T23", "2026-01-31 23", "it is no time"},
        {"Z-3600.000", "Z-", "it is no time"},
        {"Z-3600.000", "Z-3600;", "it is no time"},
        {"abcdef01-", "abcdef01 $(x)", "it is no boot id"},
        {"[1,\"T1\",\"", "[1,\"T1\",\"\xff", "fact.value: it is not UTF-8"},
        {"[1,\"T1\",\"", "[0,\"instance\",\"", "fact: a row of a job that is not in the copy"},
    };
    const struct fx *f = *state;
    struct journal *j = full(f->from), *to = open_it(f->to);
    struct buf b = copy_of(j, OTHER);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf c = changed(&b, cases[i].from, cases[i].to);
        refused(to, &c, &(struct plans){.j = j}, cases[i].words);
        buf_free(&c);
    }
    /* and it is taken afterwards, once */
    struct err e = {0};
    ok(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, NULL, &e), &e);
    assert_int_equal(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, NULL, &e), ERR_INPUT);
    assert_string_equal(e.msg, "the journal is not empty");
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

/* What an older omsupd wrote lacks the columns of newer schemas. */
static void an_older_schema_has_fewer_columns(void **state)
{
    const struct fx *f = *state;
    struct err e = {0};
    struct journal *j = full(f->from), *to = open_it(f->to);
    struct buf b = copy_of(j, OTHER), text = {0};
    ok(unpack("a copy", b.data, b.len, copy_word_job, add_piece, &text, &e), &e);
    const char *at = strstr(text.data, ",\"approved\"]");
    assert_non_null(at);
    struct pack p;
    pack_begin(&p);
    pack_add(&p, text.data, (size_t)(at - text.data));
    pack_add(&p, "]", 1);
    at += strlen(",\"approved\"]");
    for (const char *line = strchr(at, '\n') + 1; strncmp(line, "{", 1) != 0; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n'), *comma = end;
        while (*comma != ',')
            comma--;
        pack_add(&p, at, (size_t)(comma - at));
        pack_add(&p, "]", 1);
        at = end;
    }
    pack_add(&p, at, strlen(at));
    buf_free(&b);
    ok(pack_end(&p, copy_word_job, &b, &e), &e);
    ok(copy_fill(to, "a copy", b.data, b.len, plan_of, &(struct plans){.j = j}, NULL, &e), &e);
    buf_free(&text);
    buf_free(&b);
    journal_close(to);
    journal_close(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_job_alone_has_only_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_output_may_be_anything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_plans_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_fields_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_older_schema_has_fewer_columns, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
