#include <stdlib.h>

#include "daemon/action/ha_config.h"

enum { WRITES_MAX = 3, DUPLICATE_KEY = 1062 };

/* Replaces only the very value that was read, because somebody may be editing the parameter in the console. The
 * comparison uses utf8mb4_bin whatever the column's collation, so that letter case counts. */
static int put(struct metadb *db, const struct action_args *a, const struct ha *h, const char *value, unsigned *no,
               struct err *e)
{
    int rc;
    char *rm = metadb_name(action_env(a, "RM_DB")), *new = metadb_quote(db, value),
         *old = metadb_quote(db, h->value ? h->value : "");
    if (!h->present)
        rc = metadb_query(db, no, e,
                          "INSERT INTO %s.oms_normal_config (cfg_name, cfg_value) SELECT 'ha.config', %s FROM DUAL"
                          " WHERE NOT EXISTS (SELECT 1 FROM %s.oms_normal_config WHERE cfg_name = 'ha.config')",
                          rm, new, rm);
    else if (!h->value)
        rc = metadb_query(
            db, no, e,
            "UPDATE %s.oms_normal_config SET cfg_value = %s WHERE cfg_name = 'ha.config' AND cfg_value IS NULL", rm,
            new);
    else
        rc = metadb_query(db, no, e,
                          "UPDATE %s.oms_normal_config SET cfg_value = %s WHERE cfg_name = 'ha.config'"
                          " AND cfg_value = %s COLLATE utf8mb4_bin",
                          rm, new, old);
    free(rm);
    free(new);
    free(old);
    return rc;
}

enum verdict ha_write(struct metadb *db, const struct action_args *a, const struct ha_change *c, struct buf *out)
{
    struct err e;
    for (int writes = 0;; writes++) {
        struct ha h;
        unsigned no = 0;
        int rc = ha_load(db, a, &h, &no, &e);
        if (rc == ERR_INPUT) {
            act_say(out, "%s; correct it in the console", e.msg);
            return VERDICT_NO;
        }
        /* Nothing was sent, or it was answered; but without knowing the value this is a failure all the same. */
        if (rc)
            return act_failed(out, no, &e);
        if (writes == 0 && c->seen)
            c->seen(&h, a, out);
        char *value = c->change(&h, c->ctx);
        if (!value) {
            act_say(out, "ha.config %s%s", h.present ? "is " : "is absent, so the defaults apply",
                    h.value ? h.value : "");
            ha_free(&h);
            return VERDICT_YES;
        }
        if (writes == WRITES_MAX) {
            act_say(out, "ha.config keeps changing: %d writes were overwritten; somebody is editing it", WRITES_MAX);
            rc = ERR_STATE;
        } else if (put(db, a, &h, value, &no, &e) && no != DUPLICATE_KEY) {
            rc = ERR_METADB;
        } else if (metadb_affected(db) == 0) {
            act_say(out, "ha.config changed while it was being edited; reading it again");
        }
        free(value);
        ha_free(&h);
        if (rc)
            return rc == ERR_STATE ? VERDICT_NO : act_failed(out, no, &e);
    }
}
