/* Opening, migrating, transactions, and the one way to run a statement. */
#include "daemon/journal/journal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "daemon/journal/internal.h"

extern const char embedded_journal_sql[];

static const char *const migrations[] = {embedded_journal_sql};
#define N_MIGRATIONS ((int)(sizeof migrations / sizeof migrations[0]))

int journal_fail(struct journal *j, struct err *e, const char *what)
{
    return err_set(e, ERR_JOURNAL, "journal: %s: %s", what, sqlite3_errmsg(j->db));
}

int journal_exec(struct journal *j, const char *sql, struct err *e)
{
    if (sqlite3_exec(j->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return journal_fail(j, e, "statement failed");
    return 0;
}

static int bind_args(sqlite3_stmt *s, const char *fmt, va_list ap)
{
    int rc = SQLITE_OK;
    for (int i = 1; *fmt && rc == SQLITE_OK; fmt++, i++) {
        switch (*fmt) {
        case 's':
            rc = sqlite3_bind_text(s, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
            break;
        case 'i':
            rc = sqlite3_bind_int64(s, i, va_arg(ap, int64_t));
            break;
        case 'n': {
            int64_t v = va_arg(ap, int64_t);
            rc = v ? sqlite3_bind_int64(s, i, v) : sqlite3_bind_null(s, i);
            break;
        }
        case 'x': {
            int v = va_arg(ap, int);
            rc = v >= 0 ? sqlite3_bind_int64(s, i, v) : sqlite3_bind_null(s, i);
            break;
        }
        case 'b': {
            const void *p = va_arg(ap, const void *);
            size_t n = va_arg(ap, size_t);
            rc = sqlite3_bind_blob64(s, i, p ? p : "", n, SQLITE_TRANSIENT);
            break;
        }
        default:
            assert(!"unknown binding");
        }
    }
    return rc;
}

static int prepare(struct journal *j, const char *sql, sqlite3_stmt **out, struct err *e)
{
    int i = 0;
    while (i < STMT_MAX && j->cache[i].sql && j->cache[i].sql != sql)
        i++;
    assert(i < STMT_MAX);
    if (!j->cache[i].sql) {
        if (sqlite3_prepare_v3(j->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &j->cache[i].stmt, NULL) != SQLITE_OK)
            return journal_fail(j, e, "cannot prepare");
        j->cache[i].sql = sql;
    }
    *out = j->cache[i].stmt;
    sqlite3_reset(*out);
    return 0;
}

static int vbind(struct journal *j, sqlite3_stmt **out, struct err *e, const char *sql, const char *fmt, va_list ap)
{
    int rc = prepare(j, sql, out, e);
    if (rc)
        return rc;
    return bind_args(*out, fmt, ap) == SQLITE_OK ? 0 : journal_fail(j, e, "cannot bind");
}

int journal_bind(struct journal *j, sqlite3_stmt **out, struct err *e, const char *sql, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int rc = vbind(j, out, e, sql, fmt, ap);
    va_end(ap);
    return rc;
}

int journal_run(struct journal *j, struct err *e, const char *sql, const char *fmt, ...)
{
    sqlite3_stmt *s;
    va_list ap;
    va_start(ap, fmt);
    int rc = vbind(j, &s, e, sql, fmt, ap);
    va_end(ap);
    if (rc == 0 && sqlite3_step(s) != SQLITE_DONE)
        rc = journal_fail(j, e, "write failed");
    if (rc == 0)
        sqlite3_reset(s);
    return rc;
}

const char *journal_text(sqlite3_stmt *s, int col) { return (const char *)sqlite3_column_text(s, col); }

static int user_version(struct journal *j, int *version, struct err *e)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(j->db, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK)
        return journal_fail(j, e, "cannot read");
    int rc = sqlite3_step(s) == SQLITE_ROW ? 0 : journal_fail(j, e, "cannot read");
    *version = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return rc;
}

static int migrate(struct journal *j, struct err *e)
{
    int version = 0, rc = user_version(j, &version, e);
    if (rc)
        return rc;
    if (version > N_MIGRATIONS)
        return err_set(e, ERR_JOURNAL,
                       "journal: written by a newer omsupd (schema %d, this one knows %d): install that version",
                       version, N_MIGRATIONS);
    for (; rc == 0 && version < N_MIGRATIONS; version++) {
        char *set = xasprintf("PRAGMA user_version = %d", version + 1);
        if ((rc = journal_begin(j, e)) == 0 && (rc = journal_exec(j, migrations[version], e)) == 0 &&
            (rc = journal_exec(j, set, e)) == 0)
            rc = journal_commit(j, e);
        free(set);
    }
    return rc;
}

/* EXCLUSIVE: a second daemon on the same journal is refused by SQLite itself, for as long as this one lives. */
static int lock(struct journal *j, struct err *e)
{
    int rc = journal_exec(j,
                          "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                          "PRAGMA foreign_keys=ON; PRAGMA cache_size=-512; BEGIN EXCLUSIVE; COMMIT;",
                          e);
    if (rc && sqlite3_errcode(j->db) == SQLITE_BUSY)
        rc = err_set(e, ERR_JOURNAL, "journal: another omsupd, or another program, has it open");
    return rc;
}

int journal_open(const char *path, struct journal **out, struct err *e)
{
    struct journal *j = xcalloc(1, sizeof *j);
    mode_t old = umask(0077);
    int rc = sqlite3_open_v2(path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    umask(old);
    if (rc != SQLITE_OK)
        rc = err_set(e, ERR_JOURNAL, "journal %s: %s", path, j->db ? sqlite3_errmsg(j->db) : "out of memory");
    else if ((rc = lock(j, e)) != 0 || (rc = migrate(j, e)) != 0)
        err_prefix(e, "%s", path);
    if (rc) {
        journal_close(j);
        return rc;
    }
    *out = j;
    return 0;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    for (int i = 0; i < STMT_MAX; i++)
        sqlite3_finalize(j->cache[i].stmt);
    sqlite3_close(j->db);
    free(j);
}

int journal_begin(struct journal *j, struct err *e)
{
    if (j->in_tx)
        return 0;
    int rc = journal_run(j, e, "BEGIN IMMEDIATE", "");
    j->in_tx = rc == 0;
    return rc;
}

int journal_commit(struct journal *j, struct err *e)
{
    if (!j->in_tx)
        return 0;
    int rc = journal_run(j, e, "COMMIT", "");
    if (rc == 0)
        j->in_tx = false;
    return rc;
}
