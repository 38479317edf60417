/* black-region (EE V4.2.3, prerequisites for sources before V4.0.2): a blackRegionNo that differs from the region's
 * cm_location is a case for the vendor if a data source is both the destination of one synchronization project and the
 * source of another. */
#include <stdlib.h>

#include "daemon/action/act.h"

enum { SHOWN = 20 };

enum verdict black_region(struct metadb *db, const struct action_args *a, struct buf *out)
{
    const char *location = action_env(a, "CM_LOCATION");
    if (!*location) {
        act_say(out, "cannot tell: OMS's config.yaml has no cm_location");
        return VERDICT_UNKNOWN;
    }
    struct metadb_rows r;
    struct err e;
    char *cm = metadb_name(action_env(a, "CM_DB")), *value = metadb_quote(db, location);
    int rc = metadb_select(db, METADB_ANY, &r, NULL, &e,
                           "SELECT * FROM %s.config_job WHERE `key` = 'sourceFile.blackRegionNo' AND `value` != %s", cm,
                           value);
    free(cm);
    free(value);
    if (!rc && r.n_cols == 0)
        rc = err_set(&e, ERR_METADB, "the MetaDB answered without rows to a question about config_job");
    if (rc)
        return act_look_failed(out, &e);
    for (size_t i = 0; i < r.n_rows && i < SHOWN; i++) {
        struct buf b = {0};
        for (size_t c = 0; c < r.n_cols; c++)
            buf_printf(&b, "%s%s", c ? ", " : "", act_cell_text(&r, i, c));
        act_say(out, "config_job: %s", b.data);
        buf_free(&b);
    }
    bool none = r.n_rows == 0;
    if (none)
        act_say(out, "omsup: evidence no blackRegionNo other than cm_location %s", location);
    else
        act_say(out,
                "%zu rows of config_job have a blackRegionNo other than cm_location %s: if a data source is both the "
                "destination of one synchronization project and the source of another, contact OMS Technical Support",
                r.n_rows, location);
    metadb_rows_free(&r);
    return none ? VERDICT_YES : VERDICT_NO;
}
