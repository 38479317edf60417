/* What a notice says of a job and of a subtask. */
#include <string.h>

#include "daemon/engine/view/internal.h"

static void add_subtask(cJSON *o, const struct job *b, size_t first, bool named)
{
    cJSON *s = snapshot_subtask(b, first, true);
    static const char *const taken[] = {"title", "message", "cure", "notice"};
    if (named)
        json_text(o, "node", b->plan->hosts[b->subs[first].plan->host].name);
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) {
        cJSON *value = cJSON_DetachItemFromObjectCaseSensitive(s, taken[k]);
        if (value)
            cJSON_AddItemToObjectCS(o, taken[k], value);
    }
    cJSON_Delete(s);
}

int view_about(struct jobs *js, int64_t id, const char *step, const char *subtask, cJSON *o, struct err *e)
{
    struct job *b, *loaded;
    size_t first, n;
    int rc = view_find(js, id, &b, &loaded, e);
    if (rc)
        return rc;
    json_text(o, "type", job_type_name(b->plan->type));
    json_word(o, "state", state_word(core_job_state(&b->core)));
    json_text(o, "object", b->row.object);
    json_text(o, "deployment", b->plan->deployment);
    json_text(o, "source", b->plan->source);
    json_text(o, "target", b->plan->target);
    json_text(o, "operator", b->row.login);
    if (step && job_find(b, step, subtask, &first, &n, e) == 0)
        add_subtask(o, b, first, subtask != NULL);
    job_free(loaded);
    return 0;
}

double view_outage_s(const struct job *b)
{
    cJSON *o = cJSON_CreateObject();
    outage_add(o, b);
    const cJSON *s = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(o, "outage"), "elapsed");
    double seconds = cJSON_IsNumber(s) ? s->valuedouble : -1;
    cJSON_Delete(o);
    return seconds;
}
