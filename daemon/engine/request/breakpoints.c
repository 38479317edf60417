/* Breakpoints: the steps before which a job is to be paused. */
#include <string.h>

#include "daemon/engine/request/internal.h"

/* The step of this name; an error names it. */
static int find(const struct job *b, const char *name, size_t *k, struct err *e)
{
    *k = job_step(b, name, strlen(name));
    if (*k < b->plan->n_steps)
        return 0;
    err_set(e, ERR_NOT_FOUND, "job %lld has no step \"%s\" to pause before", (long long)b->row.id, name);
    return err_hint(e, "omsupctl status %lld", (long long)b->row.id);
}

static void put_back(struct job *b, const enum core_stop *was)
{
    for (size_t k = 0; k < b->core.n_steps; k++)
        b->core.steps[k].stop = was[k];
}

/* All or none: what the core has set before one is refused is put back. */
static int change(struct job *b, struct request_steps at, bool set, struct err *e)
{
    enum core_stop was[PLAN_STEPS_MAX];
    size_t k;
    for (k = 0; k < b->core.n_steps; k++)
        was[k] = b->core.steps[k].stop;
    for (size_t i = 0; i < at.n; i++) {
        int rc = find(b, at.at[i], &k, e);
        const char *why = rc ? NULL : set ? core_break(&b->core, k) : NULL;
        if (why)
            rc = err_set(e, ERR_STATE, "job %lld cannot be paused before %s: %s (%s)", (long long)b->row.id, at.at[i],
                         why, state_word(core_job_state(&b->core)));
        else if (rc == 0 && !set && !core_unbreak(&b->core, k))
            rc = err_set(e, ERR_STATE, "job %lld has no breakpoint before %s", (long long)b->row.id, at.at[i]);
        if (rc) {
            put_back(b, was);
            return rc;
        }
    }
    return 0;
}

static void record(struct job *b, const char *actor, struct request_steps at, bool set)
{
    for (size_t i = 0; i < at.n; i++)
        record_event(b, at.at[i], NULL, actor, set ? "breakpoint-set" : "breakpoint-removed", NULL, NULL, NULL);
    record_job(b);
}

int breakpoints_possible(struct job *b, struct request_steps at, struct err *e)
{
    enum core_stop was[PLAN_STEPS_MAX];
    for (size_t k = 0; k < b->core.n_steps; k++)
        was[k] = b->core.steps[k].stop;
    int rc = change(b, at, true, e);
    put_back(b, was);
    return rc;
}

int breakpoints_set(struct job *b, const char *actor, struct request_steps at, struct err *e)
{
    int rc = change(b, at, true, e);
    if (rc == 0 && at.n)
        record(b, actor, at, true);
    return rc;
}

int breakpoints_remove(struct job *b, const char *actor, struct request_steps at, struct err *e)
{
    int rc = change(b, at, false, e);
    if (rc == 0 && at.n)
        record(b, actor, at, false);
    return rc;
}
