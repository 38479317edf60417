/* online: what the console's Servers page shows, read from its tables (as in the vendor's guide for hosts that are
 * down, CE V4.2.2). host_status alone may date from before the upgrade, so a heartbeat of the supervisor since this
 * step started is required as well.
 *
 * A heartbeat's time is the wall clock of the writer's session. It is compared with NOW() in a session with the
 * server's own time zone, which both share unless one of them sets another; never with this host's clock. */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/act.h"

enum { FRESH_S = 60 };

static int query_by_ip(struct metadb *db, struct metadb_rows *r, struct err *e, const char *sql, const char *database,
                       const char *ip)
{
    char *name = metadb_name(database), *text = metadb_quote(db, ip);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int rc = metadb_select(db, 1, r, NULL, e, sql, name, text);
#pragma GCC diagnostic pop
    free(name);
    free(text);
    return rc;
}

static int look_host(struct metadb *db, const char *cm, const char *ip, struct buf *lacks, struct err *e)
{
    struct metadb_rows r;
    int rc = query_by_ip(db, &r, e, "SELECT host_status FROM %s.host WHERE ip = %s", cm, ip);
    if (rc)
        return rc;
    if (r.n_rows == 0)
        buf_puts(lacks, "; not in the table host of the cm database");
    for (size_t i = 0; i < r.n_rows; i++)
        if (strcmp(act_cell_text(&r, i, 0), "ONLINE") != 0)
            buf_printf(lacks, "; host_status %s", act_cell_text(&r, i, 0));
    metadb_rows_free(&r);
    return OK;
}

/* since: seconds ago; -1 when unknown. The heartbeat must be strictly newer, because both times are in whole seconds.
 */
static int look_beat(struct metadb *db, const char *hb, const char *ip, long long since, struct buf *lacks,
                     struct err *e)
{
    struct metadb_rows r;
    int rc = query_by_ip(db, &r, e,
                         "SELECT MIN(TIMESTAMPDIFF(SECOND, gmt_modified, NOW())) FROM %s.heart_beat"
                         " WHERE task_name = 'supervisor' AND host_ip = %s",
                         hb, ip);
    if (rc)
        return rc;
    long long age = 0;
    bool none = r.n_rows == 0 || !r.cell[0][0];
    if (!none && act_number(&r, 0, 0, &age, e)) {
        metadb_rows_free(&r);
        return ERR_METADB;
    }
    if (none)
        buf_printf(lacks, "; no heartbeat in %s", hb);
    else if (age > FRESH_S)
        buf_printf(lacks, "; last heartbeat %lld s ago", age);
    else if (age < -FRESH_S)
        buf_printf(lacks, "; last heartbeat %lld s ahead of the MetaDB's clock; check whether the time zones differ",
                   -age);
    else if (since >= 0 && age >= since)
        buf_printf(lacks, "; last heartbeat %lld s ago, but this step started %lld s ago", age, since);
    metadb_rows_free(&r);
    return OK;
}

enum verdict online(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct err e;
    long long since = a->since_ago;
    size_t n = 0, n_online = 0;
    const char *region = action_env(a, "REGION"); /* empty: the whole deployment */
    for (size_t i = 0; i < a->n_servers; i++) {
        const struct metadb_server *s = &a->servers[i];
        if (*region && strcmp(region, s->region) != 0)
            continue;
        struct buf lacks = {0};
        int rc = look_host(db, action_env(a, "CM_DB"), s->ip, &lacks, &e);
        rc = rc ? rc : look_beat(db, s->hb, s->ip, since, &lacks, &e);
        if (rc) {
            buf_free(&lacks);
            act_say(out, "%s (%s):", s->node, s->ip);
            return act_look_failed(out, &e);
        }
        if (lacks.len)
            act_say(out, "%s (%s): %s", s->node, s->ip, lacks.data + 2);
        n++;
        n_online += lacks.len == 0;
        buf_free(&lacks);
    }
    if (n_online == n)
        act_say(out, "%zu of %zu servers Online", n_online, n);
    return n_online == n ? VERDICT_YES : VERDICT_NO;
}
