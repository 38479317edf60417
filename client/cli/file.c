#include "client/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/file.h"
#include "common/protocol.h"

int file_text(const char *path, struct buf *out, struct err *e)
{
    char *text = xcalloc(1, PROTOCOL_FILE_MAX + 1);
    size_t len;
    int rc = file_read(path, text, PROTOCOL_FILE_MAX, &len, e);
    if (rc)
        rc = e->code = ERR_INPUT;
    else if (len == 0)
        rc = err_set(e, ERR_INPUT, _("%.500s is empty"), path);
    else if (memchr(text, '\0', len))
        rc = err_set(e, ERR_INPUT, _("%.500s contains a NUL byte; it is not a text file"), path);
    else
        buf_add(out, text, len);
    free(text);
    return rc;
}

int file_write_all(int fd, const void *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        ssize_t n = write(fd, (const char *)data + at, len - at);
        if (n < 0 && errno != EINTR)
            return -1;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int exists(const char *path, bool replaceable, struct err *e)
{
    return err_set(e, ERR_REFUSED,
                   replaceable ? _("%.500s already exists; to replace it, add --force")
                               : _("%.500s already exists and will not be overwritten"),
                   path);
}

int file_new(const char *path, bool replaceable, struct err *e)
{
    struct stat st;
    return lstat(path, &st) == 0 ? exists(path, replaceable, e) : 0;
}

int file_write_new(const char *path, const char *text, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0 && errno == EEXIST)
        return exists(path, false, e);
    if (fd < 0)
        return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(errno));
    int why = file_write_all(fd, text, strlen(text)) || fsync(fd) ? errno : 0;
    if (close(fd) != 0 && !why)
        why = errno;
    if (!why)
        return 0;
    unlink(path);
    return err_set(e, ERR_SYSTEM, "%.500s: %s", path, strerror(why));
}

int file_fresh(const char *path, bool replace, struct fresh *f, struct err *e)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct stat st;
    *f = (struct fresh){.fd = -1};
    if (!*name)
        return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(EISDIR));
    bool there = lstat(path, &st) == 0;
    if (there && replace && S_ISDIR(st.st_mode))
        return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(EISDIR));
    if (there && !replace)
        return exists(path, true, e);
    f->replace = replace;
    f->path = xstrdup(path);
    f->beside = xasprintf("%.*s.omsupctl-XXXXXX", (int)(name - path), path);
    f->fd = mkostemp(f->beside, O_CLOEXEC); /* 0600 */
    if (f->fd >= 0)
        return 0;
    int why = errno;
    free(f->beside);
    f->beside = NULL;
    file_drop(f);
    return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(why));
}

/* Where the file system has no links, something that is created in this moment is overwritten. */
static int give_name(const struct fresh *f)
{
    struct stat st;
    if (f->replace)
        return rename(f->beside, f->path);
    if (link(f->beside, f->path) == 0)
        return unlink(f->beside);
    if (errno == EEXIST)
        return -1;
    if (lstat(f->path, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(f->beside, f->path);
}

int file_keep(struct fresh *f, struct err *e)
{
    int rc = fsync(f->fd) == 0 || errno == EINVAL ? 0 : -1;
    if (rc == 0)
        rc = give_name(f);
    if (rc && errno == EEXIST)
        rc = exists(f->path, true, e);
    else if (rc)
        rc = err_set(e, ERR_SYSTEM, "%.500s: %s", f->path, strerror(errno));
    if (rc == 0) {
        free(f->beside);
        f->beside = NULL;
    }
    file_drop(f);
    return rc;
}

void file_drop(struct fresh *f)
{
    if (f->fd >= 0)
        close(f->fd);
    if (f->beside)
        unlink(f->beside);
    free(f->beside);
    free(f->path);
    *f = (struct fresh){.fd = -1};
}
