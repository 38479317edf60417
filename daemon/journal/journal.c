/* Opening, migrating, transactions. */
#include "daemon/journal/journal.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/journal/internal.h"

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
    if (version > journal_n_migrations)
        return err_set(
            e, ERR_JOURNAL,
            "journal: written by a newer omsupd (schema %d; this one supports schemas up to %d): install that "
            "version",
            version, journal_n_migrations);
    for (; rc == 0 && version < journal_n_migrations; version++) {
        char *set = xasprintf("PRAGMA user_version = %d", version + 1);
        if ((rc = journal_begin(j, e)) == 0 && (rc = journal_exec(j, journal_migrations[version], e)) == 0 &&
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
        rc = err_set(e, ERR_JOURNAL, "journal: another omsupd or another program is using it");
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
    for (size_t i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(j->cache[i]);
    sqlite3_close(j->db);
    free(j);
}

int journal_begin(struct journal *j, struct err *e)
{
    if (j->in_tx)
        return 0;
    int rc = journal_exec(j, "BEGIN IMMEDIATE", e);
    j->in_tx = rc == 0;
    return rc;
}

int journal_commit(struct journal *j, struct err *e)
{
    if (!j->in_tx)
        return 0;
    int rc = journal_exec(j, "COMMIT", e);
    if (rc == 0) {
        j->in_tx = false;
        log_debug("journal: committed");
    }
    return rc;
}
