#include "client/cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
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

int file_write_new(const char *path, const char *text, struct err *e)
{
    size_t len = strlen(text), at = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640), why;
    if (fd < 0 && errno == EEXIST)
        return err_set(e, ERR_REFUSED, _("%.500s already exists and will not be overwritten"), path);
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
