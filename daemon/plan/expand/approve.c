/* The key `approve` of a deployment: what of the plan needs a second operator. */
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

/* One that this deployment leaves out, or that is of the rollback, has nothing to approve; a slip of the pen has. Of a
 * series hooks_known() has looked in the pages of all hops. */
static bool known(const struct expand *x, const char *id)
{
    bool hook = strncmp(id, HOOK_PREFIX, strlen(HOOK_PREFIX)) == 0;
    return x->d->hop || (hook ? deployment_hook(x->d, id + strlen(HOOK_PREFIX)) != NULL
                              : steps_have(&x->proc->steps, id) || steps_have(&x->proc->rollback, id));
}

static bool mark(const struct expand *x, const char *id)
{
    for (size_t k = 0; k < x->plan->n_steps; k++)
        if (strcmp(x->plan->steps[k].id, id) == 0)
            return x->plan->steps[k].approve = true;
    return known(x, id);
}

int expand_approve(const struct expand *x)
{
    size_t n = 0;
    for (char **a = x->d->approve; expand_changes_oms(x) && a && *a; a++) {
        if (deployment_approve_verb(*a))
            strv_add(&x->plan->approve, &n, xstrdup(*a));
        else if (!mark(x, *a) && x->type == JOB_UPGRADE)
            return err_set(x->e, ERR_INPUT,
                           "\"approve\" names \"%s\", which is not a step of procedure %s; to read its steps: omsupctl "
                           "procedures %s",
                           *a, x->proc->name, x->proc->name);
    }
    return 0;
}
