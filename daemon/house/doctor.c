/* One examination, from its first part to its answer. */
#include "daemon/house/house.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/copies/copies.h"
#include "daemon/engine/drive/drive.h"
#include "daemon/house/files.h"
#include "daemon/house/nodes.h"
#include "daemon/house/prune.h"

enum {
    STEP_MS = 5,         /* between two parts of the work on the loop */
    ANSWER_MS = 150000,  /* an answer without what is not known by then */
    CLOSE_MS = 5000,     /* how long a disk may hang at the end */
    DEPLOYMENTS_MAX = 8, /* whose newest job is looked at */
    BACKUPS_OF_MAX = 50, /* jobs */
    LEASE_LASTS_S = 120
};

struct newest {
    char *object; /* the deployment's name */
    int64_t job;
};

/* One examination. */
struct doctor {
    struct house *house;
    bool whole, copying, running, answered, nodes_ended;
    cJSON *found, *targets;
    house_reply *reply;
    void *ctx;
    struct newest seen[DEPLOYMENTS_MAX],
        upgrades[DEPLOYMENTS_MAX]; /* the newest job, and upgrade with backups, of each */
    size_t n_seen, n_upgrades, next, n_with;
    struct backup *backups;
    size_t n_backups;
    struct nodes *nodes;
    struct journal_check *check;
    /* The thread's until it has ended. */
    pthread_t thread;
    atomic_bool stop;
    cJSON *files, *tokens;
};

struct house {
    uv_loop_t *loop;
    struct house_config config;
    struct engine *engine;
    struct jobs *jobs;
    struct doctor *doctor;
    struct pruner *pruner;
    uv_timer_t step, limit;
    uv_async_t over; /* the thread has ended */
    bool closing;
    unsigned open;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* --- on the loop: jobs and their rows -------------------------------------------------------------------- */

static void targets(struct doctor *d)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, cJSON_GetObjectItemCaseSensitive(d->targets, "targets"))
    {
        const cJSON *why = cJSON_GetObjectItemCaseSensitive(o, "trouble"),
                    *name = cJSON_GetObjectItemCaseSensitive(o, "target");
        if (cJSON_IsString(why) && cJSON_IsString(name))
            finding_add(d->found, FOUND_NOTIFY_FAILS, NULL, "omsupctl notify", "target %s cannot be notified: %s",
                        name->valuestring, why->valuestring);
    }
}

static void live(struct doctor *d)
{
    for (const struct job *b = d->house->jobs->first; b; b = b->next) {
        char *fix = xasprintf("omsupctl status %lld", (long long)b->row.id);
        if (b->lease.trouble)
            finding_add(d->found, b->lease.lost ? FOUND_LEASE_LOST : FOUND_LEASE_UNSURE, NULL, fix,
                        "job %lld is not certain to hold the lock in the MetaDB: %s", (long long)b->row.id,
                        b->lease.trouble);
        char *uncopied = copies_trouble(d->house->jobs, b->row.id);
        if (uncopied)
            finding_add(d->found, FOUND_COPY_BEHIND, NULL, fix,
                        "the newest state of job %lld is on no other node, so another host could not continue it: %s",
                        (long long)b->row.id, uncopied);
        free(uncopied);
        free(fix);
    }
}

/* "lab: 4.0.2 -> 4.2.3, 2 nodes" */
static bool is_new(struct newest *list, size_t *n, const struct journal_job *row)
{
    size_t len = strcspn(row->object ? row->object : "", ":");
    for (size_t i = 0; i < *n; i++)
        if (strlen(list[i].object) == len && strncmp(list[i].object, row->object, len) == 0)
            return false;
    if (*n == DEPLOYMENTS_MAX)
        return false;
    list[(*n)++] = (struct newest){xstrndup(row->object ? row->object : "", len), row->id};
    return true;
}

struct facts {
    struct doctor *d;
    const struct journal_job *row;
    size_t from;
};

static struct backup *backup_of(struct facts *x, const char *db, size_t n)
{
    struct doctor *d = x->d;
    for (size_t i = x->from; i < d->n_backups; i++)
        if (strlen(d->backups[i].db) == n && strncmp(d->backups[i].db, db, n) == 0)
            return &d->backups[i];
    d->backups = xrealloc(d->backups, d->n_backups + 1, sizeof *d->backups);
    d->backups[d->n_backups] = (struct backup){.db = xstrndup(db, n), .size = -1, .job = x->row->id};
    return &d->backups[d->n_backups++];
}

/* backup.DATABASE.file, .size, .sha256; a database's name has no dot. */
static bool add_fact(void *ctx, const char *name, const char *value)
{
    static const char begin[] = "backup.";
    const char *db = name + strlen(begin), *dot = strncmp(name, begin, strlen(begin)) == 0 ? strrchr(db, '.') : NULL;
    if (!dot)
        return true;
    size_t n = (size_t)(dot - db);
    char *end;
    if (strcmp(dot, ".file") == 0) {
        struct backup *b = backup_of(ctx, db, n);
        free(b->file);
        b->file = xstrdup(value);
    } else if (strcmp(dot, ".sha256") == 0) {
        struct backup *b = backup_of(ctx, db, n);
        free(b->sha256);
        b->sha256 = xstrdup(value);
    } else if (strcmp(dot, ".size") == 0) {
        long long size = strtoll(value, &end, 10);
        backup_of(ctx, db, n)->size = *end ? -1 : size;
    }
    return true;
}

static void drop_nameless(struct doctor *d, size_t from)
{
    size_t kept = from;
    for (size_t i = from; i < d->n_backups; i++)
        if (d->backups[i].file) {
            d->backups[kept++] = d->backups[i];
        } else {
            free(d->backups[i].db);
            free(d->backups[i].sha256);
        }
    d->n_backups = kept;
}

static bool add_row(void *ctx, const struct journal_job *row)
{
    struct doctor *d = ctx;
    struct jobs *js = d->house->jobs;
    const char *why = held_why(js, row->id);
    if (why) {
        char *fix = xasprintf("omsupctl status %lld", (long long)row->id);
        finding_add(d->found, FOUND_JOB_ON_HOLD, NULL, fix, "job %lld is %s", (long long)row->id, why);
        free(fix);
    } else {
        is_new(d->seen, &d->n_seen, row);
    }
    if (!d->house->pruner && prune_interrupted(js, row->id))
        finding_add(d->found, FOUND_PRUNE_UNFINISHED, NULL, "omsupctl prune",
                    "a prune was interrupted: not all of job %lld that it began to remove is gone", (long long)row->id);
    if (job_type_parse(row->type) != JOB_UPGRADE || d->n_with >= BACKUPS_OF_MAX)
        return true;
    struct facts x = {d, row, d->n_backups};
    char *pruned = journal_fact(js->journal, row->id, "pruned.backups");
    if (!pruned)
        journal_facts(js->journal, row->id, add_fact, &x, NULL);
    free(pruned);
    drop_nameless(d, x.from);
    if (d->n_backups == x.from)
        return true;
    d->n_with++;
    bool newest = is_new(d->upgrades, &d->n_upgrades, row);
    for (size_t i = x.from; i < d->n_backups; i++)
        d->backups[i].wanted = newest;
    return true;
}

static void lease_left(struct doctor *d, const struct job *b)
{
    if (!b->row.completed || !lease_held(b))
        return;
    int64_t ago = times_ms_since(b->row.completed) / 1000;
    if (ago <= LEASE_LASTS_S)
        finding_add(
            d->found, FOUND_LEASE_LEFT, NULL, NULL,
            "job %lld has ended without giving back its lock in the MetaDB %s: jobs of other control hosts can take "
            "it in %lld s, those of this one at once",
            (long long)b->row.id, b->plan->metadb.host, (long long)(LEASE_LASTS_S - ago));
    else
        finding_add(
            d->found, FOUND_LEASE_LEFT, NULL, NULL,
            "job %lld has ended without giving back its lock in the MetaDB %s; it has expired, and the next job "
            "takes it over",
            (long long)b->row.id, b->plan->metadb.host);
}

/* The newest job of one deployment: it may have to be loaded. */
static void one_job(struct doctor *d, int64_t id)
{
    struct jobs *js = d->house->jobs;
    struct job *b = jobs_find(js, id), *loaded = NULL;
    struct journal_job row;
    struct err e;
    if (!b && journal_job(js->journal, id, &row, &e) == 0) {
        if (job_load(js, &row, &loaded, &e) == 0)
            b = loaded;
        journal_job_clear(&row);
    }
    if (b) {
        lease_left(d, b);
        if (d->nodes)
            nodes_add(d->nodes, b->plan);
    }
    job_free(loaded);
}

/* --- the answer ------------------------------------------------------------------------------------------- */

static void move_all(cJSON *from, cJSON *to)
{
    for (cJSON *o; (o = cJSON_DetachItemFromArray(from, 0)) != NULL;)
        cJSON_AddItemToArray(to, o);
}

static void doctor_free(struct doctor *d)
{
    for (size_t i = 0; i < d->n_seen; i++)
        free(d->seen[i].object);
    for (size_t i = 0; i < d->n_upgrades; i++)
        free(d->upgrades[i].object);
    for (size_t i = 0; i < d->n_backups; i++) {
        free(d->backups[i].file);
        free(d->backups[i].db);
        free(d->backups[i].sha256);
    }
    free(d->backups);
    if (!d->nodes_ended)
        nodes_forget(d->nodes);
    journal_check_end(d->check);
    cJSON_Delete(d->found);
    cJSON_Delete(d->files);
    cJSON_Delete(d->tokens);
    cJSON_Delete(d->targets);
    d->house->doctor = NULL;
    free(d);
}

static void answer(struct doctor *d)
{
    struct err e = {0};
    if (d->answered)
        return;
    d->answered = true;
    cJSON *o = cJSON_CreateObject();
    char *now = times_now();
    times_whole_seconds(now);
    cJSON_AddStringToObject(o, "now", now);
    cJSON_AddBoolToObject(o, "whole", d->whole);
    cJSON_AddItemToObject(o, "findings", d->found);
    d->found = NULL;
    free(now);
    if (d->nodes && !d->nodes_ended)
        nodes_forget(d->nodes);
    d->nodes_ended = true;
    d->reply(d->ctx, o, &e);
}

static void maybe_ended(struct doctor *d)
{
    if (d->running || d->copying || !d->nodes_ended)
        return;
    uv_timer_stop(&d->house->limit);
    answer(d);
    doctor_free(d);
}

static void on_nodes(void *ctx)
{
    struct doctor *d = ctx;
    d->nodes_ended = true; /* it frees itself */
    maybe_ended(d);
}

static void on_late(uv_timer_t *t)
{
    struct house *h = t->data;
    struct doctor *d = h->doctor;
    if (h->closing) {
        log_warn("exiting without waiting for a disk that does not respond");
        _exit(0);
    }
    finding_add(d->found, FOUND_UNFINISHED, NULL, NULL, "not all could be examined within %d s: %s", ANSWER_MS / 1000,
                d->running || d->copying ? "a disk of this host is slow or does not respond"
                                         : "a node does not respond");
    answer(d);
    atomic_store(&d->stop, true);
    maybe_ended(d);
}

/* --- on the thread: files -------------------------------------------------------------------------------- */

static void journal(struct doctor *d)
{
    struct err e = {0};
    char *said = NULL;
    if (d->check && journal_check_examine(d->check, &said, &e) && !atomic_load(&d->stop))
        finding_add(d->files, FOUND_JOURNAL_UNCHECKED, NULL, NULL, "the journal was not examined: %s", e.msg);
    if (said)
        finding_add(d->files, FOUND_JOURNAL_DAMAGED, NULL, "systemctl stop omsupd",
                    "the journal is damaged: %s. Start no job; stop omsupd, keep a copy of %s, and put back the newest "
                    "copy that is sound",
                    said, d->house->config.journal);
    free(said);
}

static void *examine(void *arg)
{
    struct doctor *d = arg;
    const struct house_config *c = &d->house->config;
    files_look(c, d->files);
    files_runs(c->run_dir, d->tokens);
    journal(d);
    backups_look(d->backups, d->n_backups, d->whole, &d->stop, d->files);
    uv_async_send(&d->house->over);
    return NULL;
}

static void runs_here(struct doctor *d)
{
    const cJSON *o;
    const char *first = NULL, *dir = d->house->config.run_dir;
    unsigned n = 0;
    cJSON *known = cJSON_CreateObject(); /* a run has several files */
    cJSON_ArrayForEach(o, d->tokens) if (!cJSON_HasObjectItem(known, o->valuestring))
    {
        cJSON_AddTrueToObject(known, o->valuestring);
        if (journal_attempt_known(d->house->jobs->journal, o->valuestring))
            continue;
        first = first ? first : o->valuestring;
        n++;
    }
    char *fix = xasprintf("pgrep -af omsup-run; ls %.80s", dir);
    if (n)
        finding_add(
            d->found, FOUND_RUNS_UNKNOWN, NULL, fix,
            "%u runs in %s are not in the journal, such as %.100s: if no process omsup-run is running on this host, "
            "remove their files",
            n, dir, first);
    free(fix);
    cJSON_Delete(known);
}

static void close_handles(struct house *h);

static void on_over(uv_async_t *a)
{
    struct house *h = a->data;
    struct doctor *d = h->doctor;
    if (!d || !d->running)
        return;
    pthread_join(d->thread, NULL);
    d->running = false;
    if (!d->answered) {
        move_all(d->files, d->found);
        runs_here(d);
    }
    if (!h->closing) {
        maybe_ended(d);
        return;
    }
    doctor_free(d);
    close_handles(h);
}

static void start_thread(struct doctor *d)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the loop */
    d->running = pthread_create(&d->thread, NULL, examine, d) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!d->running && !d->answered)
        finding_add(d->found, FOUND_UNFINISHED, NULL, NULL, "the files were not examined: no thread can be started");
    maybe_ended(d);
}

/* --- the work on the loop, a part at a time ---------------------------------------------------------------- */

static void on_step(uv_timer_t *t)
{
    struct house *h = t->data;
    struct doctor *d = h->doctor;
    struct err e = {0};
    bool copied = false;
    if (d->next < d->n_seen) {
        one_job(d, d->seen[d->next++].job);
        if (d->next == d->n_seen && d->nodes && !nodes_ask(d->nodes)) {
            nodes_forget(d->nodes);
            d->nodes_ended = true;
        }
        return;
    }
    int rc = d->check ? 0 : journal_check_begin(h->jobs->journal, &d->check, &e);
    rc = rc ? rc : journal_check_copy(d->check, &copied, &e);
    if (rc && !d->answered)
        finding_add(d->found, FOUND_JOURNAL_UNCHECKED, NULL, NULL, "the journal was not examined: %s", e.msg);
    if (rc) {
        journal_check_end(d->check);
        d->check = NULL;
    } else if (!copied && !d->answered) {
        return;
    }
    uv_timer_stop(t);
    d->copying = false;
    if (d->answered && !copied) { /* too late: nobody waits for it */
        maybe_ended(d);
        return;
    }
    start_thread(d);
}

void house_doctor(struct house *h, bool whole, cJSON *list, house_reply *reply, void *ctx)
{
    struct err e = {0};
    if (h->closing || h->doctor) {
        cJSON_Delete(list);
        err_set(&e, ERR_BUSY,
                h->closing ? "omsupd is shutting down; retry when it is running again"
                           : "another examination is under way; retry when it has ended");
        reply(ctx, NULL, &e);
        return;
    }
    struct doctor *d = h->doctor = xcalloc(1, sizeof *d);
    *d = (struct doctor){.house = h,
                         .whole = whole,
                         .copying = true,
                         .targets = list,
                         .reply = reply,
                         .ctx = ctx,
                         .found = cJSON_CreateArray(),
                         .files = cJSON_CreateArray(),
                         .tokens = cJSON_CreateArray()};
    targets(d);
    live(d);
    if (journal_jobs(h->jobs->journal, false, add_row, d, &e))
        finding_add(d->found, FOUND_JOURNAL_DAMAGED, NULL, NULL, "%s", e.msg);
    if (whole && d->n_seen)
        d->nodes = nodes_new(h->jobs, d->found, on_nodes, d);
    d->nodes_ended = !d->nodes;
    uv_timer_start(&h->step, on_step, 0, STEP_MS);
    uv_timer_start(&h->limit, on_late, ANSWER_MS, 0);
}

void house_prune(struct house *h, const struct house_prune *what, house_reply *reply, void *ctx)
{
    struct err e = {0};
    if (!h->closing && !h->pruner) {
        prune_begin(h->engine, h->loop, what, reply, ctx, &h->pruner);
        return;
    }
    err_set(&e, ERR_BUSY,
            h->closing ? "omsupd is shutting down; run prune again when it is running"
                       : "another prune is under way; run prune again when it has ended");
    reply(ctx, NULL, &e);
}

/* --- start and end ----------------------------------------------------------------------------------------- */

void house_open(uv_loop_t *loop, const struct house_config *c, struct engine *en, struct house **out)
{
    struct house *h = xcalloc(1, sizeof *h);
    *h = (struct house){.loop = loop, .config = *c, .engine = en, .jobs = engine_jobs(en)};
    uv_timer_init(loop, &h->step);
    uv_timer_init(loop, &h->limit);
    if (uv_async_init(loop, &h->over, on_over))
        abort(); /* out of descriptors at the start, or of memory */
    h->step.data = h->limit.data = h->over.data = h;
    *out = h;
}

static void handle_closed(uv_handle_t *handle)
{
    struct house *h = handle->data;
    if (--h->open)
        return;
    void (*closed)(void *) = h->closed;
    void *ctx = h->closed_ctx;
    free(h);
    closed(ctx);
}

static void close_handles(struct house *h)
{
    h->open = 3;
    uv_close((uv_handle_t *)&h->step, handle_closed);
    uv_close((uv_handle_t *)&h->limit, handle_closed);
    uv_close((uv_handle_t *)&h->over, handle_closed);
}

void house_close(struct house *h, void (*closed)(void *ctx), void *ctx)
{
    if (!h) {
        closed(ctx);
        return;
    }
    h->closing = true;
    h->closed = closed;
    h->closed_ctx = ctx;
    uv_timer_stop(&h->step);
    uv_timer_stop(&h->limit);
    if (h->pruner)
        prune_forget(h->pruner);
    struct doctor *d = h->doctor;
    if (d) {
        answer(d);
        atomic_store(&d->stop, true);
        if (d->running) { /* on_over() continues */
            if (d->check)
                journal_check_interrupt(d->check);
            uv_timer_start(&h->limit, on_late, CLOSE_MS, 0);
            return;
        }
        doctor_free(d);
    }
    close_handles(h);
}
