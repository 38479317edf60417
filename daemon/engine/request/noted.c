#include "daemon/engine/request/internal.h"

void request_noted(struct engine *en, const char *actor, const char *event, const char *reason)
{
    record_noted(engine_jobs(en), actor, event, reason);
    engine_flush(en);
}
