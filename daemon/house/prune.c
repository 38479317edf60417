/* One prune: what the journal knows, what is on the hosts, the list; with `execute` the removal, and its answer. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "common/strv.h"
#include "daemon/house/prune.h"

enum { LISTED_MAX = 1000, REASON_MAX = 1500 };

static const char *const what_words[] = {
    [PRUNE_CONTAINER] = "container", [PRUNE_IMAGE] = "image", [PRUNE_BACKUP] = "backup",
    [PRUNE_COPY] = "copy",           [PRUNE_RUNS] = "runs",   [PRUNE_JOB] = "job"};
TABLE_ENDS(what_words, PRUNE_JOB);

static void pruner_free(struct pruner *p)
{
    for (size_t i = 0; i < p->n_things; i++) {
        struct prune_info *x = &p->info[i];
        free(x->host);
        free(x->ref);
        free(x->image);
        free(x->name);
        free(x->docker);
        free(x->seen);
        free(x->sha256);
        free(x->left);
    }
    free(p->things);
    free(p->info);
    free(p->asks);
    free(p->agree);
    free(p->actor);
    cJSON_Delete(p->unasked);
    prune_rows_free(p);
    free(p);
}

static void step_closed(uv_handle_t *h)
{
    struct pruner *p = h->data;
    pruner_free(p);
}

static void end(struct pruner *p, cJSON *result, const struct err *e)
{
    *p->self = NULL;
    uv_close((uv_handle_t *)&p->step, step_closed);
    p->reply(p->ctx, result, e);
}

/* --- the list ---------------------------------------------------------------------------------------------- */

static cJSON *thing_json(const struct pruner *p, size_t i, bool to_go)
{
    const struct prune_thing *t = &p->things[i];
    const struct prune_info *x = &p->info[i];
    const struct prune_job *j = &p->list[t->job];
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "what", what_words[t->what]);
    cJSON_AddNumberToObject(o, "job", (double)j->id);
    cJSON_AddStringToObject(o, "host", p->more[t->job].hosts[x->at].name);
    cJSON_AddStringToObject(o, "ref", x->ref);
    if (x->name)
        cJSON_AddStringToObject(o, "name", x->name);
    if (x->size >= 0)
        cJSON_AddNumberToObject(o, "size", (double)x->size);
    if (to_go && t->what == PRUNE_CONTAINER && t->old)
        cJSON_AddTrueToObject(o, "gives_up");
    cJSON_AddStringToObject(o, "why", t->why ? t->why : "the job goes");
    return o;
}

static cJSON *job_json(const struct pruner *p, size_t i, const char *why)
{
    const struct journal_job *row = &p->more[i].row;
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "what", what_words[PRUNE_JOB]);
    cJSON_AddNumberToObject(o, "job", (double)row->id);
    cJSON_AddStringToObject(o, "name", row->object);
    cJSON_AddStringToObject(o, "why", why);
    return o;
}

static char *age_words(int64_t age_s)
{
    if (age_s < 2 * 3600)
        return xasprintf("it ended %lld min ago", (long long)(age_s / 60));
    return age_s < 2 * 86400 ? xasprintf("it ended %lld h ago", (long long)(age_s / 3600))
                             : xasprintf("it ended %lld days ago", (long long)(age_s / 86400));
}

/* The jobs whose rows go: none of whose hosts was left out, with all that belongs to them. */
static bool row_goes(const struct pruner *p, size_t i)
{
    int64_t group = prune_group(p->list, p->n, i);
    for (size_t k = 0; k < p->n; k++)
        if (prune_group(p->list, p->n, k) == group && p->more[k].unasked)
            return false;
    return prune_row(p->list, p->n, i, p->things, p->n_things);
}

/* The runs of a job whose rows stay, stay too. */
static void decide(struct pruner *p)
{
    prune_jobs(p->list, p->n, &p->options);
    prune_floor(p->list, p->n);
    prune_things(p->list, p->n, p->things, p->n_things, p->wanted);
    for (size_t i = 0; i < p->n_things; i++)
        if (p->things[i].what == PRUNE_RUNS)
            p->things[i].go = row_goes(p, p->things[i].job);
}

/* Does its removal give up the rollback of the job? */
static bool gives_up(const struct pruner *p, size_t i)
{
    if (!p->list[i].old || p->list[i].gave_up)
        return false;
    for (size_t k = 0; k < p->n_things; k++)
        if (p->things[k].go && p->things[k].job == i &&
            (p->things[k].what == PRUNE_CONTAINER || p->things[k].what == PRUNE_BACKUP ||
             p->things[k].what == PRUNE_COPY))
            return true;
    return false;
}

static void add_hash(struct buf *b, const cJSON *items)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, items)
    {
        /* Run files go with their job, and the engine removes some whenever a host is connected. */
        const cJSON *what = cJSON_GetObjectItemCaseSensitive(o, "what"),
                    *host = cJSON_GetObjectItemCaseSensitive(o, "host"),
                    *ref = cJSON_GetObjectItemCaseSensitive(o, "ref"),
                    *job = cJSON_GetObjectItemCaseSensitive(o, "job");
        if (strcmp(what->valuestring, what_words[PRUNE_RUNS]) == 0)
            continue;
        buf_printf(b, "%s %.0f %s %s\n", what->valuestring, job->valuedouble, host ? host->valuestring : "",
                   ref ? ref->valuestring : "");
    }
}

/* Why nothing of an upgrade that is old enough is considered; NULL: it is. */
static const char *in_the_way(const struct prune_job *j, const struct prune_options *o)
{
    if (j->type != JOB_UPGRADE || !j->ended || !j->stopped || j->age_s < o->older_than_s || (o->job && o->job != j->id))
        return NULL;
    if (j->taken)
        return "another control host has taken it over";
    return j->unreadable ? "its plan cannot be read" : j->busy ? "another job is under way on the same OMS" : NULL;
}

static cJSON *list_json(struct pruner *p)
{
    cJSON *o = cJSON_CreateObject(), *items = cJSON_AddArrayToObject(o, "items"),
          *kept = cJSON_AddArrayToObject(o, "kept"), *gives = cJSON_AddArrayToObject(o, "gives_up"),
          *interrupted = cJSON_AddArrayToObject(o, "interrupted");
    struct buf b = {0};
    char hash[65];
    for (size_t i = 0; i < p->n_things; i++)
        if (p->things[i].go)
            cJSON_AddItemToArray(items, thing_json(p, i, true));
        else if (p->things[i].why && cJSON_GetArraySize(kept) < LISTED_MAX)
            cJSON_AddItemToArray(kept, thing_json(p, i, false));
    for (size_t i = 0; i < p->n; i++) {
        if (gives_up(p, i))
            cJSON_AddItemToArray(gives, cJSON_CreateNumber((double)p->list[i].id));
        if (in_the_way(&p->list[i], &p->options))
            cJSON_AddItemToArray(kept, job_json(p, i, in_the_way(&p->list[i], &p->options)));
        if (p->list[i].due)
            cJSON_AddItemToArray(interrupted, cJSON_CreateNumber((double)p->list[i].id));
        if (!row_goes(p, i))
            continue;
        char *why = age_words(p->list[i].age_s);
        cJSON_AddItemToArray(items, job_json(p, i, why));
        free(why);
    }
    cJSON_AddItemToObject(o, "unasked", cJSON_Duplicate(p->unasked, true));
    cJSON_AddBoolToObject(o, "partial", p->partial);
    add_hash(&b, items);
    plan_sha256(buf_str(&b), hash);
    cJSON_AddStringToObject(o, "list", hash);
    buf_free(&b);
    return o;
}

/* --- execution --------------------------------------------------------------------------------------------- */

static bool of_class(const struct prune_thing *t, unsigned class)
{
    switch (t->what) {
    case PRUNE_CONTAINER:
    case PRUNE_IMAGE:
        return class == PRUNE_CONTAINERS;
    case PRUNE_BACKUP:
    case PRUNE_COPY:
        return class == PRUNE_BACKUPS;
    case PRUNE_RUNS:
    case PRUNE_JOB:
        break;
    }
    return class == PRUNE_JOBS;
}

static void add_words(struct buf *b, const struct pruner *p, size_t i)
{
    const struct prune_info *x = &p->info[i];
    if (b->len < REASON_MAX)
        buf_printf(b, "%s%s %.200s%s%.80s%s on %s", b->len ? "; " : "", what_words[p->things[i].what], x->ref,
                   x->name ? " (" : "", x->name ? x->name : "", x->name ? ")" : "",
                   p->more[p->things[i].job].hosts[x->at].name);
    else if (strcmp(b->data + b->len - 3, "…") != 0)
        buf_puts(b, "; …");
}

/* What is about to be removed, before anything is. */
static void journal_begin_of(struct pruner *p, size_t i)
{
    struct prune_more *m = &p->more[i];
    struct buf words = {0}, due = {0};
    bool backups = false;
    for (size_t k = 0; k < p->n_things; k++) {
        const struct prune_thing *t = &p->things[k];
        if (!t->go || t->job != i)
            continue;
        m->goes++;
        backups = backups || of_class(t, PRUNE_BACKUPS);
        add_words(&words, p, k);
        if (!strstr(buf_str(&due), "containers") && of_class(t, PRUNE_CONTAINERS))
            buf_puts(&due, "containers ");
        if (!strstr(buf_str(&due), "backups") && of_class(t, PRUNE_BACKUPS))
            buf_puts(&due, "backups ");
        if (t->what == PRUNE_IMAGE && t->old) {
            for (size_t n = 0; n < m->n_nodes; n++)
                if (m->nodes[n].host == p->info[k].at) {
                    char *name = xasprintf("pruned.image.%s", m->nodes[n].node);
                    record_fact_of(p->jobs, m->row.id, name, p->info[k].ref);
                    free(name);
                }
        }
    }
    if (row_goes(p, i))
        buf_puts(&due, "job ");
    if (due.len) {
        m->given_up = gives_up(p, i);
        record_fact_of(p->jobs, m->row.id, "pruning", buf_str(&due));
        if (m->given_up)
            record_fact_of(p->jobs, m->row.id, "pruned.containers", p->actor);
        if (backups)
            record_fact_of(p->jobs, m->row.id, "pruned.backups", p->actor);
        if (words.len)
            record_event_of(p->jobs, m->row.id, p->actor, "prune", buf_str(&words));
        if (m->given_up)
            log_info("job %lld can no longer be rolled back: %s removes its old containers", (long long)m->row.id,
                     p->actor);
    }
    buf_free(&words);
    buf_free(&due);
}

static void journal_end_of(struct pruner *p, size_t i)
{
    struct prune_more *m = &p->more[i];
    struct buf gone = {0}, left = {0}, text = {0};
    unsigned containers = 0, backups = 0;
    bool unknown = false;
    if (!m->goes && !p->list[i].due)
        return;
    for (size_t k = 0; k < p->n_things; k++) {
        const struct prune_thing *t = &p->things[k];
        if (!t->go || t->job != i)
            continue;
        add_words(p->info[k].removed ? &gone : &left, p, k);
        bool gone_perhaps = p->info[k].removed || p->info[k].unknown;
        containers += gone_perhaps && t->what == PRUNE_CONTAINER && t->old;
        backups += gone_perhaps && of_class(t, PRUNE_BACKUPS);
        unknown = unknown || p->info[k].unknown;
    }
    if (!unknown && (!p->list[i].due || !m->unasked)) /* otherwise the next prune completes it */
        record_fact_of(p->jobs, m->row.id, "pruning", NULL);
    bool kept = m->given_up && !containers && !backups; /* a rollback is as possible as before */
    if (kept)
        record_fact_of(p->jobs, m->row.id, "pruned.containers", NULL);
    if (!backups && !p->list[i].gave_up && m->goes && !p->list[i].due)
        record_fact_of(p->jobs, m->row.id, "pruned.backups", NULL);
    if (gone.len)
        buf_printf(&text, "removed: %s", buf_str(&gone));
    if (left.len)
        buf_printf(&text, "%sleft: %s", gone.len ? ". " : "", buf_str(&left));
    if (text.len)
        record_event_of(p->jobs, m->row.id, p->actor, "pruned", buf_str(&text));
    buf_free(&gone);
    buf_free(&left);
    buf_free(&text);
}

static void answer(struct pruner *p)
{
    struct err e = {0};
    cJSON *o = cJSON_CreateObject(), *removed = cJSON_AddArrayToObject(o, "removed"),
          *left = cJSON_AddArrayToObject(o, "left");
    for (size_t i = 0; i < p->n_things; i++) {
        if (!p->things[i].go)
            continue;
        if (!p->info[i].removed)
            p->things[i].why = p->info[i].left ? p->info[i].left : "it was not removed";
        cJSON_AddItemToArray(p->info[i].removed ? removed : left, thing_json(p, i, p->info[i].removed));
        p->partial = p->partial || !p->info[i].removed;
    }
    for (size_t i = 0; i < p->n; i++)
        if (p->more[i].went)
            cJSON_AddItemToArray(removed, job_json(p, i, "it was old"));
        else if (p->more[i].goes_row) {
            cJSON_AddItemToArray(left, job_json(p, i, "something of it is left"));
            p->partial = true;
        }
    cJSON_AddItemToObject(o, "unasked", cJSON_Duplicate(p->unasked, true));
    cJSON_AddBoolToObject(o, "partial", p->partial);
    end(p, o, &e);
}

/* Rollbacks before their upgrade, the first of a series last: backwards by number. Each with all that belongs to it. */
static void remove_rows(struct pruner *p)
{
    for (size_t i = p->n; i-- > 0;) {
        struct prune_more *m = &p->more[i];
        bool whole = m->goes_row;
        int64_t group = prune_group(p->list, p->n, i);
        for (size_t k = 0; k < p->n_things; k++)
            if (prune_group(p->list, p->n, p->things[k].job) == group && p->things[k].go && !p->info[k].removed)
                whole = false;
        if (!whole || jobs_find(p->jobs, m->row.id) || prune_joined(p, i))
            continue;
        char *said = xasprintf("job %lld (%s, %s, %s) was removed from the journal", (long long)m->row.id,
                               job_type_shown(m->row.type), m->row.object, m->row.state);
        record_drop_job(p->jobs, &m->row);
        record_noted(p->jobs, p->actor, "prune", said);
        m->went = true;
        free(said);
    }
    for (size_t i = 0; i < p->n; i++)
        if (!p->more[i].went)
            journal_end_of(p, i);
    engine_flush(p->engine);
    answer(p);
}

static const enum prune_what stages[] = {PRUNE_CONTAINER, PRUNE_IMAGE, PRUNE_BACKUP, PRUNE_COPY, PRUNE_RUNS};

/* Backups of an upgrade that was to be given up, but whose old containers are all left. */
static bool still_needed(const struct pruner *p, size_t job)
{
    bool any = false;
    for (size_t k = 0; k < p->n_things; k++)
        if (p->things[k].go && p->things[k].job == job && p->things[k].what == PRUNE_CONTAINER && p->things[k].old) {
            any = true;
            if (p->info[k].removed)
                return false;
        }
    return any && p->more[job].given_up;
}

static void next_stage(struct pruner *p)
{
    if (p->stage == ARRAY_LEN(stages)) {
        remove_rows(p);
        return;
    }
    enum prune_what what = stages[p->stage++];
    int64_t began = prune_began(p);
    for (size_t i = 0; i < p->n_things; i++) {
        const struct prune_thing *t = &p->things[i];
        if (!t->go || t->what != what)
            continue;
        if (began && t->what != PRUNE_RUNS)
            p->info[i].left = xasprintf("job %lld was started meanwhile: run prune again", (long long)began);
        else if (what == PRUNE_RUNS && prune_joined(p, t->job))
            p->info[i].left = xstrdup("a job that belongs to it was created meanwhile");
        else if ((what == PRUNE_BACKUP || what == PRUNE_COPY) && still_needed(p, t->job))
            p->info[i].left = xstrdup("its old containers may still be there");
        else
            prune_add(p, (struct prune_ask){.what = DO_REMOVE, .job = t->job, .host = p->info[i].at, .thing = i});
    }
    prune_asks(p, next_stage);
}

static void execute(struct pruner *p)
{
    int64_t began = prune_began(p);
    struct err e = {0};
    if (began) {
        err_set(&e, ERR_BUSY, "job %lld was started meanwhile; nothing was removed", (long long)began);
        end(p, NULL, &e);
        return;
    }
    for (size_t i = 0; i < p->n; i++)
        p->more[i].goes_row = row_goes(p, i);
    for (size_t i = 0; i < p->n; i++)
        journal_begin_of(p, i);
    engine_flush(p->engine); /* it is durable now */
    next_stage(p);
}

static void listed(struct pruner *p)
{
    struct err e = {0};
    cJSON *o = list_json(p);
    if (!p->execute) {
        end(p, o, &e);
        return;
    }
    const cJSON *hash = cJSON_GetObjectItemCaseSensitive(o, "list");
    bool same = strcmp(hash->valuestring, p->agree) == 0;
    cJSON_Delete(o);
    if (same) {
        execute(p);
        return;
    }
    err_set(&e, ERR_STATE, "what may be removed has changed since it was shown; nothing was removed");
    err_hint(&e, "omsupctl prune");
    end(p, NULL, &e);
}

/* --- looks ------------------------------------------------------------------------------------------------- */

static void floors(struct pruner *p)
{
    decide(p);
    size_t i = prune_floor(p->list, p->n);
    if (i == p->n) {
        prune_things_sort(p);
        decide(p);
        listed(p);
        return;
    }
    prune_add(p, (struct prune_ask){.what = DO_HASHES, .job = i});
    prune_asks(p, floors);
}

static void add_backups(struct pruner *p)
{
    for (size_t i = 0; i < p->n; i++) {
        struct prune_more *m = &p->more[i];
        for (size_t k = 0; k < m->n_files; k++) {
            struct prune_file *f = &m->files[k];
            if (f->seen != f->size)
                p->list[i].backups = BACKUP_BAD; /* without reading it */
            for (int copy = 0; copy <= 1; copy++) {
                long long seen = copy ? f->copy_seen : f->seen;
                if (seen == -1)
                    continue;
                struct prune_info *x = prune_thing_new(p, copy ? PRUNE_COPY : PRUNE_BACKUP, i, copy ? f->copy_host : 0,
                                                       copy ? f->copy : f->file);
                x->name = xstrdup(f->db);
                x->sha256 = xstrdup(f->sha256);
                x->size = seen;
                p->things[p->n_things - 1].ours = seen == f->size;
            }
        }
    }
    floors(p);
}

/* A local node and the control host are one. */
static bool is_first(const struct plan_host *hosts, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (strcmp(hosts[i].ssh ? hosts[i].ssh : "", hosts[k].ssh ? hosts[k].ssh : "") == 0 &&
            hosts[i].port == hosts[k].port &&
            strcmp(hosts[i].run_dir ? hosts[i].run_dir : "", hosts[k].run_dir ? hosts[k].run_dir : "") == 0)
            return false;
    return true;
}

static void ask_all(struct pruner *p)
{
    bool backups = false;
    prune_jobs(p->list, p->n, &p->options);
    for (size_t i = 0; i < p->n; i++)
        backups = backups || (p->list[i].old_backups && p->list[i].has_backups);
    for (size_t i = 0; i < p->n; i++) {
        const struct prune_job *j = &p->list[i];
        const struct prune_more *m = &p->more[i];
        if (j->old || j->fresh || (j->row && j->stopped))
            for (size_t k = 0; k < m->n_nodes; k++)
                prune_add(p, (struct prune_ask){.what = DO_CONTAINERS, .job = i, .host = m->nodes[k].host, .node = k});
        if (j->row)
            for (size_t k = 0; k < m->n_hosts; k++)
                if (is_first(m->hosts, k))
                    prune_add(p, (struct prune_ask){.what = DO_RUNS, .job = i, .host = k});
        if (!m->n_files || (!backups && !j->row))
            continue;
        prune_add(p, (struct prune_ask){.what = DO_FILES, .job = i});
        for (size_t k = 0; k < m->n_files; k++)
            if (m->files[k].copy)
                prune_add(p, (struct prune_ask){
                                 .what = DO_FILES, .job = i, .host = m->files[k].copy_host, .node = k, .copies = true});
    }
    prune_asks(p, add_backups);
}

static void load_next(struct pruner *p)
{
    if (p->next == p->n) {
        ask_all(p);
        return;
    }
    size_t i = p->next++;
    prune_load(p, i);
    prune_asks(p, load_next);
}

static void forgotten(struct pruner *p) { uv_close((uv_handle_t *)&p->step, step_closed); }

void prune_begin(struct engine *en, uv_loop_t *loop, const struct house_prune *what, house_reply *reply, void *ctx,
                 struct pruner **out)
{
    struct err e = {0};
    struct pruner *p = *out = xcalloc(1, sizeof *p);
    *p = (struct pruner){.self = out,
                         .engine = en,
                         .jobs = engine_jobs(en),
                         .options = {what->classes, what->older_than_s, what->job},
                         .execute = what->agree != NULL,
                         .agree = xstrdup(what->agree),
                         .actor = xstrdup(what->actor),
                         .reply = reply,
                         .ctx = ctx,
                         .unasked = cJSON_CreateArray()};
    uv_timer_init(loop, &p->step);
    p->step.data = p;
    if (prune_rows(p, &e)) {
        end(p, NULL, &e);
        return;
    }
    bool known = !what->job;
    for (size_t i = 0; i < p->n; i++)
        known = known || p->list[i].id == what->job;
    if (!known) {
        err_set(&e, ERR_NOT_FOUND, "there is no job %lld", (long long)what->job);
        end(p, NULL, &e);
        return;
    }
    prune_asks(p, load_next);
}

void prune_forget(struct pruner *p)
{
    struct err e = {0};
    err_set(&e, ERR_BUSY, "omsupd is shutting down; run prune again when it is running");
    p->forgotten = true;
    *p->self = NULL;
    p->reply(p->ctx, NULL, &e);
    prune_asks(p, forgotten);
}
