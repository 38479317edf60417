/* procedure x deployment x the nodes' facts = plan.
 *
 * plan_expand() takes the results of the parsers in inputs/ and procedure/ and either returns a whole plan, which
 * shares nothing with them and belongs to the caller (plan_free()), or an error that says which input is wrong. Pure:
 * no clock, no I/O; the same input gives the same plan to the last byte. The deployment has passed hooks_read(). */
#pragma once
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/hooks.h"
#include "daemon/plan/procedure/procedure.h"

/* What a rollback needs to know of the job that it rolls back. */
struct rollback_of {
    enum job_type of;         /* what that job is: an upgrade or a rehearsal */
    bool late;                /* an irreversible step had begun */
    const char *const *begun; /* NULL-terminated ids of the steps that had begun */
    const char *t1;           /* NULL when unknown */
    /* fact of the parent job, e.g. "backup.rm_402.file"; NULL when there is none */
    const char *(*fact)(void *ctx, const char *name);
    void *ctx;
    /* By node of d: the id of the old container in that job's plan, NULL where it has none; NULL: none at all. The
     * facts must be of these containers: the name may have been given to another one since. */
    const char *const *old_ids;
};
/* facts[i] belongs to d->nodes[i]. Cross-checks the inputs: cm_location unique per region, exactly one cm_is_default,
 * rm, cm and MetaDB the same everywhere, heartbeat databases different per region and the same within one, OMS_HOST_IP
 * unique and in cm_nodes, one TSDB, documented mounts present, source version as the image tag says (when it tells); in
 * a rollback the containers are those that the upgrade has stopped. `rb` is for JOB_ROLLBACK, else NULL. */
int plan_expand(enum job_type type, const struct procedure *proc, const struct deployment *d,
                const struct node_facts *facts, const struct rollback_of *rb, struct plan **out, struct err *e);
