/* Who is on the other end of a connection, and what they may do. */
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/api/internal.h"

enum { GROUPS_MAX = 1024 };

/* The groups that the kernel says the peer has had when it connected. */
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

int peer_of(int fd, const struct server_config *cfg, enum access *access, uid_t *uid, char **actor, char **login,
            struct err *e)
{
    struct ucred u;
    socklen_t len = sizeof u;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len) != 0 || len != sizeof u)
        return err_set(e, ERR_SYSTEM, "the peer's credentials are not to be had");
    if (u.uid == 0 || u.uid == geteuid() || in_group(fd, u.gid, cfg->operators))
        *access = ACCESS_OPERATE;
    else
        *access = in_group(fd, u.gid, cfg->viewers) ? ACCESS_LOOK : ACCESS_NONE;
    const struct passwd *pw = getpwuid(u.uid);
    *uid = u.uid;
    *login = pw ? xstrdup(pw->pw_name) : xasprintf("uid %u", (unsigned)u.uid);
    *actor = xasprintf("%s (uid %u, pid %d)", *login, (unsigned)u.uid, (int)u.pid);
    return 0;
}
