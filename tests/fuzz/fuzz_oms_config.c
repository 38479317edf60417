/* OMS's config.yaml, by itself and as a node gives it with the rest of what it says. */
#include <stdint.h>

#include "daemon/plan/inputs/inputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct oms_config *c;
    struct node_facts f;
    struct err e = {0};
    int rc = oms_config_parse((const char *)data, size, "c.yaml", &c, &e);
    if ((rc == 0) != (c != NULL) || (rc != 0) != (e.msg[0] != '\0'))
        __builtin_trap();
    oms_config_free(c);
    if (node_facts_parse((const char *)data, size, "oms1", &f, &e) == 0) {
        if (!f.config || !f.old_id)
            __builtin_trap();
        node_facts_free(&f);
    }
    return 0;
}
