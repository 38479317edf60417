/* servers-registered: compares OMS's own list of servers, the table host of the cm database, with the deployment. A
 * server that is registered only in OMS would be left behind with the old version. */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/act.h"

enum verdict servers_registered(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    char *cm = metadb_name(action_env(a, "CM_DB"));
    int rc = metadb_select(db, 2, &r, NULL, &e, "SELECT ip, host_status FROM %s.host ORDER BY ip", cm);
    free(cm);
    if (rc)
        return act_look_failed(out, &e);
    bool ok = true;
    for (size_t i = 0; i < a->n_servers; i++) {
        bool known = false;
        for (size_t k = 0; k < r.n_rows && !known; k++)
            known = strcmp(act_cell_text(&r, k, 0), a->servers[i].ip) == 0;
        if (!known)
            act_say(out, "%s (%s) is not in the table host of the cm database, so it is not registered in OMS",
                    a->servers[i].node, a->servers[i].ip);
        ok &= known;
    }
    for (size_t k = 0; k < r.n_rows; k++) {
        bool named = false;
        for (size_t i = 0; i < a->n_servers && !named; i++)
            named = strcmp(act_cell_text(&r, k, 0), a->servers[i].ip) == 0;
        if (!named)
            act_say(out, "server %s (%s) is registered in OMS, but not named in the deployment file",
                    act_cell_text(&r, k, 0), act_cell_text(&r, k, 1));
        ok &= named;
    }
    metadb_rows_free(&r);
    if (ok)
        act_say(out, "omsup: evidence exactly these %zu servers are registered in OMS", a->n_servers);
    return ok ? VERDICT_YES : VERDICT_NO;
}
