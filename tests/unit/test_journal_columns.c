/* The columns of the journal are told once: the lists of daemon/journal/columns.h are the tables that the migrations
 * make, every column goes into the journal and comes back, every statement is one that SQLite takes, and a journal of
 * an older build reads as it was written. */
#include <dirent.h>
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
#include "common/buf.h"
#include "daemon/journal/internal.h"

struct fx {
    char *dir, *path;
};

static int set_up(void **state)
{
    struct fx *f = xcalloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    f->dir = xasprintf("%s/omsup-journal-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->path = xasprintf("%s/journal.db", f->dir);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fx *f = *state;
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal", ".v1"};
    for (size_t i = 0; i < 5; i++) {
        char *p = xasprintf("%s%s", f->path, suffix[i]);
        unlink(p);
        free(p);
    }
    assert_int_equal(rmdir(f->dir), 0);
    free(f->dir);
    free(f->path);
    free(f);
    return 0;
}

static struct journal *open_it(const struct fx *f)
{
    struct journal *j = NULL;
    struct err e = {0};
    if (journal_open(f->path, &j, &e))
        fail_msg("%s", e.msg);
    return j;
}

static sqlite3 *raw_open(const char *path)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    return db;
}

static void raw_exec(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s", error);
}

/* --- what is in the lists ---------------------------------------------------------------------------------- */

#define NAME(type, column, member) #column,
#define NAMES_OF(table, LIST) static const char *const table##_names[] = {LIST(NAME, NAME) NULL};
JOURNAL_TABLES(NAMES_OF)

struct listed {
    const char *name;
    const char *const *columns;
};
#define LISTED(table, LIST) {#table, table##_names},
static const struct listed tables[] = {JOURNAL_TABLES(LISTED)};
enum { N_TABLES = ARRAY_LEN(tables) };

static bool has(const char *const *list, const char *word)
{
    while (*list && strcmp(*list, word) != 0)
        list++;
    return *list != NULL;
}

static void the_lists_are_the_tables(void **state)
{
    journal_close(open_it(*state));
    sqlite3 *db = raw_open(((struct fx *)*state)->path);
    for (size_t t = 0; t < N_TABLES; t++) {
        char *sql = xasprintf("SELECT name FROM pragma_table_info('%s')", tables[t].name);
        sqlite3_stmt *s;
        size_t n = 0, listed = 0;
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(s, 0);
            if (strcmp(tables[t].name, "attempt") == 0 && strcmp(name, "output") == 0)
                continue;
            n++;
            if (!has(tables[t].columns, name))
                fail_msg("columns.h does not have %s.%s", tables[t].name, name);
        }
        while (tables[t].columns[listed])
            listed++;
        assert_int_equal(listed, n);
        sqlite3_finalize(s);
        free(sql);
    }
    sqlite3_close(db);
}

/* --- every column there and back --------------------------------------------------------------------------- */

/* A value for each column that no other column of its row has. */
#define FILL_TEXT(column, n) xasprintf("%s %d", #column, n)
#define FILL_NUMBER(column, n) (n)
#define FILL_LINK(column, n) (n)
#define FILL_COUNT(column, n) ((unsigned)(n))
#define FILL_FLAG(column, n) true
#define FILL_STATUS(column, n) (n)
#define FILL(type, column, member) row.member = FILL_##type(column, n++);

#define SAME_TEXT(a, b) assert_string_equal(a, b)
#define SAME_NUMBER(a, b) assert_int_equal(a, b)
#define SAME_LINK(a, b) assert_int_equal(a, b)
#define SAME_COUNT(a, b) assert_int_equal(a, b)
#define SAME_FLAG(a, b) assert_int_equal(a, b)
#define SAME_STATUS(a, b) assert_int_equal(a, b)
#define SAME(type, column, member) SAME_##type(got->member, want->member);
#define SAME_ROWS(table, LIST)                                                                                         \
    static void same_##table(const struct journal_##table *got, const struct journal_##table *want) { LIST(SAME, SAME) }
SAME_ROWS(job, JOURNAL_JOB)
SAME_ROWS(subtask, JOURNAL_SUBTASK)
SAME_ROWS(attempt, JOURNAL_ATTEMPT)
SAME_ROWS(event, JOURNAL_EVENT)
SAME_ROWS(series, JOURNAL_SERIES)

static struct journal_job full_job(void)
{
    int n = 100;
    struct journal_job row;
    JOURNAL_JOB(FILL, FILL)
    return row;
}

static struct journal_subtask full_subtask(void)
{
    int n = 200;
    struct journal_subtask row;
    JOURNAL_SUBTASK(FILL, FILL)
    return row;
}

static struct journal_attempt full_attempt(void)
{
    int n = 300;
    struct journal_attempt row;
    JOURNAL_ATTEMPT(FILL, FILL)
    return row;
}

static struct journal_event full_event(void)
{
    int n = 400;
    struct journal_event row;
    JOURNAL_EVENT(FILL, FILL)
    return row;
}

static struct journal_series full_series(void)
{
    int n = 500;
    struct journal_series row;
    JOURNAL_SERIES(FILL, FILL)
    return row;
}

struct walk {
    const void *want;
    int n;
};

static bool see_subtask(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct walk *w = ctx;
    assert_int_equal(seq, s->seq);
    same_subtask(s, w->want);
    w->n++;
    return true;
}

static bool see_attempt(void *ctx, const struct journal_attempt *a)
{
    struct walk *w = ctx;
    same_attempt(a, w->want);
    w->n++;
    return true;
}

static bool see_event(void *ctx, const struct journal_event *ev)
{
    struct walk *w = ctx;
    same_event(ev, w->want);
    w->n++;
    return true;
}

static void every_column_comes_back(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    struct journal_job job = full_job(), first = full_job(), got;
    struct journal_subtask sub = full_subtask();
    struct journal_attempt attempt = full_attempt();
    struct journal_event event = full_event();
    first.parent = first.hop = 0; /* as of a rollback in the same series */
    bool exists;
    assert_int_equal(journal_add_plan(j, job.plan, &exists, &e), 0);
    assert_int_equal(journal_add_job(j, &first, &e), 0);
    job.parent = first.id;
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    assert_int_equal(first.id, 1); /* the journal counts, whatever stood in the row */
    assert_int_equal(job.id, 2);
    assert_int_equal(journal_job(j, job.id, &got, &e), 0);
    same_job(&got, &job);
    journal_job_clear(&got);

#define CHANGE_TEXT(p)                                                                                                 \
    free(*(p));                                                                                                        \
    *(p) = xasprintf("changed %d", n++);
#define CHANGE_LINK(p) *(p) = ++n;
#define CHANGE_FLAG(p) *(p) = !*(p);
#define CHANGE(type, column, member) CHANGE_##type(&job.member)
    int n = 0;
    JOURNAL_JOB_CHANGES(CHANGE, CHANGE)
    assert_int_equal(journal_set_job(j, &job, &e), 0);
    assert_int_equal(journal_job(j, job.id, &got, &e), 0);
    same_job(&got, &job);
    journal_job_clear(&got);
    assert_int_equal(journal_job(j, first.id, &got, &e), 0); /* and no other */
    same_job(&got, &first);
    journal_job_clear(&got);

    sub.job = attempt.job = event.job = job.id;
    attempt.seq = sub.seq;
    struct walk w = {.want = &sub};
    assert_int_equal(journal_set_subtask(j, job.id, sub.seq, &sub, &e), 0);
    assert_int_equal(journal_subtasks(j, job.id, see_subtask, &w, &e), 0);
    assert_int_equal(w.n, 1);

    w = (struct walk){.want = &attempt};
    assert_int_equal(journal_add_attempt(j, job.id, &attempt, &e), 0);
    assert_int_equal(journal_end_attempt(j, job.id, attempt.seq, attempt.attempt, attempt.ended, attempt.outcome,
                                         attempt.exit, "o", 1, &e),
                     0);
    assert_int_equal(journal_attempts(j, job.id, -1, see_attempt, &w, &e), 0);
    assert_int_equal(w.n, 1);

    w = (struct walk){.want = &event};
    assert_int_equal(journal_add_event(j, &event, &e), 0);
    assert_int_equal(event.id, 1);
    assert_int_equal(journal_events(j, job.id, 0, 10, see_event, &w, &e), 0);
    assert_int_equal(w.n, 1);
    journal_close(j);
    row_clear(TABLE_job, &job);
    row_clear(TABLE_job, &first);
    row_clear(TABLE_subtask, &sub);
    row_clear(TABLE_attempt, &attempt);
    row_clear(TABLE_event, &event);
}

static bool note_hop(void *ctx, const struct journal_job *row)
{
    buf_printf(ctx, "%lld:%lld;", (long long)row->id, (long long)row->hop);
    return true;
}

/* A series is named after its first job, which is written before it; no hop of it can be there twice. */
static void a_series_has_each_hop_once(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    struct journal_job first = full_job(), job = full_job(), got;
    struct journal_series series = full_series(), back;
    struct buf jobs = {0};
    bool exists;
    first.parent = first.series = 0;
    first.hop = 1;
    assert_int_equal(journal_add_plan(j, first.plan, &exists, &e), 0);
    assert_int_equal(journal_add_job(j, &first, &e), 0);
    series.id = first.id;
    assert_int_equal(journal_set_series(j, &series, &e), 0);
    assert_int_equal(journal_series(j, first.id, &back, &e), 0);
    same_series(&back, &series);
    journal_series_clear(&back);
    assert_int_equal(journal_job(j, first.id, &got, &e), 0);
    assert_int_equal(got.series, first.id);
    journal_job_clear(&got);

    job.parent = 0;
    job.series = first.id;
    job.hop = 2;
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    assert_int_equal(journal_add_job(j, &job, &e), ERR_JOURNAL);
    job.hop = 0; /* rollbacks: as many as one likes */
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    job.series = 0;
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    assert_int_equal(journal_jobs_of_series(j, first.id, note_hop, &jobs, &e), 0);
    assert_string_equal(buf_str(&jobs), "1:1;2:2;3:0;4:0;");
    buf_free(&jobs);

    series.continues = false;
    free(series.problem);
    series.problem = NULL;
    assert_int_equal(journal_set_series(j, &series, &e), 0);
    assert_int_equal(journal_series(j, first.id, &back, &e), 0);
    assert_false(back.continues);
    assert_null(back.problem);
    journal_series_clear(&back);
    assert_int_equal(journal_series(j, 2, &back, &e), ERR_NOT_FOUND);
    journal_close(j);
    row_clear(TABLE_job, &first);
    row_clear(TABLE_job, &job);
    row_clear(TABLE_series, &series);
}

static void a_copy_is_its_own(void **state)
{
    struct journal_job row = full_job(), copy;
    row.why = (free(row.why), NULL);
    journal_job_copy(&copy, &row);
    assert_null(copy.why);
    assert_ptr_not_equal(copy.deployment, row.deployment);
    assert_string_equal(copy.deployment, row.deployment);
    assert_int_equal(copy.parent, row.parent);
    journal_job_clear(&copy);
    assert_null(copy.deployment);
    assert_int_equal(copy.id, 0);
    journal_job_clear(&row);
}

/* Attempts without an outcome are dropped; subtasks that are not at their end get the phase that is asked for. */
static bool phases(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    buf_printf(ctx, "%s %s;", s->phase, s->ended);
    return true;
}

static bool outcomes(void *ctx, const struct journal_attempt *a)
{
    buf_printf(ctx, "%s %s;", a->outcome, a->ended);
    return true;
}

static void what_is_not_at_its_end_is_canceled(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    struct journal_job job = full_job();
    job.parent = 0;
    bool exists;
    assert_int_equal(journal_add_plan(j, job.plan, &exists, &e), 0);
    assert_int_equal(journal_add_job(j, &job, &e), 0);
    static const char *const begun[] = {"over", "ove", "running", ",", "also over"};
    for (unsigned i = 0; i < 5; i++) {
        struct journal_subtask s = {
            .step = (char *)"s", .name = (char *)"n", .phase = (char *)begun[i], .ended = (char *)"before"};
        char *token = xasprintf("t%u", i);
        struct journal_attempt a = {
            .seq = i, .attempt = 1, .token = token, .host = (char *)"h", .boot = (char *)"", .started = (char *)"s"};
        assert_int_equal(journal_set_subtask(j, job.id, i, &s, &e), 0);
        assert_int_equal(journal_add_attempt(j, job.id, &a, &e), 0);
        if (i == 0)
            assert_int_equal(journal_end_attempt(j, job.id, i, 1, "before", "exited", 0, "", 0, &e), 0);
        free(token);
    }
    assert_int_equal(journal_cancel_subtasks(j, job.id, "now", "canceled", ",over,also over,", &e), 0);
    struct buf b = {0};
    assert_int_equal(journal_subtasks(j, job.id, phases, &b, &e), 0);
    assert_string_equal(buf_str(&b), "over before;canceled now;canceled now;canceled now;also over before;");
    buf_free(&b);
    assert_int_equal(journal_attempts(j, job.id, -1, outcomes, &b, &e), 0);
    assert_string_equal(buf_str(&b), "exited before;dropped now;dropped now;dropped now;dropped now;");
    buf_free(&b);
    journal_close(j);
    row_clear(TABLE_job, &job);
}

/* --- statements -------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *table;
} names[] = {
#define STATEMENT(name, table, sql) {#name, #table},
#include "daemon/journal/statements.def"
#undef STATEMENT
};

static void every_statement_binds_columns_of_its_table(void **state)
{
    static const char *const by_hand[] = {"since", "limit",   "kept",  "output", "canceled",
                                          "final", "outputs", "bytes", NULL};
    struct journal *j = open_it(*state);
    struct err e;
    for (int st = 0; st < N_STATEMENTS; st++) {
        sqlite3_stmt *s;
        if (statement_new(j, (enum statement)st, &s, &e))
            fail_msg("%s: %s", names[st].name, e.msg);
        const char *const *columns = NULL;
        for (size_t t = 0; t < N_TABLES; t++)
            if (strcmp(tables[t].name, names[st].table) == 0)
                columns = tables[t].columns;
        for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
            const char *p = sqlite3_bind_parameter_name(s, i);
            if (!p || p[0] != ':' || (!has(columns, p + 1) && !has(by_hand, p + 1)))
                fail_msg("%s: nothing is bound to %s", names[st].name, p ? p : "a parameter without a name");
        }
        sqlite3_finalize(s);
    }
    journal_close(j);
}

/* --- migrations -------------------------------------------------------------------------------------------- */

static void every_file_is_a_migration(void **state)
{
    int files = 0, version;
    DIR *d = opendir(SCHEMA "/journal");
    assert_non_null(d);
    for (struct dirent *x; (x = readdir(d));)
        files += strlen(x->d_name) > 4 && strcmp(x->d_name + strlen(x->d_name) - 4, ".sql") == 0;
    closedir(d);
    assert_int_equal(files, journal_n_migrations);
    journal_close(open_it(*state));
    sqlite3 *db = raw_open(((struct fx *)*state)->path);
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    assert_int_equal(version, files);
}

/* --- a journal of an older build --------------------------------------------------------------------------- */

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b = {0};
    char chunk[4096];
    size_t n;
    assert_non_null(f);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add(&b, chunk, n);
    fclose(f);
    return buf_take(&b);
}

/* A dump of then, whose tables are STRICT where SQLite knows it. */
static char *dump_of_then(void)
{
    char *dump = read_file(TEST_DATA "/journal/schema-1.sql");
    for (char *s = dump; sqlite3_libversion_number() < 3037000 && (s = strstr(s, " STRICT"));)
        memset(s, ' ', s[7] == ',' ? 8 : 7);
    return dump;
}

#define PRINT_TEXT(v) buf_printf(b, "%s", (v) ? (v) : "-")
#define PRINT_NUMBER(v) buf_printf(b, "%lld", (long long)(v))
#define PRINT_LINK(v) buf_printf(b, (v) ? "%lld" : "-", (long long)(v))
#define PRINT_COUNT(v) buf_printf(b, "%u", (v))
#define PRINT_FLAG(v) buf_printf(b, "%d", (v))
#define PRINT_STATUS(v) buf_printf(b, (v) < 0 ? "-" : "%d", (v))
#define PRINT(type, column, member)                                                                                    \
    if (has(old, #column)) {                                                                                           \
        buf_puts(b, #column "=");                                                                                      \
        PRINT_##type(row->member);                                                                                     \
        buf_puts(b, "|");                                                                                              \
    }

/* What the columns `old` of a row hold, as the reader has it. */
struct printer {
    const char *const *old;
    struct buf text;
};
#define PRINTER(table, LIST)                                                                                           \
    static void print_##table(struct printer *p, const struct journal_##table *row)                                    \
    {                                                                                                                  \
        const char *const *old = p->old;                                                                               \
        struct buf *b = &p->text;                                                                                      \
        LIST(PRINT, PRINT)                                                                                             \
        buf_puts(b, "\n");                                                                                             \
    }
PRINTER(job, JOURNAL_JOB)
PRINTER(subtask, JOURNAL_SUBTASK)
PRINTER(attempt, JOURNAL_ATTEMPT)
PRINTER(event, JOURNAL_EVENT)

static bool print_job_row(void *ctx, const struct journal_job *row)
{
    print_job(ctx, row);
    return true;
}

static bool print_subtask_row(void *ctx, unsigned seq, const struct journal_subtask *row)
{
    print_subtask(ctx, row);
    return true;
}

static bool print_attempt_row(void *ctx, const struct journal_attempt *row)
{
    print_attempt(ctx, row);
    return true;
}

static bool print_event_row(void *ctx, const struct journal_event *row)
{
    print_event(ctx, row);
    return true;
}

static bool count_fact(void *ctx, const char *name, const char *value)
{
    if (strcmp(name, "color") == 0 && strcmp(value, "grün") == 0)
        ++*(int *)ctx;
    return true;
}

/* The same, read from the file by column names, without the reader; *old: the columns that the file has. */
static char *raw_rows(sqlite3 *db, const char *const *listed, const char *table, const char *where,
                      const char *const **old)
{
    static const char *had[64];
    struct buf b = {0};
    sqlite3_stmt *s;
    size_t n = 0;
    char *sql = xasprintf("SELECT * FROM %s %s", table, where);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    free(sql);
    for (int i = 0; i < sqlite3_column_count(s); i++)
        for (const char *const *l = listed; *l; l++)
            if (strcmp(*l, sqlite3_column_name(s, i)) == 0)
                had[n++] = *l;
    had[n] = NULL;
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (const char *const *l = listed; *l; l++)
            for (int i = 0; i < sqlite3_column_count(s); i++)
                if (strcmp(*l, sqlite3_column_name(s, i)) == 0) {
                    const char *v = (const char *)sqlite3_column_text(s, i);
                    buf_printf(&b, "%s=%s|", *l, v ? v : "-");
                }
        buf_puts(&b, "\n");
    }
    sqlite3_finalize(s);
    *old = had;
    return buf_take(&b);
}

static void same_text(char *want, struct printer *p)
{
    assert_true(strlen(want) > 100);
    assert_string_equal(buf_str(&p->text), want);
    buf_free(&p->text);
    free(want);
}

static bool see_submit(void *ctx, const struct journal_event *ev)
{
    assert_null(ev->from);
    assert_string_equal(ev->to, "Ready");
    assert_string_equal(ev->event, "submit");
    return false;
}

static void an_older_journal_reads_the_same(void **state)
{
    struct fx *f = *state;
    struct err e;
    char *dump = dump_of_then(), *output;
    sqlite3 *db = raw_open(f->path), *old = raw_open(":memory:");
    raw_exec(db, dump);
    raw_exec(old, dump);
    free(dump);
    sqlite3_close(db);
    struct journal *j = open_it(f);

    struct printer p = {0};
    char *want = raw_rows(old, job_names, "job", "ORDER BY id DESC", &p.old);
    assert_int_equal(journal_jobs(j, false, print_job_row, &p, &e), 0);
    same_text(want, &p);
    want = raw_rows(old, job_names, "job", "WHERE id = 2", &p.old); /* the other one has ended */
    assert_int_equal(journal_jobs(j, true, print_job_row, &p, &e), 0);
    same_text(want, &p);
    for (int64_t job = 1; job <= 2; job++) {
        char *where = xasprintf("WHERE job = %d ORDER BY job, seq", (int)job);
        want = raw_rows(old, subtask_names, "subtask", where, &p.old);
        assert_int_equal(journal_subtasks(j, job, print_subtask_row, &p, &e), 0);
        same_text(want, &p);
        free(where);
        where = xasprintf("WHERE job = %d ORDER BY seq, attempt", (int)job);
        want = raw_rows(old, attempt_names, "attempt", where, &p.old);
        assert_int_equal(journal_attempts(j, job, -1, print_attempt_row, &p, &e), 0);
        same_text(want, &p);
        free(where);
    }
    want = raw_rows(old, event_names, "event", "ORDER BY id", &p.old);
    assert_int_equal(journal_events(j, 0, 0, 1000, print_event_row, &p, &e), 0);
    same_text(want, &p);
    sqlite3_close(old);
    assert_int_equal(journal_events(j, 0, 0, 1, see_submit, NULL, &e), 0);

    size_t len;
    int facts = 0;
    char *text = NULL, *instance = journal_fact(j, 0, "instance");
    assert_int_equal(journal_output(j, 1, 2, 1, &output, &len, &e), 0);
    assert_string_equal(output, "it's acting on n1\n");
    assert_int_equal(journal_facts(j, 1, count_fact, &facts, &e), 0);
    assert_int_equal(facts, 1);
    assert_non_null(instance);
    assert_int_equal(journal_last_event(j, 1), 32);
    assert_true(journal_attempt_ended(j, "omsup-1-5f6d7d5c-4-2"));
    struct journal_job job;
    assert_int_equal(journal_job(j, 2, &job, &e), 0);
    assert_int_equal(journal_plan_part(j, job.plan, 0, &text, &e), 0); /* all of it in plan.text, as it was then */
    assert_int_equal(strncmp(text, "{\"type\":\"Upgrade\"", 17), 0);
    assert_int_equal(text[strlen(text) - 1], '}');
    free(text);
    assert_int_equal(journal_plan_part(j, job.plan, 1, &text, &e), 0);
    assert_null(text);
    journal_job_clear(&job);
    free(instance);
    free(output);
    journal_close(j);
}

/* What a table is made of: its columns with type and NOT NULL, by name; and that it is not STRICT. */
static char *shape(const char *path)
{
    static const char *const sql[] = {
        "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' ORDER BY 1, 2",
        "SELECT name, sql LIKE '%STRICT%', sql LIKE '%WITHOUT ROWID%', '', '' FROM sqlite_master WHERE type = 'table' "
        "ORDER BY 1",
        "SELECT type, name, tbl_name, '', '' FROM sqlite_master WHERE type <> 'table' ORDER BY 1, 2",
    };
    struct buf b = {0};
    sqlite3 *db = raw_open(path);
    for (size_t i = 0; i < ARRAY_LEN(sql); i++) {
        sqlite3_stmt *s;
        assert_int_equal(sqlite3_prepare_v2(db, sql[i], -1, &s, NULL), SQLITE_OK);
        while (sqlite3_step(s) == SQLITE_ROW)
            for (int c = 0; c < 5; c++)
                buf_printf(&b, "%s%s", (const char *)sqlite3_column_text(s, c), c < 4 ? " " : "\n");
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return buf_take(&b);
}

static void strict_tables_become_those_of_today(void **state)
{
    struct fx *f = *state;
    journal_close(open_it(f));
    char *want = shape(f->path), *dump = dump_of_then();
    assert_non_null(strstr(want, "plan sha256 TEXT 1 1\n"));
    assert_non_null(strstr(want, "subtask 0 1"));
    unlink(f->path);
    sqlite3 *db = raw_open(f->path);
    raw_exec(db, dump);
    sqlite3_close(db);
    struct journal *j = open_it(f);
    struct err e;
    bool exists;
    assert_int_equal(journal_add_plan(j, "aa", &exists, &e), 0); /* it is used as what it has become, at once */
    journal_close(j);
    char *got = shape(f->path);
    assert_string_equal(got, want);
    free(got);
    free(dump);
    free(want);
}

static void a_strict_journal_is_refused_where_sqlite_cannot_read_it(void **state)
{
    struct fx *f = *state;
    struct journal *j;
    struct err e;
    journal_close(open_it(f));
    sqlite3 *db = raw_open(f->path);
    raw_exec(db, "PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql = sql || ' STRICT' WHERE name = 'plan'");
    sqlite3_close(db);
    int rc = journal_open(f->path, &j, &e);
    if (sqlite3_libversion_number() >= 3037000) {
        assert_int_equal(rc, 0);
        journal_close(j);
    } else {
        assert_int_equal(rc, ERR_JOURNAL);
        assert_non_null(strstr(e.msg, "3.37 or newer"));
    }
}

/* No table is STRICT, so this is what says that each value is stored as what its column is for. */
static void every_value_has_the_type_of_its_column(void **state)
{
    struct fx *f = *state;
    int values = 0;
    every_column_comes_back(state);
    sqlite3 *db = raw_open(f->path);
    for (size_t t = 0; t < N_TABLES; t++)
        for (size_t c = 0; tables[t].columns[c]; c++) {
            const char *table = tables[t].name, *column = tables[t].columns[c];
            char *sql =
                xasprintf("SELECT typeof(r.%s), upper(typeof(r.%s)) = i.type FROM %s r, pragma_table_info('%s') i "
                          "WHERE i.name = '%s' AND r.%s IS NOT NULL",
                          column, column, table, table, column, column);
            sqlite3_stmt *s;
            assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
            for (; sqlite3_step(s) == SQLITE_ROW; values++)
                if (!sqlite3_column_int(s, 1))
                    fail_msg("%s.%s is %s", table, column, (const char *)sqlite3_column_text(s, 0));
            sqlite3_finalize(s);
            free(sql);
        }
    assert_true(values > 40);
    sqlite3_close(db);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_lists_are_the_tables),
        T(every_column_comes_back),
        T(a_series_has_each_hop_once),
        T(a_copy_is_its_own),
        T(what_is_not_at_its_end_is_canceled),
        T(every_statement_binds_columns_of_its_table),
        T(every_file_is_a_migration),
        T(an_older_journal_reads_the_same),
        T(strict_tables_become_those_of_today),
        T(a_strict_journal_is_refused_where_sqlite_cannot_read_it),
        T(every_value_has_the_type_of_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
