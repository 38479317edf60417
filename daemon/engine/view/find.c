/* Finds the job that was asked for. */
#include "daemon/engine/view/internal.h"

static bool first_row(void *ctx, const struct journal_job *row)
{
    *(int64_t *)ctx = row->id;
    return false;
}

int view_find(struct jobs *js, int64_t id, struct job **b, struct job **loaded, struct err *e)
{
    *b = *loaded = NULL;
    if (id == 0 && journal_jobs(js->journal, true, first_row, &id, e) == 0 && id == 0)
        journal_jobs(js->journal, false, first_row, &id, e);
    if (id == 0) {
        err_set(e, ERR_NOT_FOUND, "there is no job yet");
        return err_hint(e, "omsupctl submit DEPLOYMENT.yaml");
    }
    if ((*b = jobs_find(js, id)) != NULL)
        return 0;
    struct journal_job row = {0};
    int rc = journal_job(js->journal, id, &row, e);
    if (rc)
        return rc;
    rc = job_load(js, &row, loaded, e);
    if (rc && held_why(js, id))
        err_set(e, rc, "job %lld is %s", (long long)id, held_why(js, id));
    else if (rc)
        err_prefix(e, "job %lld", (long long)id);
    journal_job_clear(&row);
    *b = *loaded;
    return rc;
}
