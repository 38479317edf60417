/* The journal: opened, refused, damaged, full; every row comes back as it was written. */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/alloc.h"
#include "daemon/journal/journal.h"
#include "tests/unit/need.h"

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
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < 4; i++) {
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

/* The message of a refusal, which must hold these words and the path. */
static void refused(const struct fx *f, const char *words)
{
    struct journal *j = NULL;
    struct err e = {0};
    assert_int_equal(journal_open(f->path, &j, &e), ERR_JOURNAL);
    assert_null(j);
    if (!strstr(e.msg, words) || !strstr(e.msg, f->path) || strchr(e.msg, '\n'))
        fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
}

static void sql(const struct fx *f, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct journal_job a_job(void)
{
    return (struct journal_job){.type = (char *)"upgrade",
                                .mode = (char *)"ready",
                                .state = (char *)"Ready",
                                .plan = (char *)"abc",
                                .deployment = (char *)"deployment: x\n",
                                .object = (char *)"x",
                                .login = (char *)"root",
                                .boot = (char *)"b",
                                .created = (char *)"2025-01-01T00:00:00.000Z"};
}

static int64_t add_job(struct journal *j)
{
    struct err e;
    struct journal_job b = a_job();
    assert_int_equal(journal_begin(j, &e), 0);
    bool exists;
    assert_int_equal(journal_add_plan(j, "abc", &exists, &e), 0);
    if (!exists)
        assert_int_equal(journal_add_plan_part(j, "abc", 0, "{}", &e), 0);
    assert_int_equal(journal_add_job(j, &b, &e), 0);
    assert_int_equal(journal_commit(j, &e), 0);
    return b.id;
}

/* --- opening ---------------------------------------------------------------------------------------- */

static void a_new_one_is_private_and_opens_again(void **state)
{
    struct fx *f = *state;
    struct stat st;
    journal_close(open_it(f));
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct journal *j = open_it(f);
    int64_t id = add_job(j);
    journal_close(j);
    j = open_it(f);
    struct journal_job b = {0};
    struct err e;
    assert_int_equal(journal_job(j, id, &b, &e), 0);
    journal_job_clear(&b);
    assert_int_equal(journal_job(j, id + 1, &b, &e), ERR_NOT_FOUND);
    journal_close(j);
    journal_close(NULL);
}

static void a_newer_one_is_refused_and_left_alone(void **state)
{
    struct fx *f = *state;
    journal_close(open_it(f));
    sql(f, "PRAGMA user_version = 99; CREATE TABLE of_the_future(x); INSERT INTO of_the_future VALUES (1)");
    refused(f, "newer omsupd (schema 99");
    sql(f, "SELECT x FROM of_the_future");
}

static void a_second_one_is_refused_while_the_first_lives(void **state)
{
    struct fx *f = *state;
    struct journal *j = open_it(f);
    refused(f, "another omsupd");
    add_job(j); /* the first is not disturbed */
    journal_close(j);
    journal_close(open_it(f));
}

static void not_a_database(void **state)
{
    struct fx *f = *state;
    FILE *file = fopen(f->path, "w");
    for (int i = 0; i < 5000; i++)
        fputs("no database ", file);
    fclose(file);
    refused(f, "not a database");
}

static void no_such_directory(void **state)
{
    struct fx *f = *state;
    char *good = f->path;
    f->path = xasprintf("%s/none/journal.db", f->dir);
    refused(f, "unable to open");
    free(f->path);
    f->path = good;
}

static void overwrite(const struct fx *f, off_t at, size_t n)
{
    int fd = open(f->path, O_WRONLY);
    char *junk = xcalloc(1, n);
    memset(junk, 0xA5, n);
    assert_int_equal(pwrite(fd, junk, n, at), n);
    free(junk);
    close(fd);
}

/* The schema's page is gone: said at opening. */
static void a_damaged_schema_is_an_error(void **state)
{
    struct fx *f = *state;
    journal_close(open_it(f));
    overwrite(f, 100, 3900);
    refused(f, "malformed");
}

static bool any_job(void *ctx, const struct journal_job *b)
{
    ++*(int *)ctx;
    return true;
}

/* Pages of rows are gone: said by the first read of them, and nothing crashes. */
static void damaged_rows_are_an_error(void **state)
{
    struct fx *f = *state;
    struct journal *j = open_it(f);
    struct err e = {0};
    for (int i = 0; i < 200; i++)
        add_job(j);
    journal_close(j);
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    overwrite(f, 4096, (size_t)st.st_size - 4096);
    j = NULL;
    int n = 0;
    if (journal_open(f->path, &j, &e) == 0)
        assert_int_equal(journal_jobs(j, false, any_job, &n, &e), ERR_JOURNAL);
    assert_non_null(strstr(e.msg, "malformed"));
    journal_close(j);
}

static void a_file_cut_short_is_an_error(void **state)
{
    struct fx *f = *state;
    struct journal *j = open_it(f);
    for (int i = 0; i < 200; i++)
        add_job(j);
    journal_close(j);
    assert_int_equal(truncate(f->path, 4096), 0);
    j = NULL;
    struct err e = {0};
    int n = 0;
    if (journal_open(f->path, &j, &e) == 0)
        assert_int_equal(journal_jobs(j, false, any_job, &n, &e), ERR_JOURNAL);
    assert_int_equal(e.code, ERR_JOURNAL);
    journal_close(j);
}

/* A child that commits, writes on without a commit, and is killed: what was committed is there, the rest is not. */
static void what_was_committed_survives_a_kill(void **state)
{
    struct fx *f = *state;
    int fds[2];
    char c;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct err e;
        struct journal *j;
        struct journal_job b = a_job();
        if (journal_open(f->path, &j, &e))
            _exit(1);
        add_job(j);
        if (journal_begin(j, &e) || journal_add_job(j, &b, &e) || write(fds[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &c, 1), 1);
    close(fds[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    struct journal *j = open_it(f);
    struct err e;
    int n = 0;
    assert_int_equal(journal_jobs(j, false, any_job, &n, &e), 0);
    assert_int_equal(n, 1);
    journal_close(j);
}

/* The tail of the write-ahead log is torn: the commits in front of the tear are there. */
static void a_torn_tail_loses_only_itself(void **state)
{
    struct fx *f = *state;
    pid_t pid = fork();
    if (pid == 0) {
        struct err e;
        struct journal *j;
        if (journal_open(f->path, &j, &e))
            _exit(1);
        for (int i = 0; i < 5; i++)
            add_job(j);
        _exit(0); /* nothing is closed: the log stays */
    }
    int status;
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    char *wal = xasprintf("%s-wal", f->path);
    struct stat st;
    assert_int_equal(stat(wal, &st), 0);
    assert_int_equal(truncate(wal, st.st_size - 100), 0);
    free(wal);
    struct journal *j = open_it(f);
    struct err e;
    int n = 0;
    assert_int_equal(journal_jobs(j, false, any_job, &n, &e), 0);
    assert_int_equal(n, 4);
    journal_close(j);
}

/* --- round trips -------------------------------------------------------------------------------------- */

static bool take_job(void *ctx, const struct journal_job *b)
{
    struct journal_job *out = ctx;
    journal_job_copy(out, b);
    return false;
}

static void jobs_come_back(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    int64_t first = add_job(j);
    struct journal_job b = a_job(), r = {0};
    b.parent = first;
    b.pause_on_reboot = true;
    b.why = (char *)"why ü";
    b.started = (char *)"s";
    assert_int_equal(journal_begin(j, &e), 0);
    assert_int_equal(journal_begin(j, &e), 0); /* again: nothing happens */
    assert_int_equal(journal_add_job(j, &b, &e), 0);
    assert_int_equal(journal_commit(j, &e), 0);
    assert_int_equal(journal_commit(j, &e), 0);
    assert_int_equal(journal_job(j, b.id, &r, &e), 0);
    assert_int_equal(r.parent, first);
    assert_true(r.pause_on_reboot);
    assert_string_equal(r.why, "why ü");
    assert_string_equal(r.deployment, b.deployment);
    assert_string_equal(r.started, "s");
    assert_null(r.completed);
    journal_job_clear(&r);

    b.mode = (char *)"successful";
    b.state = (char *)"Successful";
    b.why = NULL;
    b.completed = (char *)"c";
    b.boot = (char *)"b2";
    assert_int_equal(journal_set_job(j, &b, &e), 0);
    assert_int_equal(journal_jobs(j, true, take_job, &r, &e), 0); /* only open ones: the first */
    assert_int_equal(r.id, first);
    assert_int_equal(r.parent, 0);
    assert_false(r.pause_on_reboot);
    journal_job_clear(&r);
    assert_int_equal(journal_jobs(j, false, take_job, &r, &e), 0); /* newest first */
    assert_int_equal(r.id, b.id);
    assert_null(r.why);
    assert_string_equal(r.completed, "c");
    assert_string_equal(r.boot, "b2");
    journal_job_clear(&r);
    journal_close(j);
}

static void a_plan_is_kept_once(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    char *text = NULL;
    bool exists;
    static const char *const parts[] = {"one ", "and", " two", NULL};
    assert_int_equal(journal_add_plan(j, "h", &exists, &e), 0);
    assert_false(exists);
    for (unsigned n = 0; n < 3; n++)
        assert_int_equal(journal_add_plan_part(j, "h", n, parts[n], &e), 0);
    assert_int_equal(journal_add_plan(j, "h", &exists, &e), 0);
    assert_true(exists);
    assert_int_equal(journal_add_plan_part(j, "h", 1, "again", &e), ERR_JOURNAL);
    assert_int_equal(journal_add_plan_part(j, "none", 0, "of no plan", &e), ERR_JOURNAL);
    for (unsigned n = 0; n < 4; n++) {
        assert_int_equal(journal_plan_part(j, "h", n, &text, &e), 0);
        assert_true(parts[n] ? text && strcmp(text, parts[n]) == 0 : !text);
        free(text);
    }
    assert_int_equal(journal_plan_part(j, "none", 0, &text, &e), ERR_NOT_FOUND);
    struct journal_job b = a_job();
    b.plan = (char *)"none";
    assert_int_equal(journal_add_job(j, &b, &e), ERR_JOURNAL); /* no job without its plan */
    journal_close(j);
}

struct seen {
    unsigned n;
    struct journal_subtask s[4];
};

static bool see_subtask(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct seen *out = ctx;
    assert_int_equal(seq, out->n);
    assert_string_equal(s->step, "step");
    if (seq == 0) {
        assert_string_equal(s->name, "n1");
        assert_string_equal(s->phase, "acting");
        assert_string_equal(s->message, "later");
        assert_null(s->ended);
        assert_int_equal(s->attempt, 2);
        assert_int_equal(s->lost, 1);
        assert_true(s->open_run);
        assert_false(s->skip_forced);
    } else {
        assert_null(s->started);
        assert_null(s->message);
        assert_true(s->skip_forced);
    }
    out->n++;
    return true;
}

static void subtasks_come_back(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    int64_t id = add_job(j);
    struct journal_subtask s = {.step = (char *)"step",
                                .name = (char *)"n1",
                                .phase = (char *)"pending",
                                .started = (char *)"s",
                                .message = (char *)"first"};
    assert_int_equal(journal_set_subtask(j, id, 0, &s, &e), 0);
    s.skip_forced = true;
    s.started = s.message = NULL;
    assert_int_equal(journal_set_subtask(j, id, 1, &s, &e), 0);
    s = (struct journal_subtask){.step = (char *)"step",
                                 .name = (char *)"n1",
                                 .phase = (char *)"acting",
                                 .started = (char *)"s",
                                 .message = (char *)"later",
                                 .attempt = 2,
                                 .lost = 1,
                                 .open_run = true};
    assert_int_equal(journal_set_subtask(j, id, 0, &s, &e), 0); /* replaces */
    struct seen out = {0};
    assert_int_equal(journal_subtasks(j, id, see_subtask, &out, &e), 0);
    assert_int_equal(out.n, 2);
    out.n = 0;
    assert_int_equal(journal_subtasks(j, id + 1, see_subtask, &out, &e), 0);
    assert_int_equal(out.n, 0);
    assert_int_equal(journal_set_subtask(j, id + 1, 0, &s, &e), ERR_JOURNAL); /* of no job */
    journal_close(j);
}

static bool see_attempt(void *ctx, const struct journal_attempt *a)
{
    unsigned *n = ctx;
    assert_int_equal(a->attempt, ++*n);
    assert_int_equal(a->forced, a->attempt == 2);
    if (a->attempt == 1) {
        assert_string_equal(a->outcome, "exited");
        assert_int_equal(a->exit, 0);
    } else {
        assert_null(a->ended);
        assert_null(a->outcome);
        assert_int_equal(a->exit, -1);
    }
    return true;
}

static void attempts_and_their_output_come_back(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    int64_t id = add_job(j);
    struct journal_attempt a = {
        .seq = 3, .attempt = 1, .token = (char *)"t1", .host = (char *)"h", .boot = (char *)"", .started = (char *)"s"};
    assert_int_equal(journal_add_attempt(j, id, &a, &e), 0);
    char *data = NULL;
    size_t len = 0, big = 1024 * 1024;
    assert_int_equal(journal_output(j, id, 3, 1, &data, &len, &e), ERR_NOT_FOUND); /* not yet */
    char *out = xcalloc(1, big);
    for (size_t i = 0; i < big; i++)
        out[i] = (char)(i * 7);
    assert_int_equal(journal_end_attempt(j, id, 3, 1, "end", "exited", 0, out, big, &e), 0);
    assert_int_equal(journal_output(j, id, 3, 1, &data, &len, &e), 0);
    assert_int_equal(len, big);
    assert_memory_equal(data, out, big);
    assert_int_equal(data[len], 0);
    free(data);
    free(out);

    a.token = (char *)"t2";
    a.attempt = 2;
    a.forced = true;
    assert_int_equal(journal_add_attempt(j, id, &a, &e), 0);
    unsigned n = 0;
    assert_int_equal(journal_attempts(j, id, 3, see_attempt, &n, &e), 0);
    assert_int_equal(n, 2);
    n = 0;
    assert_int_equal(journal_attempts(j, id, -1, see_attempt, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(journal_attempts(j, id, 0, see_attempt, &n, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(journal_add_attempt(j, id, &a, &e), ERR_JOURNAL); /* the same attempt twice */
    a.attempt = 3;
    assert_int_equal(journal_add_attempt(j, id, &a, &e), ERR_JOURNAL); /* the same token twice */
    assert_int_equal(journal_end_attempt(j, id, 3, 2, "end", "never", -1, NULL, 0, &e), 0);
    assert_int_equal(journal_output(j, id, 3, 2, &data, &len, &e), 0); /* ended, and said nothing */
    assert_int_equal(len, 0);
    free(data);
    journal_close(j);
}

static bool see_event(void *ctx, const struct journal_event *ev)
{
    int64_t *ids = ctx;
    assert_true(ev->id > ids[0]);
    ids[0] = ev->id;
    ids[1]++;
    assert_string_equal(ev->actor, "engine");
    if (ev->job == 1)
        assert_string_equal(ev->reason, "because\nof 'this'; DROP TABLE job --");
    return true;
}

/* Of one job the newest stay; those of others are untouched. */
static void old_events_go(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    struct journal_event ev = {.time = (char *)"t",
                               .actor = (char *)"engine",
                               .event = (char *)"e",
                               .reason = (char *)"because\nof 'this'; DROP TABLE job --"};
    int64_t ids[2] = {0, 0};
    for (int i = 0; i < 20; i++) {
        ev.job = i % 2;
        assert_int_equal(journal_add_event(j, &ev, &e), 0);
    }
    assert_int_equal(journal_trim_events(j, 0, 10, &e), 0);
    assert_int_equal(journal_trim_events(j, 0, 3, &e), 0);
    assert_int_equal(journal_events(j, 0, 0, 500, see_event, ids, &e), 0);
    assert_int_equal(ids[1], 13);
    ids[0] = ids[1] = 0;
    assert_int_equal(journal_events(j, 1, 0, 500, see_event, ids, &e), 0);
    assert_int_equal(ids[1], 10);
    ids[0] = ids[1] = 0;
    assert_int_equal(journal_events(j, 0, ev.id - 3, 500, see_event, ids, &e), 0); /* the newest are those that stay */
    assert_int_equal(ids[1], 3);
    journal_close(j);
}

static void events_come_back_in_their_order(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    struct journal_event ev = {.job = 1,
                               .time = (char *)"t",
                               .actor = (char *)"engine",
                               .event = (char *)"e",
                               .reason = (char *)"because\nof 'this'; DROP TABLE job --"};
    int64_t first = 0;
    for (int i = 0; i < 6; i++) {
        ev.job = i % 2 ? 2 : 1;
        assert_int_equal(journal_add_event(j, &ev, &e), 0);
        if (!first)
            first = ev.id;
    }
    int64_t ids[2] = {0, 0};
    assert_int_equal(journal_events(j, 0, 0, 500, see_event, ids, &e), 0);
    assert_int_equal(ids[1], 6);
    ids[0] = ids[1] = 0;
    assert_int_equal(journal_events(j, 1, first, 500, see_event, ids, &e), 0);
    assert_int_equal(ids[1], 2);
    ids[0] = ids[1] = 0;
    assert_int_equal(journal_events(j, 2, 0, 1, see_event, ids, &e), 0);
    assert_int_equal(ids[1], 1);
    assert_int_equal(journal_last_event(j, 2), ev.id);
    assert_int_equal(journal_last_event(j, 77), 0);
    journal_close(j);
}

static bool count_fact(void *ctx, const char *name, const char *value)
{
    ++*(int *)ctx;
    return true;
}

static void facts_come_back(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    int n = 0;
    assert_null(journal_fact(j, 1, "T1"));
    assert_int_equal(journal_set_fact(j, 1, "T1", "a", "t", &e), 0);
    assert_int_equal(journal_set_fact(j, 1, "T1", "b", "t", &e), 0);
    assert_int_equal(journal_set_fact(j, 1, "T2", "", "t", &e), 0);
    assert_int_equal(journal_set_fact(j, 2, "T1", "other", "t", &e), 0);
    char *v = journal_fact(j, 1, "T1");
    assert_string_equal(v, "b");
    free(v);
    assert_int_equal(journal_facts(j, 1, count_fact, &n, &e), 0);
    assert_int_equal(n, 2);
    journal_close(j);
}

/* Every statement once, and again: they share a cache of prepared ones that must hold them all. */
static void all_statements_fit_in_the_cache(void **state)
{
    struct journal *j = open_it(*state);
    struct err e;
    for (int round = 0; round < 2; round++) {
        int64_t id = add_job(j);
        struct journal_job b = a_job(), r = {0};
        char *text = NULL;
        size_t len;
        int n = 0;
        unsigned u = 0;
        int64_t ids[2] = {0, 0};
        struct seen seen = {0};
        b.id = id;
        char *token = xasprintf("t%d", round);
        struct journal_attempt a = {
            .attempt = 1, .token = token, .host = (char *)"h", .boot = (char *)"", .started = (char *)"s"};
        struct journal_event ev = {.job = 9, .time = (char *)"t", .actor = (char *)"engine", .event = (char *)"e"};
        assert_int_equal(journal_set_job(j, &b, &e), 0);
        assert_int_equal(journal_add_attempt(j, id, &a, &e), 0);
        assert_int_equal(journal_end_attempt(j, id, 0, 1, "e", "exited", 0, "x", 1, &e), 0);
        assert_int_equal(journal_add_event(j, &ev, &e), 0);
        assert_int_equal(journal_set_fact(j, id, "f", "v", "t", &e), 0);
        assert_int_equal(journal_job(j, id, &r, &e), 0);
        journal_job_clear(&r);
        assert_int_equal(journal_plan_part(j, "abc", 0, &text, &e), 0);
        free(text);
        assert_int_equal(journal_subtasks(j, id, see_subtask, &seen, &e), 0);
        assert_int_equal(journal_attempts(j, id, -1, see_attempt, &u, &e), 0);
        assert_int_equal(journal_output(j, id, 0, 1, &text, &len, &e), 0);
        free(text);
        assert_int_equal(journal_events(j, 9, 0, 10, see_event, ids, &e), 0);
        assert_int_equal(journal_last_event(j, 9), ev.id);
        assert_int_equal(journal_facts(j, id, count_fact, &n, &e), 0);
        free(journal_fact(j, id, "f"));
        free(token);
    }
    journal_close(j);
}

static bool count_attempt(void *ctx, const struct journal_attempt *a)
{
    ++*(unsigned *)ctx;
    return true;
}

/* --- a full disk ---------------------------------------------------------------------------------------- */

/* Writes until it fails; the status of a child in which memory is as far as the failed commit. 0: the failure was an
 * ordinary error, and the journal opens again with all that was committed. */
static int fill(const char *path, size_t max)
{
    struct journal *j;
    struct err e = {0};
    size_t committed = 0;
    char *blob = xcalloc(1, 30000);
    if (journal_open(path, &j, &e))
        return 10;
    struct journal_job b = a_job();
    bool exists;
    if (journal_begin(j, &e) || journal_add_plan(j, "abc", &exists, &e) || journal_add_job(j, &b, &e) ||
        journal_commit(j, &e))
        return 11;
    int rc = 0;
    for (unsigned i = 1; i < max && rc == 0; i++) {
        char *token = xasprintf("t%u", i);
        struct journal_attempt a = {
            .attempt = i, .token = token, .host = (char *)"h", .boot = (char *)"", .started = (char *)"s"};
        if ((rc = journal_begin(j, &e)) == 0 && (rc = journal_add_attempt(j, b.id, &a, &e)) == 0 &&
            (rc = journal_end_attempt(j, b.id, 0, i, "e", "exited", 0, blob, 30000, &e)) == 0 &&
            (rc = journal_commit(j, &e)) == 0)
            committed++;
        free(token);
    }
    free(blob);
    journal_close(j);
    if (rc != ERR_JOURNAL || !strstr(e.msg, "journal"))
        return 12;
    unsigned n = 0;
    if (journal_open(path, &j, &e))
        return 13;
    rc = journal_attempts(j, b.id, -1, count_attempt, &n, NULL);
    journal_close(j);
    return committed > 3 && rc == 0 && n == committed ? 0 : 14;
}

static int status_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* In a mount namespace of its own, so that nothing stays mounted. */
static void a_full_disk_is_an_error(void **state)
{
    need_root("a small file system is mounted");
    struct fx *f = *state;
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount("omsup-test", f->dir, "tmpfs", 0, "size=600k,mode=700") != 0)
            _exit(77);
        _exit(fill(f->path, 1000));
    }
    assert_int_equal(status_of(pid), 0);
}

/* The same by a limit on the size of files, for which no right is needed. */
static void a_file_that_may_not_grow_is_an_error(void **state)
{
    struct fx *f = *state;
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit l = {600 * 1024, 600 * 1024};
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &l) != 0)
            _exit(76);
        _exit(fill(f->path, 1000));
    }
    assert_int_equal(status_of(pid), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_new_one_is_private_and_opens_again),
        T(a_newer_one_is_refused_and_left_alone),
        T(a_second_one_is_refused_while_the_first_lives),
        T(not_a_database),
        T(no_such_directory),
        T(a_damaged_schema_is_an_error),
        T(damaged_rows_are_an_error),
        T(a_file_cut_short_is_an_error),
        T(what_was_committed_survives_a_kill),
        T(a_torn_tail_loses_only_itself),
        T(jobs_come_back),
        T(a_plan_is_kept_once),
        T(subtasks_come_back),
        T(attempts_and_their_output_come_back),
        T(old_events_go),
        T(events_come_back_in_their_order),
        T(facts_come_back),
        T(all_statements_fit_in_the_cache),
        T(a_full_disk_is_an_error),
        T(a_file_that_may_not_grow_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
