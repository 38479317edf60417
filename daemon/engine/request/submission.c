/* From a deployment file to a job: asks every node for facts, expands the plan, freezes it. Read-only until the job is
 * written. The kind of the submission decides which plan it is. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/engine/request/internal.h"

static void submission_free(struct submission *s)
{
    free(s->actor);
    free(s->login);
    free(s->text);
    free(s->reason);
    free(s->at);
    free(s->window);
    free(s->asked);
    free(s->name);
    approve_free(&s->rollback_approval);
    approve_free(&s->force_approval);
    strv_free(s->before);
    free(s->frozen);
    free(s->agreed);
    free(s);
}

struct request_caller submission_caller(const struct submission *s)
{
    return (struct request_caller){s->actor, s->login, s->person, s->name};
}

void submission_answer(struct submission *s, cJSON *result, const struct err *e)
{
    engine_flush(s->en);
    s->reply(s->ctx, result, e);
    submission_free(s);
}

/* NULL: it cannot have the window; nothing was written. */
static struct job *write_job(struct submission *s, const struct deployment *d, struct plan *plan, const char *hash,
                             struct err *e)
{
    struct jobs *js = s->jobs;
    struct job *b = job_new(js, plan);
    b->row = (struct journal_job){
        .type = xstrdup(job_type_word(plan->type)),
        .mode = xstrdup(core_mode_name(MODE_READY)),
        .state = xstrdup(state_word(STATE_READY)),
        .plan = xstrdup(hash),
        .deployment = xstrdup(s->text),
        .object = xstrdup(plan->object),
        .login = xstrdup(s->login),
        .boot = xstrdup(js->boot),
        .asked = xstrdup(s->asked),
        .created = times_now(),
        .parent = s->parent,
        .series = s->series,
        .hop = s->type == JOB_UPGRADE ? s->hop : 0,
        .pause_on_reboot = strcmp(d->after_reboot, "resume") != 0,
    };
    b->row.window = xstrdup(s->window);
    b->row.expect = s->expect;
    if (s->window && window_possible(b, e)) {
        job_free(b);
        return NULL;
    }
    record_new(b);
    b->next = js->first;
    js->first = b;
    record_event(b, NULL, NULL, s->actor, "submit", NULL, state_word(STATE_READY), s->reason);
    return b;
}

/* The job is not written yet, so a step that is missing is found in its plan. */
static int has_steps(const struct plan *plan, char *const *steps, struct err *e)
{
    for (; steps && *steps; steps++) {
        size_t k = 0;
        while (k < plan->n_steps && strcmp(plan->steps[k].id, *steps) != 0)
            k++;
        if (k == plan->n_steps)
            return err_set(e, ERR_NOT_FOUND,
                           "the plan has no step \"%s\" to pause before; to read it: omsupctl plan FILE", *steps);
    }
    return 0;
}

static int refused(struct submission *s, const struct plan *plan, struct err *e)
{
    int rc = has_steps(plan, s->before, e);
    if (rc == 0 && s->at)
        rc = schedule_possible(s->at, e);
    struct request_caller who = submission_caller(s);
    rc = rc ? rc : approve_known(plan, &who, e);
    if (rc)
        return rc;
    rc = s->start && plan->type != JOB_CHECK ? same_oms_conflict(s->jobs, plan, 0, s->parent, e) : 0;
    return rc || !s->kind->refused ? rc : s->kind->refused(s, e);
}

static void add_hops(const struct submission *s, const struct deployment *d, cJSON *r)
{
    if (s->hop && s->type != JOB_ROLLBACK)
        cJSON_AddItemToObject(r, "series", hops_json(d));
}

/* Only an upgrade is followed by a rollback. Of a series all hops are agreed to with the first, whose plan may have
 * none of the steps. */
static bool undo_asked(const struct submission *s, const struct deployment *d)
{
    return s->type == JOB_UPGRADE && d->n_undo && !s->series;
}

/* A rollback on failure is asked for, and that was not agreed to with the same plan: it is only told. */
static bool to_agree(struct submission *s, struct plan *plan, const struct deployment *d, const char *hash)
{
    struct err none = {0};
    if (!undo_asked(s, d) || (s->agreed && strcmp(s->agreed, hash) == 0))
        return false;
    cJSON *r = cJSON_CreateObject();
    cJSON_AddStringToObject(r, "plan", hash);
    undo_json(d, r);
    plan_free(plan);
    submission_answer(s, r, &none);
    return true;
}

static void create(struct submission *s, struct plan *plan, const struct deployment *d)
{
    struct err e = {0};
    if (refused(s, plan, &e)) {
        plan_free(plan);
        submission_answer(s, NULL, &e);
        return;
    }
    char hash[65];
    plan_hash(plan, hash);
    if (to_agree(s, plan, d, hash))
        return;
    struct job *b = write_job(s, d, plan, hash, &e);
    if (!b) {
        submission_answer(s, NULL, &e);
        return;
    }
    if (s->window)
        record_event(b, NULL, NULL, s->actor, "window", NULL, NULL, s->window);
    if (undo_asked(s, d)) {
        char *said = undo_agreed(d);
        record_event(b, NULL, NULL, s->actor, "agreed", NULL, NULL, said);
        free(said);
    }
    if (s->kind->created)
        s->kind->created(s, b, d);
    struct request_steps before = {(const char *const *)s->before, strv_len(s->before)};
    if (before.n && breakpoints_set(b, s->actor, before, &e))
        record_die(&e); /* has_steps() was asked */
    if (s->at)
        schedule_start(b, s->actor, NULL, s->at, &e);
    else if (s->start)
        drive_verb(b, VERB_START, s->actor, NULL);
    cJSON *r = cJSON_CreateObject();
    cJSON_AddNumberToObject(r, "job", (double)b->row.id);
    cJSON_AddStringToObject(r, "plan", hash);
    cJSON_AddStringToObject(r, "state", state_word(core_job_state(&b->core)));
    if (b->core.start_at) {
        char *at = times_utc(b->core.start_at);
        cJSON_AddStringToObject(r, "start_at", at);
        free(at);
    }
    add_hops(s, d, r);
    submission_answer(s, r, &e);
}

/* The plan only. */
static void tell(struct submission *s, struct plan *plan, const struct deployment *d)
{
    struct err none = {0};
    char hash[65], *print = plan_print(plan);
    plan_hash(plan, hash);
    cJSON *r = cJSON_CreateObject();
    cJSON_AddStringToObject(r, "plan", hash);
    cJSON_AddStringToObject(r, "text", print);
    add_hops(s, d, r);
    free(print);
    plan_free(plan);
    if (s->kind->planned)
        s->kind->planned(s, r);
    else
        submission_answer(s, r, &none);
}

/* --- the flow --- */

static void on_gathered(void *ctx, struct gathered *g, const struct err *failed)
{
    struct submission *s = ctx;
    struct err e = *failed;
    struct plan *plan = NULL;
    if (e.code || s->kind->expand(s, g, &plan, &e))
        submission_answer(s, NULL, &e);
    else {
        plan_share(plan);
        malloc_trim(0); /* of many nodes, what was kept more than once is tens of MiB: give it back */
        if (s->plan_only)
            tell(s, plan, g->deployment);
        else
            create(s, plan, g->deployment);
    }
}

struct submission *submission_new(struct engine *en, const struct submission_kind *kind, enum job_type type,
                                  const struct request_caller *who, request_reply *reply, void *ctx)
{
    struct submission *s = xcalloc(1, sizeof *s);
    *s = (struct submission){.kind = kind,
                             .en = en,
                             .jobs = engine_jobs(en),
                             .type = type,
                             .reply = reply,
                             .ctx = ctx,
                             .actor = xstrdup(who ? who->actor : "engine"),
                             .login = xstrdup(who ? who->login : "engine"),
                             .person = who ? who->person : PERSON_ENGINE,
                             .name = xstrdup(who ? who->name : NULL)};
    s->asked = who ? approve_ask(NULL, who) : NULL;
    return s;
}

/* The hop that the plan is for. Of a file that begins a series, all hops must be possible. */
static int to_hop(struct submission *s, struct deployment *d, struct err *e)
{
    if (s->carry_on && s->type != JOB_UPGRADE)
        return err_set(e, ERR_PARAMS, "only an upgrade continues with the next hop");
    if (s->carry_on && !d->hop)
        return err_set(e, ERR_INPUT, "there is nothing to continue with: the deployment file has no \"hops\"");
    if (!d->hop)
        return 0;
    bool first = s->hop == 0;
    s->hop = first ? 1 : s->hop;
    if (s->hop > d->n_hops)
        return err_set(e, ERR_INTERNAL, "the deployment has %zu hops, not %u", d->n_hops, s->hop);
    deployment_hop(d, s->hop);
    return first ? hops_known(engine_procedures(s->en), d, e) : 0;
}

static void gather(struct submission *s, struct deployment *d, char **old_ids)
{
    gather_begin(s->jobs->reach, d, old_ids, on_gathered, s);
}

static void on_archives(struct submission *s, struct deployment *d, const struct err *failed)
{
    if (!failed->code) {
        gather(s, d, NULL);
        return;
    }
    deployment_free(d);
    submission_answer(s, NULL, failed);
}

/* What a site adds to a procedure: the scripts of hooks, and whether there are the steps that it names. A
 * rollback and the next hop take what was frozen with the plan before them: nothing of it is in their way. */
static int site(struct submission *s, struct deployment *d, struct err *e)
{
    if (!d->n_hooks && !d->n_undo && (!d->approve || s->frozen))
        return 0;
    struct plan *was = NULL;
    int rc = s->frozen ? plan_take(s->jobs, s->frozen, &was, e) : 0;
    rc = rc ? rc : hooks_read(d, was, e);
    if (was)
        plan_keep(s->jobs, s->frozen, was);
    if (rc || s->frozen)
        return rc;
    size_t n = d->hop ? d->n_hops - d->hop + 1 : 1;
    const struct procedure **pages = xcalloc(n, sizeof *pages);
    pages[0] = s->procedure;
    for (unsigned k = 1; k < n && !rc; k++)
        rc = procedures_find(engine_procedures(s->en), d->edition, deployment_hop_source(d, d->hop + k),
                             d->hops[d->hop - 1 + k].target, &pages[k], e);
    rc = rc ? rc : hooks_known(d, pages, n, e);
    free(pages);
    return rc;
}

void submission_begin(struct submission *s, const char *deployment, const char *file)
{
    struct err e = {0};
    struct deployment *d = NULL;
    char **old_ids = NULL;
    s->text = xstrdup(deployment);
    int rc = deployment_parse(deployment, strlen(deployment), file, &d, &e);
    if (rc == 0)
        rc = to_hop(s, d, &e);
    if (rc == 0 &&
        (rc = procedures_find(engine_procedures(s->en), d->edition, d->source, d->target, &s->procedure, &e)))
        hops_suggest(engine_procedures(s->en), d, &e);
    if (rc == 0)
        rc = site(s, d, &e);
    if (rc == 0 && s->kind->old_ids)
        rc = s->kind->old_ids(s, d, &old_ids, &e);
    if (rc) {
        deployment_free(d);
        submission_answer(s, NULL, &e);
    } else if (s->hop && !s->plan_only && s->type != JOB_ROLLBACK) {
        hops_archives(s, d, s->hop == 1 ? (unsigned)d->n_hops : s->hop, on_archives);
    } else {
        gather(s, d, old_ids);
    }
}
