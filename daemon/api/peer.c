#include "daemon/api/peer.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/alloc.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5 */
#endif

enum { GROUPS_MAX = 1024 };

#define NO_LOGIN UINT32_C(4294967295) /* a process that no login has begun: of a service, or without audit */

/* The groups that the peer had when it connected, as the kernel noted them. */
static bool in_group(int fd, gid_t primary, gid_t group)
{
    gid_t list[GROUPS_MAX];
    socklen_t len = sizeof list;
    if (group == (gid_t)-1)
        return false;
    if (primary == group)
        return true;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len) != 0)
        return false;
    for (size_t i = 0; i < len / sizeof list[0]; i++)
        if (list[i] == group)
            return true;
    return false;
}

/* Reads a file of the process whose directory of /proc is open: it never tells of another one with that pid. -1: it
 * cannot. */
static ssize_t read_of(int process, const char *name, char *text, size_t size)
{
    int fd = openat(process, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n;
}

/* The pid may belong to another process by now. A kernel of 6.5 or newer has a descriptor of the peer itself; of an
 * older one it is known that a process of that user was there when the peer connected, or since. */
static bool still_the_peer(int fd, int process, uid_t uid)
{
    int pidfd;
    struct stat st;
    socklen_t len = sizeof pidfd;
    if (fstat(process, &st) != 0)
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) != 0)
        return st.st_uid == uid || st.st_uid == 0; /* root's: of one that cannot be traced */
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    bool alive = poll(&p, 1, 0) == 0;
    close(pidfd);
    return alive;
}

static int64_t person_of(int fd, pid_t pid, uid_t uid)
{
    char path[32], text[32];
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    int process = pid > 0 ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (process < 0)
        return -1;
    ssize_t n = read_of(process, "loginuid", text, sizeof text);
    char *end = text;
    unsigned long login = n > 0 ? strtoul(text, &end, 10) : NO_LOGIN;
    bool known = (n <= 0 || end != text) && still_the_peer(fd, process, uid);
    close(process);
    return !known ? -1 : login >= NO_LOGIN ? (int64_t)uid : (int64_t)login;
}

int peer_of(int fd, gid_t operators, gid_t viewers, struct peer *out, struct err *e)
{
    struct ucred u;
    socklen_t len = sizeof u;
    *out = (struct peer){.access = ACCESS_NONE, .uid = (uid_t)-1, .person = -1};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) != 0 || len != sizeof u)
        return err_set(e, ERR_SYSTEM, "the credentials of a peer are not available");
    out->root = u.uid == 0 || u.uid == geteuid();
    if (out->root || in_group(fd, u.gid, operators))
        out->access = ACCESS_OPERATE;
    else if (in_group(fd, u.gid, viewers))
        out->access = ACCESS_VIEW;
    out->uid = u.uid;
    out->pid = u.pid;
    if (out->access == ACCESS_OPERATE)
        out->person = person_of(fd, u.pid, u.uid);
    return 0;
}

void peer_name(struct peer *p, const char *login, const char *name)
{
    bool other = name && p->person != (int64_t)p->uid;
    p->login = xstrdup(login);
    p->name = xstrdup(name);
    p->actor = xasprintf("%s (uid %u%s%s, pid %d)", login, (unsigned)p->uid, other ? ", login " : "", other ? name : "",
                         (int)p->pid);
}

void peer_clear(struct peer *p)
{
    free(p->login);
    free(p->actor);
    free(p->name);
    *p = (struct peer){.access = ACCESS_NONE, .uid = (uid_t)-1, .person = -1};
}
