/* Rollback: what the upgrade's journal tells, what would be lost, and when it is no longer what is meant. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/submit.h"

static char control_name[] = "control";

/* --- rollback: what the parent's journal tells ------------------------------------------------------------ */

struct parent_facts {
    struct engine *en;
    int64_t id;
    cJSON *cache; /* keeps values alive as long as the expansion */
};

static const char *parent_fact(void *ctx, const char *name)
{
    struct parent_facts *f = ctx;
    const cJSON *have = cJSON_GetObjectItemCaseSensitive(f->cache, name);
    if (!have) {
        char *v = journal_fact(f->en->jobs.journal, f->id, name);
        if (!v)
            return NULL;
        have = cJSON_AddStringToObject(f->cache, name, v);
        free(v);
    }
    return have->valuestring;
}

static bool add_fact(void *ctx, const char *name, const char *value)
{
    cJSON_AddStringToObject(ctx, name, value);
    return true;
}

/* The recorded backups: one object a database. */
static cJSON *backups_json(struct engine *en, int64_t id)
{
    cJSON *facts = cJSON_CreateObject(), *list = cJSON_CreateArray();
    journal_facts(en->jobs.journal, id, add_fact, facts, NULL);
    for (const cJSON *f = facts->child; f; f = f->next) {
        size_t n = strlen(f->string);
        if (strncmp(f->string, "backup.", 7) != 0 || n < 13 || strcmp(f->string + n - 5, ".file") != 0)
            continue;
        char *db = xstrndup(f->string + 7, n - 12);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "db", db);
        cJSON_AddStringToObject(o, "file", f->valuestring);
        static const char *const more[] = {"size", "sha256"};
        for (size_t i = 0; i < 2; i++) {
            char *name = xasprintf("backup.%s.%s", db, more[i]);
            const cJSON *v = cJSON_GetObjectItemCaseSensitive(facts, name);
            if (v && i == 0)
                cJSON_AddNumberToObject(o, more[i], strtod(v->valuestring, NULL));
            else if (v)
                cJSON_AddStringToObject(o, more[i], v->valuestring);
            free(name);
        }
        cJSON_AddItemToArray(list, o);
        free(db);
    }
    cJSON_Delete(facts);
    return list;
}

/* --- rollback --plan: are the backups what was recorded? ------------------------------------------------- */

struct verify {
    struct submit *s;
    cJSON *result, *backups;
};

static const char verify_script[] = "printf '%s\\n' \"$BACKUPS\" | while IFS=' ' read -r db sum file; do\n"
                                    "  [ -n \"$db\" ] || continue\n"
                                    "  if ! [ -f \"$file\" ]; then echo \"$db the file is not there\"; continue; fi\n"
                                    "  if said=$(sha256sum <\"$file\" 2>&1); then\n"
                                    "    if [ \"${said%% *}\" = \"$sum\" ]; then echo \"$db verified\"; else echo "
                                    "\"$db its SHA-256 is ${said%% *}, not the recorded one\"; fi\n"
                                    "  else\n"
                                    "    echo \"$db it cannot be read: $said\"\n"
                                    "  fi\n"
                                    "done\n";

static void on_verified(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct verify *v = ctx;
    cJSON *o;
    cJSON_ArrayForEach(o, v->backups)
    {
        const char *db = cJSON_GetObjectItemCaseSensitive(o, "db")->valuestring, *said = NULL;
        char *save = NULL, *copy = xstrdup(failed->code ? "" : items[0].output);
        for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
            if (strncmp(line, db, strlen(db)) == 0 && line[strlen(db)] == ' ')
                said = line + strlen(db) + 1;
        bool ok = said && strcmp(said, "verified") == 0;
        cJSON_AddBoolToObject(o, "verified", ok);
        if (!ok)
            cJSON_AddStringToObject(o, "problem",
                                    said           ? said
                                    : failed->code ? failed->msg
                                                   : "it could not be looked at");
        free(copy);
    }
    struct err none = {0};
    submit_answer(v->s, v->result, &none);
    free(v);
}

/* What a rollback would lose, and the backups that it would use, verified now. */
void rollback_losses(struct submit *s, cJSON *r)
{
    cJSON *lost = cJSON_AddArrayToObject(r, "lost"), *backups = backups_json(s->en, s->parent), *o;
    char *t1 = journal_fact(s->en->jobs.journal, s->parent, "T1");
    char *line =
        s->late ? xasprintf("everything that OMS wrote to rm, cm and cm_hb since the backup (the outage began at %s)",
                            t1 ? t1 : "an unknown time")
                : xstrdup("nothing: the databases stay as they are");
    struct buf list = {0};
    cJSON_AddItemToArray(lost, cJSON_CreateString(line));
    free(line);
    free(t1);
    if (!s->late) { /* then it uses none */
        cJSON_Delete(backups);
        backups = cJSON_CreateArray();
    }
    cJSON_AddItemToObject(r, "backups", backups);
    cJSON_ArrayForEach(o, backups)
    {
        const cJSON *sum = cJSON_GetObjectItemCaseSensitive(o, "sha256");
        buf_printf(&list, "%s %s %s\n", cJSON_GetObjectItemCaseSensitive(o, "db")->valuestring,
                   sum ? sum->valuestring : "-", cJSON_GetObjectItemCaseSensitive(o, "file")->valuestring);
    }
    struct verify *v = xcalloc(1, sizeof *v);
    *v = (struct verify){s, r, backups};
    struct inquiry_item *item = xcalloc(1, sizeof *item);
    item->host = (struct plan_host){.name = control_name};
    item->env = xcalloc(2, sizeof *item->env);
    item->env[0] = xasprintf("BACKUPS=%s", buf_str(&list));
    item->script = verify_script;
    buf_free(&list);
    inquiry_begin(&s->en->reach, item, 1, on_verified, v);
}

/* --- the old containers ------------------------------------------------------------------------------------ */

static int load_parent(struct submit *s, struct job **parent, struct err *e)
{
    struct journal_job row;
    int rc = journal_job(s->en->jobs.journal, s->parent, &row, e);
    if (rc)
        return rc;
    rc = job_load(&s->en->jobs, &row, parent, e);
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

/* NULL when the plan does nothing on that node. */
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

/* A name may have moved to another container since then; an id cannot. */
int rollback_old_ids(struct submit *s, const struct deployment *d, char ***ids, struct err *e)
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

/* --- what had begun ---------------------------------------------------------------------------------------- */

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
        return true; /* canceled or skipped before it began */
    for (size_t k = 0; k < g->plan->n_steps; k++)
        if (strcmp(g->plan->steps[k].id, s->step) == 0) {
            g->step[k] = true;
            g->late |= g->plan->steps[k].irreversible;
        }
    return true;
}

int rollback_expand(struct submit *s, const struct gathered *g, struct plan **plan, struct err *e)
{
    struct engine *en = s->en;
    struct job *parent;
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    struct begun b = {parent->plan, xcalloc(parent->plan->n_steps, sizeof(bool)), false};
    struct parent_facts facts = {en, s->parent, cJSON_CreateObject()};
    rc = journal_subtasks(en->jobs.journal, s->parent, note_begun, &b, e);
    const char **ids = xcalloc(parent->plan->n_steps + 1, sizeof *ids);
    size_t n = 0;
    for (size_t k = 0; k < parent->plan->n_steps; k++)
        if (b.step[k])
            ids[n++] = parent->plan->steps[k].id;
    s->late = b.late;
    struct rollback_of rb = {.late = b.late,
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
    struct engine *en;
    const struct journal_job *parent;
    const struct plan *plan; /* the parent's */
    int64_t *undone;         /* the jobs that later Successful rollbacks led back from */
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

static bool look_stale(void *ctx, const struct journal_job *row)
{
    struct stale *x = ctx;
    if (row->id <= x->parent->id)
        return false;
    bool back = job_type_parse(row->type) == JOB_ROLLBACK && strcmp(row->state, state_word(STATE_SUCCESSFUL)) == 0;
    if (back && row->parent == x->parent->id) {
        x->rc =
            err_set(x->e, ERR_STATE, "job %lld was rolled back by job %lld: its backups are older than what runs now",
                    (long long)x->parent->id, (long long)row->id);
    } else if (back) {
        x->undone = xrealloc(x->undone, x->n_undone + 1, sizeof *x->undone);
        x->undone[x->n_undone++] = row->parent;
    } else if (job_type_parse(row->type) == JOB_UPGRADE && !was_undone(x, row->id)) {
        /* T1: it has stopped OMS, so it has changed something. */
        char *t1 = journal_fact(x->en->jobs.journal, row->id, "T1");
        enum same_oms same = t1 ? same_oms(&x->en->jobs, row->plan, x->plan) : SAME_NOT;
        if (same == SAME_METADB || same == SAME_NODE)
            x->rc = err_set(x->e, ERR_STATE, "job %lld upgraded the same OMS later: roll that back first",
                            (long long)row->id);
        free(t1);
    }
    return x->rc == 0;
}

/* A rollback restores what was; after another job on the same OMS that is no longer what is meant. */
static int refuse_stale(struct submit *s, const struct journal_job *row, struct err *e)
{
    struct job *parent;
    int rc = load_parent(s, &parent, e);
    if (rc)
        return rc;
    struct stale x = {.en = s->en, .parent = row, .plan = parent->plan, .e = e};
    rc = journal_jobs(s->en->jobs.journal, false, look_stale, &x, e);
    free(x.undone);
    job_free(parent);
    return rc ? rc : x.rc;
}

/* --- what may still run -------------------------------------------------------------------------------------- */

static int refuse_acting(const struct job *b, struct err *e)
{
    size_t i = core_acting(&b->core);
    if (i == b->core.n_subtasks)
        return 0;
    const char *step = b->subs[i].step->id, *name = b->subs[i].plan->name;
    long long id = b->row.id;
    return err_set(e, ERR_STATE, "%s/%s of job %lld %s, then roll back", step, name, id,
                   b->core.mode == MODE_CANCELING ? "is being stopped: wait for its end"
                   : b->core.mode == MODE_PAUSED  ? "still acts: wait for its end, or cancel the job"
                                                  : "acts: pause the job and wait for its end, or cancel it");
}

/* An attempt whose end nobody has seen: given up, or left by a cancel, skip or done by force. */
static int refuse_open(const struct job *b, bool live, struct err *e)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const struct core_subtask *c = &b->core.subtasks[i];
        if (!c->open_run || c->read_only)
            continue;
        const char *at = b->plan->hosts[b->subs[i].plan->host].name;
        char *token = job_token(b, i, c->attempt);
        err_set(e, ERR_STATE,
                "%s/%s of job %lld may still run on %s, its end was not seen: %slook there (run %s), then roll back "
                "with --force",
                b->subs[i].step->id, b->subs[i].plan->name, (long long)b->row.id, at,
                live && c->phase == PHASE_UNKNOWN ? "cancel the job, which stops it; or " : "", token);
        free(token);
        return ERR_STATE;
    }
    return 0;
}

struct may_run {
    struct submit *s;
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
    bool live = jobs_find(&x->s->en->jobs, row->id) != NULL;
    if (job_load(&x->s->en->jobs, row, &b, &unknown) == 0) { /* else it is refused for that, when its plan is needed */
        x->rc = refuse_open(b, live, x->e);
        job_free(b);
    }
    return x->rc == 0;
}

int rollback_refused(struct submit *s, struct err *e)
{
    const struct job *b = jobs_find(&s->en->jobs, s->parent);
    int rc = b ? refuse_acting(b, e) : 0;
    if (rc || s->force)
        return rc;
    /* Of the upgrade, and of what has led back from it before. */
    struct may_run x = {s, e, 0};
    rc = journal_jobs(s->en->jobs.journal, false, look_open, &x, e);
    return rc ? rc : x.rc;
}

void engine_rollback(struct engine *en, const struct engine_caller *who, int64_t job, const char *reason, bool force,
                     bool plan_only, engine_reply *reply, void *ctx)
{
    struct err e = {0};
    struct journal_job row = {0};
    struct submit *s = submit_new(en, who, JOB_ROLLBACK, reply, ctx);
    s->plan_only = plan_only;
    s->start = true;
    s->force = force;
    s->parent = job;
    s->reason = xstrdup(reason);
    int rc = journal_job(en->jobs.journal, job, &row, &e);
    if (rc == 0 && job_type_parse(row.type) != JOB_UPGRADE)
        rc = err_set(&e, ERR_STATE, "job %lld is not an upgrade", (long long)job);
    else if (rc == 0 && !row.started)
        rc = err_set(&e, ERR_STATE, "job %lld has not begun: there is nothing to roll back; cancel it", (long long)job);
    else if (rc == 0 && !plan_only)
        rc = rollback_refused(s, &e);
    if (rc == 0)
        rc = refuse_stale(s, &row, &e);
    if (rc)
        submit_answer(s, NULL, &e);
    else
        submit_begin(s, row.deployment, "deployment");
    journal_job_clear(&row);
}
