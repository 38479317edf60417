/* What whoever submits a deployment with `on_failure` agrees to. */
#include "daemon/engine/request/internal.h"

const char losses_since_backup[] = "everything that OMS has written to rm, cm and cm_hb since the backup";

void undo_json(const struct deployment *d, cJSON *r)
{
    cJSON *steps = cJSON_AddArrayToObject(cJSON_AddObjectToObject(r, "on_failure"), "rollback");
    for (size_t i = 0; i < d->n_undo; i++)
        cJSON_AddItemToArray(steps, cJSON_CreateString(d->undo[i].step));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(r, "lost"), cJSON_CreateString(losses_since_backup));
}

char *undo_agreed(const struct deployment *d)
{
    struct buf b = {0};
    buf_puts(&b, "agreed that omsupd rolls back without asking when one of these steps is Failed:");
    for (size_t i = 0; i < d->n_undo; i++)
        buf_printf(&b, " %s", d->undo[i].step);
    return buf_take(&b);
}
