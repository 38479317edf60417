/* The words of a plan's enums. */
#include "common/array.h"
#include "daemon/plan/plan.h"

const char *plan_kind_name(enum plan_kind k)
{
    static const char *const names[] = {
        [KIND_RUN] = "run",   [KIND_ACTION] = "action", [KIND_PROBE] = "probe",
        [KIND_WAIT] = "wait", [KIND_GATE] = "gate",
    };
    TABLE_ENDS(names, KIND_GATE);
    return names[k];
}
