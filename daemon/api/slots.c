/* Which peers are served. Each user has a number of connections, viewers together have half of the places, and some are
 * kept for root. When the places of somebody's kind are taken, the user who has most of them gives one way that is not
 * busy: nobody is locked out by connections that lie idle, whoever holds them. */
#include "daemon/api/internal.h"

enum { SESSIONS_MAX = 64, SESSIONS_PER_UID = 16, VIEWERS_MAX = 32, KEPT_FOR_ROOT = 8 };

enum rank { VIEWER, OPERATOR, ROOT };

static enum rank rank_of(const struct peer *p)
{
    return peer_is_root(p) ? ROOT : p->access == ACCESS_OPERATE ? OPERATOR : VIEWER;
}

static bool is_served(const struct session *x) { return !connection_closing(x->connection); }

static unsigned count_user(const struct server *s, uid_t uid)
{
    unsigned n = 0;
    for (const struct session *x = s->sessions; x; x = x->next)
        n += is_served(x) && x->peer.uid == uid;
    return n;
}

static unsigned count_to(const struct server *s, enum rank highest)
{
    unsigned n = 0;
    for (const struct session *x = s->sessions; x; x = x->next)
        n += is_served(x) && rank_of(&x->peer) <= highest;
    return n;
}

static bool fits(const struct server *s, enum rank r)
{
    return (r > VIEWER || count_to(s, VIEWER) < VIEWERS_MAX) &&
           (r > OPERATOR || count_to(s, OPERATOR) < SESSIONS_MAX - KEPT_FOR_ROOT) && count_to(s, ROOT) < SESSIONS_MAX;
}

/* a rather than b: lower in rank, of a user with more of them, quiet for longer. */
static bool rather(const struct server *s, const struct session *a, const struct session *b)
{
    enum rank ra = rank_of(&a->peer), rb = rank_of(&b->peer);
    unsigned na = count_user(s, a->peer.uid), nb = count_user(s, b->peer.uid);
    if (ra != rb)
        return ra < rb;
    if (na != nb)
        return na > nb;
    return connection_quiet_since(a->connection) < connection_quiet_since(b->connection);
}

static struct session *give_way(const struct server *s, const struct peer *p)
{
    struct session *found = NULL;
    enum rank r = rank_of(p);
    for (struct session *x = s->sessions; x; x = x->next) {
        enum rank rx = rank_of(&x->peer);
        if (!is_served(x) || x->request || x->waits || rx > r)
            continue;
        if (rx == r && count_user(s, x->peer.uid) <= count_user(s, p->uid) + 1)
            continue;
        if (!found || rather(s, x, found))
            found = x;
    }
    return found;
}

bool slots_admit(struct server *s, const struct peer *p, struct err *e)
{
    enum rank r = rank_of(p);
    if (count_user(s, p->uid) >= SESSIONS_PER_UID) {
        err_set(e, ERR_LIMIT, "too many connections of user %s: the limit is %d", p->login, SESSIONS_PER_UID);
        return false;
    }
    struct session *x = fits(s, r) ? NULL : give_way(s, p);
    if (x)
        connection_refuse(x->connection, ERR_LIMIT,
                          "omsupd closed this connection to make room: user %s has %u, and all places were taken",
                          x->peer.login, count_user(s, x->peer.uid));
    if (fits(s, r))
        return true;
    err_set(e, ERR_LIMIT, "too many connections: the limit is %d%s",
            r == VIEWER && count_to(s, VIEWER) >= VIEWERS_MAX ? VIEWERS_MAX
            : r < ROOT                                        ? SESSIONS_MAX - KEPT_FOR_ROOT
                                                              : SESSIONS_MAX,
            r == VIEWER ? " for viewers" : "");
    return false;
}
