/* The deployment file. */
#include <stdint.h>

#include "daemon/plan/inputs/inputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct deployment *d;
    struct err e = {0};
    int rc = deployment_parse((const char *)data, size, "d.yaml", &d, &e);
    if ((rc == 0) != (d != NULL) || (rc != 0) != (e.msg[0] != '\0'))
        __builtin_trap();
    deployment_free(d);
    return 0;
}
