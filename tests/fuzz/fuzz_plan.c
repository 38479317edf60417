/* A plan as the journal gives it back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/plan/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cJSON *json = cJSON_ParseWithLength((const char *)data, size);
    struct plan *p, *again;
    struct err e = {0};
    int rc = plan_from_json(json, &p, &e);
    cJSON_Delete(json);
    if ((rc == 0) != (p != NULL) || (rc != 0) != (e.msg[0] != '\0'))
        abort();
    if (!p)
        return 0;
    char *text = plan_text(p); /* what was taken comes back the same */
    json = cJSON_Parse(text);
    if (!json || plan_from_json(json, &again, &e))
        abort();
    char *text2 = plan_text(again);
    if (strcmp(text, text2) != 0)
        abort();
    free(plan_print(p));
    free(text);
    free(text2);
    cJSON_Delete(json);
    plan_free(p);
    plan_free(again);
    return 0;
}
