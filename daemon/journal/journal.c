/* Opening. */
#include "daemon/journal/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/place.h"
#include "daemon/journal/internal.h"

/* EXCLUSIVE: a second daemon on the same journal is refused by SQLite itself, for as long as this one lives. */
static int lock(struct journal *j, struct err *e)
{
    int rc = journal_exec(j,
                          "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                          "PRAGMA foreign_keys=ON; PRAGMA cache_size=-512; BEGIN EXCLUSIVE; COMMIT;",
                          e);
    if (rc && sqlite3_errcode(j->db) == SQLITE_BUSY)
        rc = err_set(e, ERR_JOURNAL, "journal: another omsupd or another program is using it");
    else if (rc && strstr(sqlite3_errmsg(j->db), "near \"STRICT\""))
        rc =
            err_set(e, ERR_JOURNAL,
                    "journal: written by an older omsupd with SQLite 3.37 or newer, and this one has SQLite %s: start "
                    "an omsupd of this version that has 3.37 or newer (the self-contained one has) with it once, which "
                    "changes it to what every SQLite can read",
                    sqlite3_libversion());
    return rc;
}

/* Its other files: what SQLite finds there it takes for a part of the journal. */
static int check_parts(const char *path, bool empty, struct err *e)
{
    enum { WAL };
    static const char *const suffixes[] = {[WAL] = "-wal", "-shm", "-journal"};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(suffixes) && rc == 0; i++) {
        struct stat st;
        char *part = xasprintf("%s%s", path, suffixes[i]);
        if (lstat(part, &st) == 0) {
            rc = place_file(&st, part, e);
            if (rc == 0 && empty && i == WAL && st.st_size > 0)
                rc = err_set(e, ERR_INPUT,
                             "%s is missing or empty, but %s is there: they are one journal. Put back the file that is "
                             "missing, or remove the other to begin with an empty journal",
                             path, part);
        }
        free(part);
    }
    return rc;
}

/* Opens it once before SQLite does, which has one message for all that can be wrong here. */
static int look_at(const char *path, const char *runs, struct err *e)
{
    struct stat st;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    bool missing = lstat(path, &st) != 0 && errno == ENOENT, empty = missing || st.st_size == 0;
    if (!missing && S_ISLNK(st.st_mode))
        return place_file(&st, path, e);
    int rc = check_parts(path, empty, e);
    if (rc == 0 && empty && runs)
        rc = journal_check_missing(path, runs, e);
    if (rc)
        return rc;
    int fd = open(path, flags | (missing ? O_CREAT : 0), 0600);
    if (fd < 0 || fstat(fd, &st) != 0)
        rc = err_set(e, ERR_JOURNAL, "unable to open %s: %s", path, strerror(errno));
    else if ((rc = place_file(&st, path, e)) == 0 && (st.st_mode & 077) && fchmod(fd, 0600) != 0)
        rc = err_set(e, ERR_JOURNAL, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

static int open_database(struct journal *j, const char *runs, struct err *e)
{
    int64_t version;
    mode_t old = umask(0077);
    int rc = sqlite3_open_v2(j->path, &j->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    rc = rc == SQLITE_OK ? lock(j, e) : journal_fail(j, e, "unable to open");
    umask(old);
    if (rc || (rc = journal_version(j, &version, e)))
        return rc;
    if (runs)
        rc = version ? journal_check_outdated(j, runs, e) : journal_check_missing(j->path, runs, e);
    if (rc == 0 && (rc = journal_migrate(j, version, e)) == 0)
        journal_make_whole(j);
    return rc;
}

int journal_open_beside(const char *path, const char *runs, struct journal **out, struct err *e)
{
    int rc = look_at(path, runs, e);
    if (rc)
        return strstr(e->msg, path) ? rc : err_prefix(e, "%s", path);
    struct journal *j = xcalloc(1, sizeof *j);
    j->path = xstrdup(path);
    if ((rc = open_database(j, runs, e)) != 0) {
        err_prefix(e, "%s", path);
        journal_close(j);
        return rc;
    }
    *out = j;
    return 0;
}

int journal_open(const char *path, struct journal **out, struct err *e)
{
    return journal_open_beside(path, NULL, out, e);
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < N_STATEMENTS; i++)
        sqlite3_finalize(j->cache[i]);
    sqlite3_close(j->db);
    free(j->path);
    free(j);
}
