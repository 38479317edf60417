/* From the schema of an older omsupd to that of this one, after a copy. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/journal/internal.h"

enum { COPIES_MAX = 3 };

int journal_number(struct journal *j, const char *sql, int64_t *out, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) != SQLITE_OK)
        return journal_fail(j, e, "cannot read");
    int rc = sqlite3_step(s) == SQLITE_ROW ? 0 : journal_fail(j, e, "cannot read");
    *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return rc;
}

static char *copy_name(const struct journal *j, int64_t version)
{
    return xasprintf("%s.v%lld", j->path, (long long)version);
}

int journal_version(struct journal *j, int64_t *version, struct err *e)
{
    int64_t tables = 0;
    int rc = journal_number(j, "PRAGMA user_version", version, e);
    if (rc == 0)
        rc = journal_number(j, "SELECT count(*) FROM sqlite_master", &tables, e);
    if (rc)
        return rc;
    if (*version < 0 || (*version == 0 && tables))
        return err_set(e, ERR_INPUT, "journal: this is a database, but not a journal of omsupd (user_version %lld)",
                       (long long)*version);
    if (*version <= journal_n_migrations)
        return 0;
    char *copy = copy_name(j, journal_n_migrations);
    bool kept = access(copy, F_OK) == 0;
    rc = err_set(e, ERR_JOURNAL,
                 "journal: written by a newer omsupd (schema %lld; this one supports schemas up to %d): install that "
                 "version%s%s%s",
                 (long long)*version, journal_n_migrations,
                 kept ? ", or put back the copy from before its update, " : "", kept ? copy : "",
                 kept ? ", which does not know what has happened since" : "");
    free(copy);
    return rc;
}

static int sync_path(const char *path, int flags, struct err *e)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC), rc = 0;
    if (fd < 0 || fsync(fd) != 0)
        rc = err_set(e, ERR_JOURNAL, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

static int sync_directory(const char *file, struct err *e)
{
    const char *slash = strrchr(file, '/');
    char *dir = slash ? xstrndup(file, slash > file ? (size_t)(slash - file) : 1) : xstrdup(".");
    int rc = sync_path(dir, O_DIRECTORY, e);
    free(dir);
    return rc;
}

/* Page by page: VACUUM INTO is newer than SQLite 3.26. */
static int copy_pages(struct journal *j, const char *to, struct err *e)
{
    sqlite3 *db = NULL;
    sqlite3_backup *b = NULL;
    int code = sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code == SQLITE_OK && (b = sqlite3_backup_init(db, "main", j->db, "main")) != NULL) {
        sqlite3_backup_step(b, -1);
        code = sqlite3_backup_finish(b);
    }
    int number = db ? sqlite3_system_errno(db) : 0;
    int rc = code == SQLITE_OK && b
                 ? 0
                 : err_set(e, ERR_JOURNAL, "%s: %s%s%s", to, db ? sqlite3_errmsg(db) : "out of memory",
                           number ? ": " : "", number ? strerror(number) : "");
    sqlite3_close(db);
    return rc;
}

/* SQLite fills an empty file. */
static int write_copy(struct journal *j, const char *to, struct err *e)
{
    if (unlink(to) != 0 && errno != ENOENT)
        return err_set(e, ERR_JOURNAL, "%s: %s", to, strerror(errno));
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_JOURNAL, "%s: %s", to, strerror(errno));
    close(fd);
    int rc = copy_pages(j, to, e);
    return rc ? rc : sync_path(to, 0, e);
}

/* Of the copies of older schemas the newest remain. */
static void drop_old_copies(const struct journal *j, int64_t version)
{
    for (int64_t v = version - COPIES_MAX; v > 0; v--) {
        char *old = copy_name(j, v);
        unlink(old);
        free(old);
    }
}

static int copy(struct journal *j, int64_t version, struct err *e)
{
    char *to = copy_name(j, version), *unfinished = xasprintf("%s.tmp", to);
    int rc = write_copy(j, unfinished, e);
    if (rc == 0 && rename(unfinished, to) != 0)
        rc = err_set(e, ERR_JOURNAL, "%s: %s", to, strerror(errno));
    if (rc == 0)
        rc = sync_directory(to, e);
    if (rc) {
        unlink(unfinished);
        err_prefix(e, "it cannot be copied, so it is not changed to the schema of this omsupd");
    } else {
        log_info("before its change to schema %d the journal was copied to %s", journal_n_migrations, to);
        drop_old_copies(j, version);
    }
    free(unfinished);
    free(to);
    return rc;
}

int journal_migrate(struct journal *j, int64_t version, struct err *e)
{
    int rc = version > 0 && version < journal_n_migrations ? copy(j, version, e) : 0;
    for (; rc == 0 && version < journal_n_migrations; version++) {
        char *set = xasprintf("PRAGMA user_version = %lld", (long long)version + 1);
        if ((rc = journal_begin(j, e)) == 0 && (rc = journal_exec(j, journal_migrations[version], e)) == 0 &&
            (rc = journal_exec(j, set, e)) == 0)
            rc = journal_commit(j, e);
        free(set);
    }
    return rc;
}
