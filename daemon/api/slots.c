/* Which peers are served. Each user has a number of connections, viewers together have half of the places, and some are
 * kept for root. When the places of somebody's kind are taken, the user who has most of them gives one way that is not
 * busy: nobody is locked out by connections that lie idle, whoever holds them. Operators go before viewers, who keep a
 * few. */
#include "daemon/api/internal.h"

enum { SESSIONS_MAX = 64, SESSIONS_PER_UID = 16, VIEWERS_MAX = 32, VIEWERS_KEPT = 8, KEPT_FOR_ROOT = 8 };

enum rank { VIEWER, OPERATOR, ROOT };

static enum rank rank_of(const struct peer *p)
{
    return p->root ? ROOT : p->access == ACCESS_OPERATE ? OPERATOR : VIEWER;
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

/* The session to close for this peer: of a lower rank, else of a user who has at least two more; NULL: none. */
static struct session *give_way(const struct server *s, const struct peer *p)
{
    struct session *found = NULL;
    enum rank r = rank_of(p), found_rank = ROOT;
    unsigned own = count_user(s, p->uid), most = 0;
    bool spare_viewers = count_to(s, VIEWER) <= VIEWERS_KEPT;
    for (struct session *x = s->sessions; x; x = x->next) {
        enum rank rx = rank_of(&x->peer);
        if (!is_served(x) || x->request || x->waits || rx > r || (rx < r && rx == VIEWER && spare_viewers))
            continue;
        unsigned n = count_user(s, x->peer.uid);
        if (rx == r && n <= own + 1)
            continue;
        bool rather = !found || rx < found_rank || (rx == found_rank && n > most) ||
                      (rx == found_rank && n == most &&
                       connection_quiet_since(x->connection) < connection_quiet_since(found->connection));
        if (rather) {
            found = x;
            found_rank = rx;
            most = n;
        }
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
        connection_refuse(
            x->connection, ERR_LIMIT,
            "omsupd closed this connection to make room: user %s has %u connections, and all places were taken",
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
