/* The words of a plan's enums. */
#include "daemon/plan/plan.h"

const char *plan_kind_name(enum plan_kind k)
{
    static const char *const names[] = {"run", "action", "probe", "wait", "gate"};
    return names[k];
}
