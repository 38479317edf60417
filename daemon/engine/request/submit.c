/* An upgrade or a check: only the plan is particular to it. */
#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

void submit_job(struct engine *en, const struct request_caller *who, enum job_type type, const char *deployment,
                const char *file, bool start, bool carry_on, const char *agreed, struct request_steps before,
                const char *at, struct request_window window, request_reply *reply, void *ctx)
{
    struct submission *s = submission_new(en, &upgrade_kind, type, who, reply, ctx);
    s->start = start || type == JOB_CHECK;
    s->carry_on = carry_on;
    s->at = xstrdup(at);
    s->window = xstrdup(window.text);
    s->expect = window.expect;
    s->before = xcalloc(before.n + 1, sizeof *s->before);
    for (size_t i = 0; i < before.n; i++)
        s->before[i] = xstrdup(before.at[i]);
    s->agreed = xstrdup(agreed);
    submission_begin(s, deployment, file);
}

void submit_plan(struct engine *en, enum job_type type, const char *deployment, const char *file, request_reply *reply,
                 void *ctx)
{
    struct submission *s = submission_new(en, &upgrade_kind, type, NULL, reply, ctx);
    s->plan_only = true;
    submission_begin(s, deployment, file);
}
