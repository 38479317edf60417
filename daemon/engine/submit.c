/* From a deployment file to a job: asks every node for the facts, expands, freezes. Read-only until the job is written.
 */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/submit.h"

static void submit_free(struct submit *s)
{
    free(s->actor);
    free(s->login);
    free(s->text);
    free(s->reason);
    free(s);
}

void submit_answer(struct submit *s, cJSON *result, const struct err *e)
{
    engine_flush(s->en);
    s->reply(s->ctx, result, e);
    submit_free(s);
}

static void write_job(struct submit *s, const struct deployment *d, struct plan *plan, const char *text,
                      const char *hash, struct job **out, struct err *e)
{
    struct engine *en = s->en;
    struct job *b = job_new(&en->jobs, plan);
    b->row = (struct journal_job){
        .type = xstrdup(job_type_word(plan->type)),
        .mode = xstrdup(core_mode_name(MODE_READY)),
        .state = xstrdup(state_word(STATE_READY)),
        .plan = xstrdup(hash),
        .deployment = xstrdup(s->text),
        .object = xstrdup(plan->object),
        .operator_ = xstrdup(s->login),
        .boot = xstrdup(en->jobs.boot),
        .created = record_now(),
        .parent = s->parent,
        .pause_on_reboot = strcmp(d->after_reboot, "resume") != 0,
    };
    record_new(b, text);
    b->next = en->jobs.first;
    en->jobs.first = b;
    record_event(b, NULL, NULL, s->actor, "submit", NULL, "Ready", s->reason);
    *out = b;
}

static void create(struct submit *s, struct plan *plan, const struct deployment *d)
{
    struct err e = {0};
    char hash[65], *text = plan_text(plan);
    plan_sha256(text, hash);
    cJSON *r = cJSON_CreateObject();
    struct job *parent = s->parent ? jobs_find(&s->en->jobs, s->parent) : NULL;
    if (s->plan_only) {
        char *print = plan_print(plan);
        cJSON_AddStringToObject(r, "plan", hash);
        cJSON_AddStringToObject(r, "text", print);
        free(print);
        plan_free(plan);
    } else if (s->start && plan->type != JOB_CHECK && same_oms_conflict(&s->en->jobs, plan, 0, s->parent, &e)) {
        plan_free(plan);
    } else if (s->parent && rollback_refused(s, &e)) { /* now: it may have gone on while the nodes were asked */
        plan_free(plan);
    } else {
        struct job *b;
        write_job(s, d, plan, text, hash, &b, &e);
        if (parent) {
            char *why = xasprintf("rolled back by job %lld", (long long)b->row.id);
            drive_verb(parent, VERB_CANCEL_FORCE, s->actor, why);
            free(why);
        }
        if (s->start)
            drive_verb(b, VERB_START, s->actor, NULL);
        cJSON_AddNumberToObject(r, "job", (double)b->row.id);
        cJSON_AddStringToObject(r, "plan", hash);
        cJSON_AddStringToObject(r, "state", state_word(core_job_state(&b->core)));
    }
    free(text);
    if (e.code) {
        cJSON_Delete(r);
        r = NULL;
    } else if (s->plan_only && s->parent) {
        rollback_losses(s, r);
        return;
    }
    submit_answer(s, r, &e);
}

/* --- the flow ------------------------------------------------------------------------------------------------ */

static void on_gathered(void *ctx, struct gathered *g, const struct err *failed)
{
    struct submit *s = ctx;
    struct err e = *failed;
    struct plan *plan = NULL;
    if (e.code == 0) {
        if (s->type == JOB_ROLLBACK)
            rollback_expand(s, g, &plan, &e);
        else
            plan_expand(s->type, s->procedure, g->deployment, g->facts, NULL, &plan, &e);
    }
    if (plan)
        create(s, plan, g->deployment);
    else
        submit_answer(s, NULL, &e);
}

struct submit *submit_new(struct engine *en, const struct engine_caller *who, enum job_type type, engine_reply *reply,
                          void *ctx)
{
    struct submit *s = xcalloc(1, sizeof *s);
    *s = (struct submit){.en = en,
                         .type = type,
                         .reply = reply,
                         .ctx = ctx,
                         .actor = xstrdup(who ? who->actor : "engine"),
                         .login = xstrdup(who ? who->login : "engine")};
    return s;
}

void submit_begin(struct submit *s, const char *deployment, const char *file)
{
    struct err e = {0};
    struct deployment *d = NULL;
    char **old_ids = NULL;
    s->text = xstrdup(deployment);
    int rc = deployment_parse(deployment, strlen(deployment), file, &d, &e);
    if (rc == 0)
        rc = procedures_find(s->en->procedures, d->edition, d->source, d->target, &s->procedure, &e);
    if (rc == 0 && s->type == JOB_ROLLBACK)
        rc = rollback_old_ids(s, d, &old_ids, &e);
    if (rc) {
        deployment_free(d);
        submit_answer(s, NULL, &e);
        return;
    }
    gather_begin(&s->en->reach, d, old_ids, on_gathered, s);
}

void engine_submit(struct engine *en, const struct engine_caller *who, enum job_type type, const char *deployment,
                   const char *file, bool start, engine_reply *reply, void *ctx)
{
    struct submit *s = submit_new(en, who, type, reply, ctx);
    s->start = start || type == JOB_CHECK;
    submit_begin(s, deployment, file);
}

void engine_plan(struct engine *en, enum job_type type, const char *deployment, const char *file, engine_reply *reply,
                 void *ctx)
{
    struct submit *s = submit_new(en, NULL, type, reply, ctx);
    s->plan_only = true;
    submit_begin(s, deployment, file);
}
