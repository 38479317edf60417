/* slim-state: evidence for the step that shrinks the heartbeat sequence ("heatbeat" is OMS's spelling). That step
 * continues from any mixture of the tables, so only the absence of all of them is a NO. Rows are not counted: the table
 * only ever grows, and counting a large one outlasts the connection. What the server keeps as their number is none:
 * OceanBase has 0 until somebody gathers statistics. (The precheck slim-rows counts.) */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/act.h"

struct look {
    struct metadb *db;
    struct buf *out;
    struct err e;
    enum verdict v;
};

static int newest(struct look *x, const char *database, long long *id)
{
    struct metadb_rows r;
    char *d = metadb_name(database);
    int rc = act_one_row(x->db, 1, &r, &x->e, "SELECT IFNULL(MAX(id), 0) FROM %s.heatbeat_sequence", d);
    free(d);
    if (rc)
        return rc;
    rc = act_number(&r, 0, 0, id, &x->e);
    metadb_rows_free(&r);
    return rc;
}

static bool look_database(void *ctx, const char *database)
{
    struct look *x = ctx;
    struct metadb_rows r;
    struct buf left = {0};
    char *d = metadb_quote(x->db, database);
    int rc =
        metadb_select(x->db, 1, &r, NULL, &x->e,
                      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME IN"
                      " ('heatbeat_sequence', 'heatbeat_sequence_bak', 'heatbeat_sequence_bak2') ORDER BY TABLE_NAME",
                      d);
    free(d);
    if (rc) {
        x->v = VERDICT_UNKNOWN;
        return false;
    }
    bool live = false;
    long long id = 0;
    for (size_t i = 0; i < r.n_rows; i++) {
        if (strcasecmp(act_cell_text(&r, i, 0), "heatbeat_sequence") == 0)
            live = true;
        else
            buf_printf(&left, "%s%s", left.len ? ", " : "", act_cell_text(&r, i, 0));
    }
    metadb_rows_free(&r);
    if (live && newest(x, database, &id)) {
        x->v = VERDICT_UNKNOWN;
        buf_free(&left);
        return false;
    }
    if (!live && !left.len) {
        act_say(x->out, "%s has no table heatbeat_sequence, nor a copy of it from an earlier attempt", database);
        x->v = VERDICT_NO;
    } else if (!live) {
        act_say(x->out, "omsup: evidence %s: no live heatbeat_sequence; left over from an earlier attempt: %s",
                database, left.data);
    } else {
        act_say(x->out, "omsup: evidence %s: newest id %lld%s%s", database, id,
                left.len ? "; left over from an earlier attempt: " : "", buf_str(&left));
    }
    buf_free(&left);
    return true;
}

enum verdict slim_state(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct look x = {.db = db, .out = out, .v = VERDICT_YES};
    const char *one = action_env(a, "HB_DB");
    act_each_line(*one ? one : action_env(a, "HB_DBS"), look_database, &x);
    return x.v == VERDICT_UNKNOWN ? act_look_failed(out, &x.e) : x.v;
}
