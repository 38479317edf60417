/* Which plans of older omsupds must not be continued, and why. */
#include "daemon/plan/plan.h"

static const struct {
    unsigned number;
    const char *why;
} revisions[] = {
#define REVISION(number, why) {number, why},
#include "daemon/plan/revisions.def"
#undef REVISION
};

enum { N_REVISIONS = sizeof revisions / sizeof revisions[0] };

unsigned plan_revision(void) { return revisions[N_REVISIONS - 1].number; }

const char *plan_outdated(const struct plan *p)
{
    for (size_t i = 0; i < N_REVISIONS; i++)
        if (p->revision < revisions[i].number)
            return revisions[i].why;
    return NULL;
}
