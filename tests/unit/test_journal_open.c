/* What is opened as the journal, and what never: files of others, a log without its journal, an empty or outdated
 * journal beside files of its commands, a database of something else. And the copies: before a migration, after each
 * job. */
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <setjmp.h>
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

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/journal/internal.h"
#include "tests/unit/need.h"

enum { OTHER = 4242 };

static char *dir, *path, *runs;

static int set_up(void **state)
{
    const char *tmp = getenv("TMPDIR");
    dir = xasprintf("%s/omsup-journal-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(dir));
    path = xasprintf("%s/journal.db", dir);
    runs = xasprintf("%s/runs", dir);
    assert_int_equal(mkdir(runs, 0700), 0);
    umask(022);
    return 0;
}

static int remove_one(const char *file, const struct stat *st, int kind, struct FTW *at) { return remove(file); }

static int tear_down(void **state)
{
    assert_int_equal(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(dir);
    free(path);
    free(runs);
    return 0;
}

static char *in(const char *name) { return xasprintf("%s/%s", dir, name); }

static void put(const char *name, const char *text, mode_t mode)
{
    char *file = in(name);
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    free(file);
}

static bool exists(const char *name)
{
    struct stat st;
    char *file = in(name);
    bool is = lstat(file, &st) == 0;
    free(file);
    return is;
}

static void removed(const char *name)
{
    char *file = in(name);
    assert_int_equal(unlink(file), 0);
    free(file);
}

/* As a copy that an operator makes: this file alone. */
static void copied(const char *from, const char *to)
{
    char *a = in(from), *b = in(to), block[4096];
    int r = open(a, O_RDONLY), w = open(b, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (ssize_t n; (n = read(r, block, sizeof block)) > 0;)
        assert_int_equal(write(w, block, (size_t)n), n);
    close(r);
    close(w);
    free(a);
    free(b);
}

static struct journal *opened(void)
{
    struct journal *j = NULL;
    struct err e = {0};
    if (journal_open_beside(path, runs, &j, &e) || journal_mark(j, "a1b2c3d4", &e) ||
        journal_set_fact(j, 0, "instance", "a1b2c3d4", "t", &e))
        fail_msg("%s", e.msg);
    return j;
}

static void refused(int code, const char *words)
{
    struct journal *j = NULL;
    struct err e = {0};
    int rc = journal_open_beside(path, runs, &j, &e);
    if (rc != code || !strstr(e.msg, words) || !strstr(e.msg, dir) || strchr(e.msg, '\n'))
        fail_msg("%d, \"%s\" does not say \"%s\"", rc, e.msg, words);
    assert_null(j);
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
    bool there;
    if (journal_begin(j, &e) || journal_add_plan(j, "abc", &there, &e) || journal_add_job(j, &b, &e) ||
        journal_commit(j, &e))
        fail_msg("%s", e.msg);
    return b.id;
}

static void sql(const char *name, const char *text)
{
    sqlite3 *db;
    char *file = in(name);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(file);
}

static int number(const char *name, const char *text)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    char *file = in(name);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    free(file);
    return n;
}

/* --- whose it is ---------------------------------------------------------------------------------------- */

static void what_others_can_write_is_refused(void **state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.db-journal"};
    journal_close(opened());
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *file = in(names[i]);
        bool was = exists(names[i]);
        if (!was)
            put(names[i], "", 0600);
        assert_int_equal(chmod(file, 0620), 0);
        refused(ERR_INPUT, "writable by others");
        assert_int_equal(chmod(file, 0602), 0);
        refused(ERR_INPUT, names[i]);
        assert_int_equal(chmod(file, 0600), 0);
        if (geteuid() == 0) {
            assert_int_equal(chown(file, OTHER, (gid_t)-1), 0);
            refused(ERR_INPUT, "belongs to user 4242");
            assert_int_equal(chown(file, 0, (gid_t)-1), 0);
        }
        if (!was)
            removed(names[i]);
        free(file);
    }
    journal_close(opened());
}

static void no_link_is_followed(void **state)
{
    static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.db-journal"};
    put("target", "", 0600);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *file = in(names[i]);
        assert_int_equal(symlink("target", file), 0);
        refused(ERR_INPUT, "symbolic link");
        removed(names[i]);
        assert_int_equal(mkfifo(file, 0600), 0);
        refused(ERR_INPUT, "not a file");
        removed(names[i]);
        free(file);
    }
    assert_int_equal(symlink("nowhere", path), 0);
    refused(ERR_INPUT, "symbolic link");
}

/* A copy that was put back is often readable by others; nothing is lost by that but what they have read. */
static void a_readable_one_becomes_private(void **state)
{
    struct stat st;
    journal_close(opened());
    assert_int_equal(chmod(path, 0644), 0);
    journal_close(opened());
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

/* --- what the system says ------------------------------------------------------------------------------ */

static int status_of(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int says(const char *words)
{
    struct journal *j;
    struct err e = {0};
    int rc = journal_open(path, &j, &e);
    if (rc == ERR_JOURNAL && strstr(e.msg, words) && strstr(e.msg, path))
        return 0;
    fprintf(stderr, "%d, \"%s\" does not say \"%s\"\n", rc, e.msg, words);
    return 1;
}

static void no_descriptors_are_left(void **state)
{
    journal_close(opened());
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit l = {3, 3};
        setrlimit(RLIMIT_NOFILE, &l);
        _exit(says("Too many open files"));
    }
    assert_int_equal(status_of(pid), 0);
}

/* SQLite itself runs out of them, after we have looked. */
static void no_descriptors_are_left_for_sqlite(void **state)
{
    journal_close(opened());
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit l = {4, 4};
        setrlimit(RLIMIT_NOFILE, &l);
        _exit(says("Too many open files"));
    }
    assert_int_equal(status_of(pid), 0);
}

static void a_read_only_file_system(void **state)
{
    need_root("a file system is mounted");
    journal_close(opened());
    pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
            mount(dir, dir, NULL, MS_BIND, NULL) != 0 ||
            mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
            _exit(77);
        int rc = says("Read-only file system");
        _exit(rc);
    }
    assert_int_equal(status_of(pid), 0);
}

static void no_right(void **state)
{
    need_root("it gives up its rights");
    pid_t pid = fork();
    if (pid == 0) {
        if (chown(dir, OTHER, (gid_t)-1) != 0 || chmod(dir, 0500) != 0 || setuid(OTHER) != 0)
            _exit(77);
        _exit(says("Permission denied"));
    }
    assert_int_equal(status_of(pid), 0);
}

/* --- whether it is one ---------------------------------------------------------------------------------- */

static void a_database_of_something_else_is_refused_and_left_alone(void **state)
{
    sql("journal.db", "CREATE TABLE theirs(x)");
    refused(ERR_INPUT, "not a journal of omsupd");
    assert_int_equal(number("journal.db", "SELECT count(*) FROM sqlite_master"), 1);
    removed("journal.db");
    sql("journal.db", "PRAGMA user_version = -1");
    refused(ERR_INPUT, "not a journal of omsupd (user_version -1)");
    sql("journal.db", "PRAGMA user_version = -2147483648");
    refused(ERR_INPUT, "not a journal of omsupd");
    sql("journal.db", "PRAGMA user_version = 2147483647");
    refused(ERR_JOURNAL, "newer omsupd");
}

static void a_log_without_its_journal_is_refused(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct journal *j = opened();
        add_job(j);
        _exit(0); /* nothing is closed: the log stays */
    }
    assert_int_equal(status_of(pid), 0);
    assert_true(exists("journal.db-wal"));
    copied("journal.db", "kept");
    removed("journal.db");
    refused(ERR_INPUT, "they are one journal");
    put("journal.db", "", 0600);
    refused(ERR_INPUT, "they are one journal");
    assert_true(exists("journal.db-wal"));
    copied("kept", "journal.db");
    journal_close(opened());
    assert_int_equal(number("journal.db", "SELECT count(*) FROM job"), 1);
}

/* --- whether it belongs here ---------------------------------------------------------------------------- */

static void an_empty_one_beside_files_of_its_commands_is_refused(void **state)
{
    put("runs/omsup-3-a1b2c3d4-7-1.go", "run 1 2 3\n", 0600);
    refused(ERR_INPUT, "omsup-3-a1b2c3d4-7-1.go"); /* from before there was a journal.id */
    assert_false(exists("journal.db"));
    removed("runs/omsup-3-a1b2c3d4-7-1.go");

    journal_close(opened());
    put("runs/omsup-3-ffffffff-7-1.go", "run 1 2 3\n", 0600); /* of a control host whose node we are */
    put("runs/omsup-x.go", "", 0600);
    journal_close(opened());
    removed("journal.db");
    journal_close(opened());

    put("runs/omsup-1-a1b2c3d4-0-1.out", "", 0600);
    removed("journal.db");
    refused(ERR_INPUT, "the journal is missing or empty");
    put("journal.db", "", 0600);
    refused(ERR_INPUT, "the journal is missing or empty");
    removed("journal.db");
    sql("journal.db", "PRAGMA journal_mode=WAL; VACUUM"); /* as one whose log was left behind */
    refused(ERR_INPUT, "the journal is missing or empty");
    removed("runs/omsup-1-a1b2c3d4-0-1.out"); /* as it says */
    journal_close(opened());
}

static void an_old_copy_beside_newer_files_is_refused(void **state)
{
    struct journal *j = opened();
    add_job(j);
    journal_close(j);
    copied("journal.db", "old");
    put("runs/omsup-1-a1b2c3d4-0-1.go", "", 0600);
    journal_close(opened());
    j = opened();
    assert_int_equal(add_job(j), 2);
    journal_close(j);
    put("runs/omsup-2-a1b2c3d4-0-1.go", "", 0600);
    journal_close(opened());
    copied("old", "journal.db");
    refused(ERR_INPUT, "it knows jobs up to 1, but there are files of a command of job 2");
    assert_false(exists("journal.db-wal")); /* it would spoil the copy that is put back */
}

/* --- copies ---------------------------------------------------------------------------------------------- */

static void the_file_alone_is_whole_after_a_job_has_ended(void **state)
{
    struct err e;
    struct journal *j = opened();
    copied("journal.db", "copy");
    assert_int_equal(number("copy", "SELECT count(*) FROM job"), 0); /* the tables are there from the beginning */
    struct journal_job b = a_job();
    b.id = add_job(j);
    b.mode = (char *)"successful";
    b.completed = (char *)"t";
    assert_int_equal(journal_begin(j, &e), 0);
    assert_int_equal(journal_set_job(j, &b, &e), 0);
    assert_int_equal(journal_commit(j, &e), 0);
    copied("journal.db", "copy");
    assert_int_equal(number("copy", "SELECT count(*) FROM job WHERE completed = 't'"), 1);
    journal_close(j);
    assert_false(exists("journal.db-wal"));
}

static bool end_one(void *ctx, const struct journal_job *row)
{
    struct journal *j = ctx;
    struct err e;
    struct journal_job b = *row;
    b.completed = (char *)"t";
    if (journal_begin(j, &e) || journal_set_job(j, &b, &e) || journal_commit(j, &e))
        fail_msg("%s", e.msg);
    return true;
}

/* A walk holds the file; the next commit makes it whole. */
static void a_walk_does_not_hinder_the_copy_for_long(void **state)
{
    struct err e;
    struct journal *j = opened();
    add_job(j);
    add_job(j);
    assert_int_equal(journal_jobs(j, false, end_one, j, &e), 0);
    add_job(j);
    copied("journal.db", "copy");
    assert_int_equal(number("copy", "SELECT count(*) FROM job WHERE completed = 't'"), 2);
    journal_close(j);
}

static void before_a_migration_the_journal_is_copied(void **state)
{
    struct stat st;
    char *copy = in("journal.db.v1");
    for (int round = 0; round < 2; round++) {
        sql("journal.db", journal_migrations[0]);
        sql("journal.db", "PRAGMA user_version = 1; PRAGMA journal_mode = WAL;"
                          "INSERT INTO fact VALUES (0, 'instance', 'a1b2c3d4', 't')");
        journal_close(opened());
        assert_int_equal(number("journal.db", "PRAGMA user_version"), journal_n_migrations);
        assert_int_equal(number("journal.db.v1", "PRAGMA user_version"), 1);
        assert_int_equal(number("journal.db.v1", "SELECT count(*) FROM fact WHERE value = 'a1b2c3d4'"), 1);
        assert_int_equal(stat(copy, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_false(exists("journal.db.v1.tmp"));
        removed("journal.db"); /* and once more: the copy is replaced */
    }
    /* The copy itself is a journal. */
    copied("journal.db.v1", "journal.db");
    journal_close(opened());
    free(copy);
}

static void copies_are_few_and_a_new_journal_needs_none(void **state)
{
    journal_close(opened());
    assert_false(exists("journal.db.v1"));
    char *set = xasprintf("PRAGMA user_version = %d; CREATE TABLE IF NOT EXISTS x(y)", journal_n_migrations - 1);
    put("journal.db.v0", "", 0600); /* none of ours */
    for (int v = 1; v < journal_n_migrations - 1; v++) {
        char *name = xasprintf("journal.db.v%d", v);
        put(name, "", 0600);
        free(name);
    }
    removed("journal.db");
    for (int v = 0; v < journal_n_migrations - 1; v++)
        sql("journal.db", journal_migrations[v]);
    sql("journal.db", set);
    journal_close(opened());
    int n = 0;
    for (int v = 1; v < journal_n_migrations; v++) {
        char *name = xasprintf("journal.db.v%d", v);
        n += exists(name);
        free(name);
    }
    assert_int_equal(n, journal_n_migrations > 3 ? 3 : journal_n_migrations - 1);
    assert_true(exists("journal.db.v0"));
    free(set);
}

/* Without room for the copy nothing is changed, and the omsupd of before can continue. */
static void without_a_copy_there_is_no_migration(void **state)
{
    sql("journal.db", journal_migrations[0]);
    sql("journal.db", "PRAGMA user_version = 1");
    char *blocked = in("journal.db.v1");
    assert_int_equal(mkdir(blocked, 0700), 0);
    refused(ERR_JOURNAL, "it cannot be copied");
    assert_int_equal(number("journal.db", "PRAGMA user_version"), 1);
    assert_int_equal(rmdir(blocked), 0);
    journal_close(opened());
    free(blocked);
}

static void a_newer_one_names_the_copy_of_before(void **state)
{
    journal_close(opened());
    sql("journal.db", "PRAGMA user_version = 99");
    char *name = xasprintf("journal.db.v%d", journal_n_migrations);
    put(name, "", 0600);
    refused(ERR_JOURNAL, name);
    free(name);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_others_can_write_is_refused),
        T(no_link_is_followed),
        T(a_readable_one_becomes_private),
        T(no_descriptors_are_left),
        T(no_descriptors_are_left_for_sqlite),
        T(a_read_only_file_system),
        T(no_right),
        T(a_database_of_something_else_is_refused_and_left_alone),
        T(a_log_without_its_journal_is_refused),
        T(an_empty_one_beside_files_of_its_commands_is_refused),
        T(an_old_copy_beside_newer_files_is_refused),
        T(the_file_alone_is_whole_after_a_job_has_ended),
        T(a_walk_does_not_hinder_the_copy_for_long),
        T(before_a_migration_the_journal_is_copied),
        T(copies_are_few_and_a_new_journal_needs_none),
        T(without_a_copy_there_is_no_migration),
        T(a_newer_one_names_the_copy_of_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
