/* The state directory of this host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/file.h"
#include "common/place.h"
#include "daemon/takeover/internal.h"

static const char *const parts[] = {"", "-wal", "-shm", "-journal"};

static bool any_job(void *ctx, const struct journal_job *row)
{
    *(int64_t *)ctx = row->id;
    return false;
}

/* A journal without jobs is what a daemon leaves that was started once. */
static int refuse_jobs(const struct takeover *t, const char *path, struct err *e)
{
    struct journal *j;
    int64_t job = 0;
    if (access(path, F_OK) != 0)
        return errno == ENOENT ? 0 : err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    int rc = journal_open(path, &j, e);
    if (rc)
        return err_prefix(e, "the journal of this host must be empty, and omsupd must not run here (systemctl stop "
                             "omsupd)");
    rc = journal_jobs(j, false, any_job, &job, e);
    journal_close(j);
    if (rc == 0 && job)
        rc = err_set(e, ERR_STATE,
                     "this host has jobs of its own in %s: take over on another host, or with another state directory "
                     "(--state DIR, and the same for omsupd)",
                     path);
    return rc;
}

static int read_taker(struct takeover *t, struct err *e)
{
    char *file = xasprintf("%s/id", t->dir);
    size_t len = 0;
    int rc = file_read_trusted(file, t->taker, TAKER_LEN, &len, e);
    if (rc == ERR_NOT_FOUND) {
        unsigned char r[TAKER_LEN / 2];
        rc = uv_random(NULL, NULL, r, sizeof r, 0, NULL) == 0 ? 0 : err_set(e, ERR_SYSTEM, "no random bytes");
        for (size_t i = 0; rc == 0 && i < sizeof r; i++)
            snprintf(t->taker + 2 * i, 3, "%02x", r[i]);
        int fd = rc ? -1 : open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (rc == 0 && (fd < 0 || write(fd, t->taker, TAKER_LEN) != TAKER_LEN || fsync(fd) != 0))
            rc = err_set(e, ERR_SYSTEM, "%s: %s", file, strerror(errno));
        if (fd >= 0)
            close(fd);
    } else if (rc == 0 && (len != TAKER_LEN || strspn(t->taker, "0123456789abcdef") != TAKER_LEN)) {
        rc = err_set(e, ERR_INPUT, "%s is damaged: remove it", file);
    }
    free(file);
    return rc;
}

int place_open(struct takeover *t, struct err *e)
{
    char *path = xasprintf("%s/journal.db", t->c->state_dir);
    int rc = place_directory(t->c->state_dir, e);
    rc = rc ? rc : refuse_jobs(t, path, e);
    rc = rc ? rc : place_directory(t->dir, e);
    rc = rc ? rc : read_taker(t, e);
    free(path);
    return rc;
}

static void remove_parts(const char *path)
{
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = xasprintf("%s%s", path, parts[i]);
        unlink(part);
        free(part);
    }
}

int place_empty(struct takeover *t, struct err *e)
{
    remove_parts(t->path);
    return access(t->path, F_OK) == 0 ? err_set(e, ERR_SYSTEM, "%s cannot be removed", t->path) : 0;
}

static int sync_directory(const char *dir, struct err *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : err_set(e, ERR_SYSTEM, "%s: %s", dir, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

int place_install(struct takeover *t, struct err *e)
{
    static const char *const names[] = {"id", "journal.id"};
    char *path = xasprintf("%s/journal.db", t->c->state_dir);
    int rc = refuse_jobs(t, path, e); /* it may have been started meanwhile */
    if (rc == 0) {
        remove_parts(path);
        if (rename(t->path, path) != 0)
            rc = err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    }
    rc = rc ? rc : sync_directory(t->c->state_dir, e);
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof *names; i++) {
        char *file = xasprintf("%s/%s", t->dir, names[i]);
        unlink(file);
        free(file);
    }
    if (rc == 0)
        rmdir(t->dir);
    free(path);
    return rc;
}
