/* servers-registered: OMS's own list of servers, cm's table host (DOC/V4.2.2 oms-host-down-guide), against the
 * deployment. A server that only OMS knows would be left behind with the old version. */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/act.h"

action_fn servers_registered;

enum verdict servers_registered(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    char *cm = metadb_name(action_env(a, "CM_DB"));
    int rc = metadb_query(db, &r, NULL, &e, "SELECT ip, host_status FROM %s.host ORDER BY ip", cm);
    free(cm);
    if (rc)
        return look_failed(out, &e);
    bool ok = true;
    for (size_t i = 0; i < a->n_servers; i++) {
        bool known = false;
        for (size_t k = 0; k < r.n_rows && !known; k++)
            known = strcmp(cell_text(&r, k, 0), a->servers[i].ip) == 0;
        if (!known)
            say(out, "%s (%s) is not in cm's table host: OMS does not know it", a->servers[i].node, a->servers[i].ip);
        ok &= known;
    }
    for (size_t k = 0; k < r.n_rows; k++) {
        bool named = false;
        for (size_t i = 0; i < a->n_servers && !named; i++)
            named = strcmp(cell_text(&r, k, 0), a->servers[i].ip) == 0;
        if (!named)
            say(out, "OMS knows a server %s (%s) that the deployment does not name", cell_text(&r, k, 0),
                cell_text(&r, k, 1));
        ok &= named;
    }
    metadb_rows_free(&r);
    if (ok)
        say(out, "omsup: evidence OMS knows these %zu servers and no other", a->n_servers);
    return ok ? VERDICT_YES : VERDICT_NO;
}
