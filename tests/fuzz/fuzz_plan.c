/* A plan as the journal gives it back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/plan/plan.h"

struct input {
    const char *at;
    size_t left;
};

static size_t part(void *ctx, const char **data)
{
    struct input *in = ctx;
    size_t n = in->left < 61 ? in->left : 61;
    *data = in->at;
    in->at += n;
    in->left -= n;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {(const char *)data, size};
    struct plan *p, *again;
    struct err e = {0};
    char hash[65], hash2[65];
    int rc = plan_read(part, &in, hash, &p, &e);
    if ((rc == 0) != (p != NULL) || (rc != 0) != (e.msg[0] != '\0'))
        abort();
    if (!p)
        return 0;
    char *text = plan_text(p); /* what was taken comes back the same */
    if (plan_from_text(text, &again, &e))
        abort();
    char *text2 = plan_text(again);
    if (strcmp(text, text2) != 0)
        abort();
    plan_hash(p, hash); /* also when equal texts are one */
    plan_hash(again, hash2);
    if (strcmp(hash, hash2) != 0)
        abort();
    free(plan_print(p));
    free(text);
    free(text2);
    plan_free(p);
    plan_free(again);
    return 0;
}
