/* The key `approve` of a deployment: what of the plan needs a second operator. */
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

static bool is_verb(const char *what) { return strcmp(what, "rollback") == 0 || strcmp(what, "--force") == 0; }

static bool in_page(const struct proc_steps *list, const char *id)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i].id, id) == 0)
            return true;
    return false;
}

/* One that this deployment leaves out, or that is of the rollback, has nothing to approve; a slip of the pen has. */
static bool mark(const struct expand *x, const char *id)
{
    bool known = in_page(&x->proc->steps, id) || in_page(&x->proc->rollback, id);
    for (size_t k = 0; k < x->plan->n_steps; k++)
        if (strcmp(x->plan->steps[k].id, id) == 0)
            x->plan->steps[k].approve = known = true;
    return known;
}

int expand_approve(const struct expand *x)
{
    size_t n = 0;
    for (char **a = x->d->approve; x->type != JOB_CHECK && a && *a; a++) {
        if (is_verb(*a))
            strv_add(&x->plan->approve, &n, xstrdup(*a));
        else if (!mark(x, *a) && x->type == JOB_UPGRADE)
            return err_set(x->e, ERR_INPUT,
                           "\"approve\" names \"%s\", which is not a step of procedure %s; to read its steps: omsupctl "
                           "procedures %s",
                           *a, x->proc->name, x->proc->name);
    }
    return 0;
}
