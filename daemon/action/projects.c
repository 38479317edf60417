/* projects-duplicate (EE V4.2.3, prerequisites for sources before V4.0.2), projects-status and projects-after. */
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "daemon/action/act.h"

static const struct {
    const char *table, *kind;
} kinds[] = {{"oms_project", "migration"}, {"oms_sync_project", "synchronization"}};
enum { KINDS = ARRAY_LEN(kinds) };

enum verdict projects_duplicate(struct metadb *db, const struct action_args *a, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < KINDS; i++) {
        struct metadb_rows r;
        struct err e;
        char *rm = metadb_name(action_env(a, "RM_DB"));
        int rc = metadb_select(
            db, 3, &r, NULL, &e,
            "SELECT project_name, COUNT(*), GROUP_CONCAT(id ORDER BY id) FROM %s.%s WHERE project_status != 'DELETED'"
            " GROUP BY project_name HAVING COUNT(*) > 1",
            rm, kinds[i].table);
        free(rm);
        if (rc)
            return act_look_failed(out, &e);
        for (size_t k = 0; k < r.n_rows; k++)
            act_say(out, "%s (%s projects with the same name): \"%s\", ids %s", kinds[i].table, act_cell_text(&r, k, 1),
                    act_cell_text(&r, k, 0), act_cell_text(&r, k, 2));
        n += r.n_rows;
        metadb_rows_free(&r);
    }
    if (n == 0)
        act_say(out, "omsup: evidence every project name is unique");
    return n ? VERDICT_NO : VERDICT_YES;
}

/* "migration: 1 RUNNING, 2 FAILED; synchronization: none" */
static int count_projects(struct metadb *db, const struct action_args *a, struct buf *b, struct err *e)
{
    for (size_t i = 0; i < KINDS; i++) {
        struct metadb_rows r;
        char *rm = metadb_name(action_env(a, "RM_DB"));
        int rc =
            metadb_select(db, 2, &r, NULL, e,
                          "SELECT project_status, COUNT(*) FROM %s.%s GROUP BY project_status ORDER BY project_status",
                          rm, kinds[i].table);
        free(rm);
        if (rc)
            return rc;
        buf_printf(b, "%s%s: ", i ? "; " : "", kinds[i].kind);
        for (size_t k = 0; k < r.n_rows; k++)
            buf_printf(b, "%s%s %s", k ? ", " : "", act_cell_text(&r, k, 1), act_cell_text(&r, k, 0));
        if (r.n_rows == 0)
            buf_puts(b, "none");
        metadb_rows_free(&r);
    }
    return 0;
}

enum verdict projects_status(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct buf b = {0};
    struct err e;
    enum verdict v = VERDICT_YES;
    if (count_projects(db, a, &b, &e)) {
        v = act_look_failed(out, &e);
    } else {
        act_say(out, "omsup: fact projects.before %s", buf_str(&b));
        act_say(out, "omsup: evidence %s", buf_str(&b));
    }
    buf_free(&b);
    return v;
}

enum verdict projects_after(struct metadb *db, const struct action_args *a, struct buf *out)
{
    struct buf b = {0};
    struct err e;
    enum verdict v = VERDICT_YES;
    const char *before = action_env(a, "fact:projects.before");
    if (count_projects(db, a, &b, &e))
        v = act_look_failed(out, &e);
    else if (strcmp(before, buf_str(&b)) == 0)
        act_say(out, "omsup: evidence unchanged: %s", before);
    else
        act_say(out, "omsup: evidence before: %s | now: %s", *before ? before : "unknown", buf_str(&b));
    buf_free(&b);
    return v;
}
