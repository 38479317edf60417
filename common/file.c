#include "common/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/place.h"

static int failed(const char *path, struct err *e)
{
    return err_set(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_INPUT, "%.500s: %s", path, strerror(errno));
}

/* To the path, and to what it is when it is a symbolic link. */
static int check_way(const char *path, struct err *e)
{
    char *real = realpath(path, NULL);
    int rc = !real ? failed(path, e) : place_way(path, e);
    if (rc == 0)
        rc = place_way(real, e);
    free(real);
    return rc ? ERR_INPUT : 0;
}

static int check_trust(const struct stat *st, const char *path, struct err *e)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return err_set(
            e, ERR_INPUT,
            "%.500s belongs to user %u; it must belong to root or to the user that omsupd runs as, because it "
            "decides what omsupd does",
            path, (unsigned)st->st_uid);
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return err_set(e, ERR_INPUT,
                       "%.500s is writable by others than its owner, but it decides what omsupd does: chmod go-w it",
                       path);
    return check_way(path, e);
}

static int read_all(int fd, const char *path, bool trusted, char *text, size_t max, size_t *len, struct err *e)
{
    struct stat st;
    char more;
    ssize_t n = 1;
    *len = 0;
    if (fstat(fd, &st) != 0)
        return failed(path, e);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "%.500s is not a file", path);
    if (trusted && check_trust(&st, path, e))
        return ERR_INPUT;
    while (n != 0) {
        n = *len < max ? read(fd, text + *len, max - *len) : read(fd, &more, 1);
        if (n < 0 && errno != EINTR)
            return failed(path, e);
        if (n > 0 && *len == max)
            return err_set(e, ERR_INPUT, "%.500s is larger than %zu KiB", path, max / 1024);
        *len += n > 0 ? (size_t)n : 0;
    }
    text[*len] = '\0';
    return 0;
}

static int read_path(const char *path, bool trusted, char *text, size_t max, size_t *len, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return failed(path, e);
    int rc = read_all(fd, path, trusted, text, max, len, e);
    close(fd);
    return rc;
}

int file_read(const char *path, char *text, size_t max, size_t *len, struct err *e)
{
    return read_path(path, false, text, max, len, e);
}

int file_read_trusted(const char *path, char *text, size_t max, size_t *len, struct err *e)
{
    return read_path(path, true, text, max, len, e);
}

int file_trusted(const char *path, struct err *e)
{
    struct stat st;
    return stat(path, &st) == 0 ? check_trust(&st, path, e) : failed(path, e);
}
