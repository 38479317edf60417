/* Rollback: what the upgrade's rows in the journal say, and when a rollback is refused. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/engine/request/internal.h"

/* --- the facts of the upgrade --- */

struct parent_facts {
    const struct jobs *jobs;
    int64_t id;
    cJSON *cache; /* keeps the values until the plan is expanded */
};

static const char *parent_fact(void *ctx, const char *name)
{
    struct parent_facts *f = ctx;
    const cJSON *have = cJSON_GetObjectItemCaseSensitive(f->cache, name);
    if (!have) {
        char *v = journal_fact(f->jobs->journal, f->id, name);
        if (!v)
            return NULL;
        have = cJSON_AddStringToObject(f->cache, name, v);
        free(v);
    }
    return have->valuestring;
}

/* --- the old containers --- */

static int load_parent(struct submission *s, struct job **parent, struct err *e)
{
    struct journal_job row;
    int rc = journal_job(s->jobs->journal, s->parent, &row, e);
    if (rc)
        return rc;
    rc = job_load(s->jobs, &row, parent, e);
    journal_job_clear(&row);
    return rc;
}

static const char *env_value(char *const *env, const char *name)
{
    size_t n = strlen(name);
    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

/* NULL if the plan does nothing on that node. */
static const char *old_id(const struct plan *p, const char *node)
{
    for (size_t k = 0; k < p->n_steps; k++)
        for (size_t t = 0; t < p->steps[k].n_subtasks; t++) {
            char *const *env = p->steps[k].subtasks[t].env;
            const char *of = env_value(env, "NODE"), *id = env_value(env, "OLD_ID");
            if (of && id && *id && strcmp(of, node) == 0)
                return id;
        }
    return NULL;
}

/* By id, because the name may belong to another container now. */
static int old_ids(struct submission *s, const struct deployment *d, char ***ids, struct err *e)
{
    struct job *parent;
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    *ids = xcalloc(d->n_nodes, sizeof **ids);
    for (size_t i = 0; i < d->n_nodes; i++)
        (*ids)[i] = xstrdup(old_id(parent->plan, d->nodes[i].name));
    job_free(parent);
    return 0;
}

/* --- what had started --- */

struct begun {
    const struct plan *plan;
    bool *step;
    bool late;
};

static bool note_begun(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct begun *g = ctx;
    if (strcmp(s->phase, core_phase_name(PHASE_PENDING)) == 0 && s->attempt == 0)
        return true;
    if (s->attempt == 0 && !s->started)
        return true; /* canceled or skipped before it started */
    for (size_t k = 0; k < g->plan->n_steps; k++)
        if (strcmp(g->plan->steps[k].id, s->step) == 0) {
            g->step[k] = true;
            g->late |= g->plan->steps[k].irreversible;
        }
    return true;
}

static int expand(struct submission *s, const struct gathered *g, struct plan **plan, struct err *e)
{
    struct job *parent;
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    struct begun b = {parent->plan, xcalloc(parent->plan->n_steps, sizeof(bool)), false};
    struct parent_facts facts = {s->jobs, s->parent, cJSON_CreateObject()};
    rc = journal_subtasks(s->jobs->journal, s->parent, note_begun, &b, e);
    const char **ids = xcalloc(parent->plan->n_steps + 1, sizeof *ids);
    size_t n = 0;
    for (size_t k = 0; k < parent->plan->n_steps; k++)
        if (b.step[k])
            ids[n++] = parent->plan->steps[k].id;
    s->late = b.late;
    struct rollback_of rb = {.of = parent->plan->type,
                             .late = b.late,
                             .begun = ids,
                             .t1 = parent_fact(&facts, "T1"),
                             .fact = parent_fact,
                             .ctx = &facts,
                             .old_ids = (const char *const *)g->old_ids};
    if (rc == 0)
        rc = plan_expand(JOB_ROLLBACK, s->procedure, g->deployment, g->facts, &rb, plan, e);
    free(ids);
    free(b.step);
    cJSON_Delete(facts.cache);
    job_free(parent);
    return rc;
}

struct stale {
    const struct jobs *jobs;
    const struct journal_job *parent;
    const struct plan *plan; /* the parent's */
    int64_t *undone;         /* the jobs that later, Successful rollbacks have undone */
    size_t n_undone;
    struct err *e;
    int rc;
};

static bool was_undone(const struct stale *x, int64_t job)
{
    for (size_t i = 0; i < x->n_undone; i++)
        if (x->undone[i] == job)
            return true;
    return false;
}

static const char *state_now(const struct jobs *js, const struct journal_job *row)
{
    const struct job *b = jobs_find(js, row->id);
    return b ? state_word(core_job_state(&b->core)) : row->state;
}

static bool look_stale(void *ctx, const struct journal_job *row)
{
    struct stale *x = ctx;
    if (row->id <= x->parent->id)
        return false;
    bool back = job_type_parse(row->type) == JOB_ROLLBACK && strcmp(row->state, state_word(STATE_SUCCESSFUL)) == 0;
    if (back && row->parent == x->parent->id) {
        x->rc = err_set(x->e, ERR_STATE,
                        "job %lld was already rolled back by job %lld: its backups are older than the present state",
                        (long long)x->parent->id, (long long)row->id);
    } else if (back) {
        x->undone = xrealloc(x->undone, x->n_undone + 1, sizeof *x->undone);
        x->undone[x->n_undone++] = row->parent;
    } else if (job_type_parse(row->type) == JOB_UPGRADE && !was_undone(x, row->id)) {
        /* T1 is set: it has stopped OMS, so it has changed something. */
        char *t1 = journal_fact(x->jobs->journal, row->id, "T1");
        enum same_oms same = t1 ? same_oms(x->jobs, row->plan, x->plan) : SAME_NOT;
        bool later_hop = x->parent->hop && row->series == x->parent->series;
        if (!t1 && later_hop && row->started && !row->completed)
            x->rc = err_set(x->e, ERR_STATE, "job %lld, a later hop of the same series, is %s: cancel it first",
                            (long long)row->id, state_now(x->jobs, row));
        if (same == SAME_METADB || same == SAME_NODE)
            x->rc = err_set(x->e, ERR_STATE, "job %lld upgraded the same OMS later: roll back job %lld first",
                            (long long)row->id, (long long)row->id);
        free(t1);
    }
    return x->rc == 0;
}

/* A rollback restores the state before the upgrade. After another job on the same OMS that would undo too much. */
static int refuse_stale(struct submission *s, const struct journal_job *row, struct err *e)
{
    struct job *parent;
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    struct stale x = {.jobs = s->jobs, .parent = row, .plan = parent->plan, .e = e};
    rc = journal_jobs(s->jobs->journal, false, look_stale, &x, e);
    free(x.undone);
    job_free(parent);
    return rc ? rc : x.rc;
}

/* --- attempts that may still be running --- */

static int refuse_acting(const struct job *b, struct err *e)
{
    size_t i = core_acting(&b->core);
    if (i == b->core.n_subtasks)
        return 0;
    const char *step = b->subs[i].step->id, *name = b->subs[i].plan->name;
    long long id = b->row.id;
    return err_set(e, ERR_STATE, "job %lld is %s %s/%s: %s before rolling back", id,
                   b->core.mode == MODE_CANCELING ? "stopping" : "still running", step, name,
                   b->core.mode == MODE_CANCELING ? "wait until it has stopped"
                   : b->core.mode == MODE_PAUSED || b->core.outdated
                       ? "wait for its end, or cancel the job,"
                       : "pause the job and wait for its end, or cancel it,");
}

/* A rollback of the same upgrade that has not ended. --force would not help: it holds the MetaDB. */
static int refuse_second(const struct job *b, struct err *e)
{
    err_set(e, ERR_BUSY,
            "job %lld is already rolling back job %lld: wait for its end, or cancel it before rolling back again",
            (long long)b->row.id, (long long)b->row.parent);
    return err_hint(e, "omsupctl status %lld", (long long)b->row.id);
}

/* An attempt whose end was never observed: given up, or left by cancel, skip or done with --force. */
static int refuse_open(const struct job *b, bool live, struct err *e)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const struct core_subtask *c = &b->core.subtasks[i];
        if (!c->open_run || c->read_only)
            continue;
        const char *at = b->plan->hosts[b->subs[i].plan->host].name;
        char *token = job_token(b, i, c->attempt);
        err_set(e, ERR_STATE,
                "%s/%s of job %lld may still be running on %s, because its end was never observed: %scheck there (run "
                "%s), then roll back with --force",
                b->subs[i].step->id, b->subs[i].plan->name, (long long)b->row.id, at,
                live && c->phase == PHASE_UNKNOWN ? "cancel the job, which stops it; or " : "", token);
        free(token);
        return ERR_STATE;
    }
    return 0;
}

struct may_run {
    struct submission *s;
    struct err *e;
    int rc;
};

static bool look_open(void *ctx, const struct journal_job *row)
{
    struct may_run *x = ctx;
    struct err unknown;
    struct job *b;
    if (row->id < x->s->parent)
        return false;
    if (row->id != x->s->parent && row->parent != x->s->parent)
        return true;
    const struct job *at_work = jobs_find(x->s->jobs, row->id);
    bool live = at_work != NULL;
    if (live && row->parent == x->s->parent)
        x->rc = refuse_second(at_work, x->e);
    else if (job_load(x->s->jobs, row, &b, &unknown) == 0) { /* otherwise it is refused when its plan is needed */
        x->rc = refuse_open(b, live, x->e);
        job_free(b);
    }
    return x->rc == 0;
}

/* Of the upgrade, as it was frozen. */
static int refuse_unapproved(struct submission *s, struct err *e)
{
    struct job *parent;
    struct request_caller who = submission_caller(s);
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    approve_free(&s->rollback_approval);
    approve_free(&s->force_approval);
    if (approve_verb(parent->plan, "rollback"))
        rc = approve_find(s->jobs, s->parent, parent->row.plan, "rollback", &who, &s->rollback_approval, e);
    if (rc == 0 && s->force && approve_verb(parent->plan, "--force"))
        rc = approve_find(s->jobs, s->parent, parent->row.plan, "--force", &who, &s->force_approval, e);
    job_free(parent);
    return rc;
}

/* What prune has removed, or has begun to remove, is never there again. */
static int refuse_pruned(const struct submission *s, struct err *e)
{
    static const char *const gone[][2] = {{"pruned.containers", "its old containers"},
                                          {"pruned.backups", "its backups"}};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(gone) && rc == 0; i++) {
        char *by = journal_fact(s->jobs->journal, s->parent, gone[i][0]),
             *at = journal_fact_time(s->jobs->journal, s->parent, gone[i][0]);
        if (by && at) {
            times_whole_seconds(at);
            rc = err_set(e, ERR_STATE, "job %lld cannot be rolled back any more: prune has removed %s (%s, %s)",
                         (long long)s->parent, gone[i][1], by, at);
        }
        free(by);
        free(at);
    }
    return rc;
}

static int refused(struct submission *s, struct err *e)
{
    const struct job *b = jobs_find(s->jobs, s->parent);
    if (s->unasked && (!b || b->core.undo != UNDO_DUE))
        return err_set(e, ERR_STATE, "an operator has taken over");
    int rc = taken_refuse(s->jobs, s->parent, e);
    rc = rc ? rc : b ? refuse_acting(b, e) : refuse_pruned(s, e);
    rc = rc ? rc : refuse_unapproved(s, e);
    if (rc || s->force)
        return rc;
    /* Of the upgrade, and of its earlier rollbacks. */
    struct may_run x = {s, e, 0};
    rc = journal_jobs(s->jobs->journal, false, look_open, &x, e);
    return rc ? rc : x.rc;
}

/* The jobs of later hops that have not started: their plans are for what the rollback undoes. */
static void cancel_later_hops(struct submission *s, const struct job *b)
{
    char *why = xasprintf("canceled by job %lld, the rollback of the hop before it", (long long)b->row.id);
    for (struct job *x = s->jobs->first; x && s->series; x = x->next)
        if (x->row.series == s->series && x->row.hop > s->hop && x->core.mode == MODE_READY)
            drive_verb(x, VERB_CANCEL, s->actor, why);
    free(why);
}

/* The upgrade ends here, whatever was left of it. */
static void created(struct submission *s, struct job *b, const struct deployment *d)
{
    struct request_caller who = submission_caller(s);
    approve_spend(s->jobs, s->parent, &who, &s->rollback_approval);
    approve_spend(s->jobs, s->parent, &who, &s->force_approval);
    cancel_later_hops(s, b);
    struct job *parent = jobs_find(s->jobs, s->parent);
    if (!parent)
        return; /* it has ended */
    char *why = xasprintf("ended by its rollback, job %lld", (long long)b->row.id);
    drive_verb(parent, VERB_CANCEL_FORCE, s->actor, why);
    free(why);
}

static const struct submission_kind kind = {
    .old_ids = old_ids, .expand = expand, .refused = refused, .created = created, .planned = losses_tell};

static void begin(struct submission *s)
{
    struct err e = {0};
    struct journal_job row = {0};
    int64_t job = s->parent;
    s->start = true;
    int rc = journal_job(s->jobs->journal, job, &row, &e);
    s->series = row.series;
    s->hop = (unsigned)row.hop;
    s->frozen = xstrdup(row.plan);
    bool rehearsal = rc == 0 && job_type_parse(row.type) == JOB_REHEARSAL;
    if (rc == 0 && held_why(s->jobs, job)) /* above all, another control host may have it */
        rc =
            err_set(&e, ERR_STATE, "rollback of job %lld is refused: it is %s", (long long)job, held_why(s->jobs, job));
    else if (rc == 0 && !rehearsal && job_type_parse(row.type) != JOB_UPGRADE)
        rc = err_set(&e, ERR_STATE, "job %lld is not an upgrade or a rehearsal", (long long)job);
    else if (rehearsal && strcmp(row.state, state_word(STATE_SUCCESSFUL)) == 0)
        rc = err_set(&e, ERR_STATE, "job %lld, a rehearsal, is Successful: it has dropped what it created",
                     (long long)job);
    else if (rc == 0 && !row.started)
        rc = err_set(&e, ERR_STATE, "job %lld has not started, so there is nothing to roll back; cancel it instead",
                     (long long)job);
    else if (rc == 0 && !s->plan_only)
        rc = refused(s, &e);
    if (rc == 0 && !rehearsal)
        rc = refuse_pruned(s, &e);
    if (rc == 0 && !rehearsal) /* what a rehearsal has created is its own, however much later it is dropped */
        rc = refuse_stale(s, &row, &e);
    if (rc)
        submission_answer(s, NULL, &e);
    else
        submission_begin(s, row.deployment, "deployment");
    journal_job_clear(&row);
}

void rollback_job(struct engine *en, const struct request_caller *who, int64_t job, const char *reason, bool force,
                  bool plan_only, request_reply *reply, void *ctx)
{
    struct submission *s = submission_new(en, &kind, JOB_ROLLBACK, who, reply, ctx);
    s->plan_only = plan_only;
    s->force = force;
    s->parent = job;
    s->reason = xstrdup(reason);
    begin(s);
}

void rollback_unasked(struct engine *en, const struct request_caller *who, int64_t job, const char *reason,
                      request_reply *reply, void *ctx)
{
    struct submission *s = submission_new(en, &kind, JOB_ROLLBACK, who, reply, ctx);
    s->unasked = true;
    s->parent = job;
    s->reason = xstrdup(reason);
    begin(s);
}
