/* Which steps of a plan are the time in which OMS is out of service. */
#include <string.h>

#include "daemon/plan/plan.h"

bool plan_is_online(const struct plan_subtask *s)
{
    return s->kind == KIND_WAIT && s->act.builtin && strcmp(s->act.builtin, "online") == 0;
}

bool plan_outage(const struct plan *p, size_t *from, size_t *to)
{
    const char *mark = p->type == JOB_ROLLBACK ? "T3" : "T1";
    size_t k = 0;
    while (k < p->n_steps && !(p->steps[k].marks && strcmp(p->steps[k].marks, mark) == 0))
        k++;
    *from = k;
    for (k = p->n_steps; k-- > 0;)
        if (plan_is_online(&p->steps[k].subtasks[0])) {
            *to = k;
            return *from == p->n_steps || *from <= k;
        }
    return false;
}
