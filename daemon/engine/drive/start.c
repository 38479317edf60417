/* A start at a time: the core is told the wall clock, and says when that time has come, or was missed. */
#include <stdlib.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/drive/drive.h"

static void missed(struct job *b, const char *because)
{
    char *at = times_local(b->core.start_at),
         *why = xasprintf("window missed: the start was due at %s, %s", at, because);
    const char *from = b->row.state;
    log_warn("job %lld: %s", (long long)b->row.id, why);
    job_set_why(b, why);
    record_event(b, NULL, NULL, "engine", "window-missed", from, state_word(core_job_state(&b->core)), why);
    record_job(b);
    free(why);
    free(at);
}

static void start(struct job *b)
{
    struct err e = {0};
    if (b->plan->type != JOB_CHECK && same_oms_conflict(b->jobs, b->plan, b->row.id, b->row.parent, &e)) {
        char *because = xasprintf("and %s", e.msg);
        core_miss(&b->core);
        missed(b, because);
        free(because);
        return;
    }
    char *at = times_local(b->core.start_at), *reason = xasprintf("it was to start at %s", at);
    drive_verb(b, VERB_START, "engine", reason);
    free(reason);
    free(at);
}

void start_tick(struct job *b)
{
    if (b->core.mode != MODE_READY || !b->core.start_at)
        return;
    bool first = b->core.seen == 0;
    switch (core_clock(&b->core, times_wall())) {
    case DUE_NOT:
        return;
    case DUE_START:
        start(b);
        return;
    case DUE_MISSED:
        missed(b, first ? "and omsupd was not running then"
                        : "and this host was not awake then, or its clock was set over that time");
    }
}
