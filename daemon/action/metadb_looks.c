/* Prechecks of the MetaDB itself: metadb-reachable, metadb-databases, metadb-clock. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/action/act.h"

enum { SKEW_MAX_S = 5 };

enum verdict metadb_reachable(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    if (act_one_row(db, 3, &r, &e, "SELECT VERSION(), @@version_comment, CURRENT_USER()"))
        return act_look_failed(out, &e);
    const char *version = act_cell_text(&r, 0, 0), *comment = act_cell_text(&r, 0, 1);
    const char *product = strstr(version, "OceanBase") || strstr(comment, "OceanBase") ? "OceanBase"
                          : strstr(version, "MariaDB") || strstr(comment, "MariaDB")   ? "MariaDB"
                                                                                       : "MySQL";
    const struct metadb_login *l = metadb_login(db);
    act_say(out, "omsup: evidence %s %s (%s), account %s, %s:%u", product, version, comment, act_cell_text(&r, 0, 2),
            l->host, l->port);
    metadb_rows_free(&r);
    return VERDICT_YES;
}

/* --- databases -------------------------------------------------------------------------------------------- */

struct look {
    struct metadb *db;
    struct buf *out, evidence;
    struct err e;
    enum verdict v;
};

/* Has database a table? On error x->e is set and the answer is true. */
static bool has(struct look *x, const char *database, const char *table)
{
    struct metadb_rows r;
    char *d = metadb_quote(x->db, database), *t = metadb_quote(x->db, table);
    bool found = true;
    long long n = 0;
    int rc =
        act_one_row(x->db, 1, &r, &x->e,
                    "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", d, t);
    if (!rc) {
        rc = act_number(&r, 0, 0, &n, &x->e);
        metadb_rows_free(&r);
    }
    if (rc)
        x->v = VERDICT_UNKNOWN;
    else
        found = n > 0;
    free(d);
    free(t);
    return found;
}

static void lacks(struct look *x, const char *database, const char *table)
{
    act_say(x->out, "no table %s in %s", table, database);
    if (x->v == VERDICT_YES)
        x->v = VERDICT_NO;
}

static bool look_database(struct look *x, const char *database)
{
    struct metadb_rows r;
    char *d = metadb_quote(x->db, database);
    int rc = metadb_select(x->db, 2, &r, NULL, &x->e,
                           "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
                           " WHERE SCHEMA_NAME = %s",
                           d);
    free(d);
    if (rc) {
        x->v = VERDICT_UNKNOWN;
        return false;
    }
    bool there = r.n_rows > 0, odd = there && (r.n_rows > 1 || !r.cell[0][0] || !r.cell[0][1]);
    if (odd) {
        err_set(&x->e, ERR_METADB, "the MetaDB does not say which character set database %s has", database);
        x->v = VERDICT_UNKNOWN;
        there = false;
    } else if (there) {
        buf_printf(&x->evidence, "%s%s (%s, %s)", x->evidence.len ? ", " : "", database, act_cell_text(&r, 0, 0),
                   act_cell_text(&r, 0, 1));
    } else {
        act_say(x->out, "no database %s", database);
        if (x->v == VERDICT_YES)
            x->v = VERDICT_NO;
    }
    metadb_rows_free(&r);
    return there;
}

static bool look_hb(void *ctx, const char *database)
{
    struct look *x = ctx;
    if (!look_database(x, database))
        return x->v != VERDICT_UNKNOWN;
    if (!has(x, database, "heart_beat"))
        lacks(x, database, "heart_beat");
    /* Between the two documented renames the live table has another name; that does not matter here. */
    if (!has(x, database, "heatbeat_sequence") && !has(x, database, "heatbeat_sequence_bak") &&
        !has(x, database, "heatbeat_sequence_bak2"))
        lacks(x, database, "heatbeat_sequence");
    return x->v != VERDICT_UNKNOWN;
}

enum verdict metadb_databases(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct look x = {.db = db, .out = out, .v = VERDICT_YES};
    const char *rm = action_env(a, "RM_DB"), *cm = action_env(a, "CM_DB");
    if (look_database(&x, rm) && !has(&x, rm, "oms_normal_config"))
        lacks(&x, rm, "oms_normal_config");
    if (x.v != VERDICT_UNKNOWN && look_database(&x, cm) && !has(&x, cm, "host"))
        lacks(&x, cm, "host");
    if (x.v != VERDICT_UNKNOWN)
        act_each_line(action_env(a, "HB_DBS"), look_hb, &x);
    if (x.v == VERDICT_UNKNOWN)
        act_look_failed(out, &x.e);
    else if (x.v == VERDICT_YES)
        act_say(out, "omsup: evidence %s", buf_str(&x.evidence));
    buf_free(&x.evidence);
    return x.v;
}

/* --- clock ------------------------------------------------------------------------------------------------ */

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The MetaDB's second n means a moment in [n, n+1) between the question and the answer. That much is certain however
 * long the answer took. */
enum verdict metadb_clock(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct metadb_rows r;
    struct err e;
    double before = seconds_now();
    long long theirs_s = 0;
    if (act_one_row(db, 2, &r, &e, "SELECT UNIX_TIMESTAMP(), DATE_FORMAT(UTC_TIMESTAMP(), '%%Y-%%m-%%d %%H:%%i:%%s')"))
        return act_look_failed(out, &e);
    double after = seconds_now();
    if (act_number(&r, 0, 0, &theirs_s, &e)) {
        metadb_rows_free(&r);
        return act_look_failed(out, &e);
    }
    double theirs = (double)theirs_s;
    double ahead = theirs - after, behind = before - (theirs + 1); /* at least */
    bool ok = ahead <= (double)SKEW_MAX_S && behind <= (double)SKEW_MAX_S;
    if (ok)
        act_say(out, "omsup: evidence the MetaDB's clock says %s UTC; it is within %d s of this host's",
                act_cell_text(&r, 0, 1), SKEW_MAX_S);
    else
        act_say(out, "the MetaDB's clock says %s UTC: at least %.0f s %s this host's", act_cell_text(&r, 0, 1),
                ahead > behind ? ahead : behind, ahead > behind ? "ahead of" : "behind");
    metadb_rows_free(&r);
    return ok ? VERDICT_YES : VERDICT_NO;
}
