/* metadb-privileges: what the upgrade, the documented dump (LOCK TABLES) and a rollback (drop and create the databases)
 * need. A grant is never shown as the server prints it, because the line may contain the hash of a password. */
#include <stdlib.h>
#include <string.h>

#include "daemon/action/act.h"
#include "daemon/action/grants.h"

struct look {
    struct buf *out;
    struct grants grants;
    unsigned needed;
    bool fold, missing;
    size_t n;
};

static bool look_database(void *ctx, const char *database)
{
    struct look *x = ctx;
    unsigned lacks = x->needed & ~grants_on(&x->grants, database, x->fold);
    struct buf b = {0};
    for (unsigned i = 0; i < GRANTS_N; i++)
        if (lacks & 1U << i)
            buf_printf(&b, "%s%s", b.len ? ", " : "", grant_name(i));
    if (lacks)
        act_say(x->out, "missing on %s: %s", database, b.data);
    buf_free(&b);
    x->missing |= lacks != 0;
    x->n++;
    return true;
}

enum verdict metadb_privileges(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    struct look x = {.out = out};
    if (act_one_row(db, 2, &r, &e, "SELECT CONCAT(VERSION(), ' ', @@version_comment), @@lower_case_table_names"))
        return act_look_failed(out, &e);
    /* OceanBase's LOCK TABLES locks nothing and needs no privilege. */
    x.needed = strstr(act_cell_text(&r, 0, 0), "OceanBase") ? GRANTS_ALL & ~GRANT_LOCK_TABLES : GRANTS_ALL;
    long long fold = 0;
    int rc = act_number(&r, 0, 1, &fold, &e);
    x.fold = fold != 0;
    metadb_rows_free(&r);
    if (rc || metadb_select(db, 1, &r, NULL, &e, "SHOW GRANTS"))
        return act_look_failed(out, &e);
    for (size_t i = 0; i < r.n_rows; i++)
        grants_add(&x.grants, act_cell_text(&r, i, 0));
    metadb_rows_free(&r);
    look_database(&x, action_env(a, "RM_DB"));
    look_database(&x, action_env(a, "CM_DB"));
    act_each_line(action_env(a, "HB_DBS"), look_database, &x);

    enum verdict v = x.missing ? VERDICT_NO : VERDICT_YES;
    if (x.missing && x.grants.roles) {
        act_say(out, "but the account has roles, whose privileges are not shown: cannot tell");
        v = VERDICT_UNKNOWN;
    } else if (x.missing && x.grants.odd) {
        act_say(out, "but SHOW GRANTS has lines that omsupd does not understand: cannot tell; check it yourself");
        v = VERDICT_UNKNOWN;
    } else if (!x.missing) {
        act_say(out, "omsup: evidence all required privileges on %zu databases%s", x.n,
                x.grants.odd ? "; SHOW GRANTS also has lines that omsupd does not understand" : "");
    }
    grants_free(&x.grants);
    return v;
}
