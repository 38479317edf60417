/* An upgrade or a check: only the plan is particular to it. */
#include "daemon/engine/request/internal.h"

static int expand(struct submission *s, const struct gathered *g, struct plan **plan, struct err *e)
{
    return plan_expand(s->type, s->procedure, g->deployment, g->facts, NULL, plan, e);
}

static const struct submission_kind kind = {.expand = expand};

void submit_job(struct engine *en, const struct request_caller *who, enum job_type type, const char *deployment,
                const char *file, bool start, request_reply *reply, void *ctx)
{
    struct submission *s = submission_new(en, &kind, type, who, reply, ctx);
    s->start = start || type == JOB_CHECK;
    submission_begin(s, deployment, file);
}

void submit_plan(struct engine *en, enum job_type type, const char *deployment, const char *file, request_reply *reply,
                 void *ctx)
{
    struct submission *s = submission_new(en, &kind, type, NULL, reply, ctx);
    s->plan_only = true;
    submission_begin(s, deployment, file);
}
