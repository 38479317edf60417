/* What whoever submits a deployment with `on_failure` agrees to. */
#include "daemon/engine/request/internal.h"

const char losses_since_backup[] = "everything that OMS has written to rm, cm and cm_hb since the backup";

bool undo_asked(const struct plan *p)
{
    for (size_t k = 0; k < p->n_steps; k++)
        if (p->steps[k].undo)
            return true;
    return false;
}

void undo_json(const struct plan *p, cJSON *r)
{
    cJSON *steps = cJSON_AddArrayToObject(cJSON_AddObjectToObject(r, "on_failure"), "rollback");
    for (size_t k = 0; k < p->n_steps; k++)
        if (p->steps[k].undo)
            cJSON_AddItemToArray(steps, cJSON_CreateString(p->steps[k].id));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(r, "lost"), cJSON_CreateString(losses_since_backup));
}

char *undo_agreed(const struct plan *p)
{
    struct buf b = {0};
    buf_puts(&b, "agreed that omsupd rolls back without asking when one of these steps is Failed:");
    for (size_t k = 0; k < p->n_steps; k++)
        if (p->steps[k].undo)
            buf_printf(&b, " %s", p->steps[k].id);
    return buf_take(&b);
}
