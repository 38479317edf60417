#include "daemon/api/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "daemon/api/acl.h"

/* Removes a socket that nobody serves any more. One that is served, or a file of another kind, is an error. Without
 * waiting: a daemon whose queue of connections is full is one that serves. */
static int clear_path(const char *path, struct err *e)
{
    struct stat st;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_USAGE, "the socket path is longer than %zu bytes: %s", sizeof a.sun_path - 1, path);
    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_SYSTEM, "%s exists and is not a socket", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    memcpy(a.sun_path, path, strlen(path) + 1);
    bool served = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno != ECONNREFUSED;
    close(fd);
    if (served)
        return err_set(e, ERR_BUSY, "another omsupd is already serving %s", path);
    return unlink(path) == 0 ? 0 : err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
}

/* Operators get in by the socket's group, viewers by an entry of its access list, and others not at all: they can
 * neither use up places nor fill the queue of those who wait. What who may do is decided by peer_of(). */
static void admit_viewers(const char *path, gid_t viewers)
{
    struct err e;
    if (acl_allow_group(path, viewers, &e) == 0)
        return;
    log_warn("%s: every local user can connect to the socket, because it cannot be opened to the viewers alone; only "
             "viewers and operators are served",
             e.msg);
    if (chmod(path, 0666) != 0)
        log_warn("%s: %s", path, strerror(errno));
}

static int admit(const char *path, gid_t operators, gid_t viewers, struct err *e)
{
    if (operators != (gid_t)-1 && chown(path, (uid_t)-1, operators) != 0) {
        if (errno != EPERM)
            return err_set(e, ERR_SYSTEM, "cannot set the group of %s: %s", path, strerror(errno));
        log_warn("the operators' group cannot connect, only root and user %u can: the user that omsupd runs as is no "
                 "member of the group, so %s cannot be given to it",
                 (unsigned)geteuid(), path);
    }
    if (chmod(path, 0660) != 0)
        return err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    if (viewers != (gid_t)-1)
        admit_viewers(path, viewers);
    return 0;
}

int socket_bind(const char *path, gid_t operators, gid_t viewers, struct socket_file *file, int *fd, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct stat st;
    int rc = clear_path(path, e);
    if (rc)
        return rc;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(a.sun_path, path, strlen(path) + 1);
    mode_t old = umask(0177);
    file->bound = *fd >= 0 && bind(*fd, (struct sockaddr *)&a, sizeof a) == 0 && lstat(path, &st) == 0;
    umask(old);
    if (!file->bound) {
        rc = err_set(e, ERR_SYSTEM, "cannot bind %s: %s", path, strerror(errno));
    } else {
        file->dev = st.st_dev;
        file->ino = st.st_ino;
        rc = admit(path, operators, viewers, e);
    }
    if (rc) {
        socket_remove(path, file);
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
    }
    return rc;
}

void socket_remove(const char *path, const struct socket_file *file)
{
    struct stat st;
    if (file->bound && lstat(path, &st) == 0 && st.st_dev == file->dev && st.st_ino == file->ino)
        unlink(path);
}
