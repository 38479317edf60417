#include "daemon/api/peer.h"

#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/alloc.h"

enum { GROUPS_MAX = 1024 };

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

int peer_of(int fd, gid_t operators, gid_t viewers, struct peer *out, struct err *e)
{
    struct ucred u;
    socklen_t len = sizeof u;
    *out = (struct peer){.access = ACCESS_NONE, .uid = (uid_t)-1};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) != 0 || len != sizeof u)
        return err_set(e, ERR_SYSTEM, "the credentials of a peer are not available");
    out->root = u.uid == 0 || u.uid == geteuid();
    if (out->root || in_group(fd, u.gid, operators))
        out->access = ACCESS_OPERATE;
    else if (in_group(fd, u.gid, viewers))
        out->access = ACCESS_VIEW;
    out->uid = u.uid;
    out->pid = u.pid;
    return 0;
}

void peer_name(struct peer *p, const char *login)
{
    p->login = xstrdup(login);
    p->actor = xasprintf("%s (uid %u, pid %d)", login, (unsigned)p->uid, (int)p->pid);
}

void peer_clear(struct peer *p)
{
    free(p->login);
    free(p->actor);
    *p = (struct peer){.access = ACCESS_NONE, .uid = (uid_t)-1};
}
