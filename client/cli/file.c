#include "client/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/protocol.h"

int file_read(const char *path, struct buf *out, struct err *e)
{
    char chunk[16384];
    struct stat st;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), rc = 0; /* a FIFO must not hang */
    if (fd < 0)
        return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(errno));
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode))
        rc = err_set(e, ERR_INPUT, "%.500s is not a file", path);
    while (rc == 0 && (n = read(fd, chunk, sizeof chunk)) > 0) {
        buf_add(out, chunk, (size_t)n);
        if (out->len > PROTOCOL_FILE_MAX)
            rc = err_set(e, ERR_INPUT, "%.500s is larger than 256 KiB", path);
    }
    if (rc == 0 && n < 0)
        rc = err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(errno));
    if (rc == 0 && out->len == 0)
        rc = err_set(e, ERR_INPUT, "%.500s is empty", path);
    if (rc == 0 && memchr(out->data, '\0', out->len))
        rc = err_set(e, ERR_INPUT, "%.500s has a NUL byte in it: it is no text", path);
    close(fd);
    return rc;
}

int file_write_new(const char *path, const char *text, struct err *e)
{
    size_t len = strlen(text), at = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640), why;
    if (fd < 0 && errno == EEXIST)
        return err_set(e, ERR_REFUSED, "%.500s exists: it is not overwritten", path);
    if (fd < 0)
        return err_set(e, ERR_INPUT, "%.500s: %s", path, strerror(errno));
    while (at < len) {
        ssize_t n = write(fd, text + at, len - at);
        if (n < 0 && errno != EINTR)
            break;
        at += n > 0 ? (size_t)n : 0;
    }
    why = errno;
    if (at == len && fsync(fd) != 0) {
        why = errno;
        at = 0;
    }
    if (close(fd) != 0 && at == len) {
        why = errno;
        at = 0;
    }
    if (at == len)
        return 0;
    unlink(path);
    return err_set(e, ERR_SYSTEM, "%.500s: %s", path, strerror(why));
}
