/* The turn of the loop, recovery, and shutdown. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/copies/copies.h"
#include "daemon/engine/drive/clock.h"
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/engine.h"

enum { CLOSE_MS = 20000 };

struct engine {
    struct jobs jobs;
    struct reach reach;
    struct engine_config config;
    char *run_dir, *host;
    const struct procedures *procedures;
    struct drive drive;
    struct copies *copies;
    bool flushing, reach_closed;
    uv_prepare_t prepare; /* runs engine_flush() once per turn, after the callbacks */
    uv_timer_t tick, due; /* due: at drive.due_ms */
    uint64_t last_tick_ms;
    void (*changed)(void *ctx, int64_t job);
    void *changed_ctx;
    void (*successful)(void *ctx, int64_t series);
    void *successful_ctx;
    void (*undo)(void *ctx, int64_t job);
    void *undo_ctx;
    void (*canceled)(void *ctx, int64_t job);
    void *canceled_ctx;
    unsigned open_handles;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void tell(struct engine *en)
{
    for (struct job *b = en->jobs.first; b; b = b->next) {
        if (b->changed)
            copies_changed(en->copies, b);
        if (b->changed && en->changed)
            en->changed(en->changed_ctx, b->row.id);
        b->changed = false;
    }
    if (en->reach.changed && en->changed)
        en->changed(en->changed_ctx, 0);
    en->reach.changed = false;
}

static void commit(struct engine *en)
{
    struct err e;
    en->jobs.dirty = false;
    if (journal_commit(en->jobs.journal, &e))
        record_die(&e);
    hosts_forget(&en->reach);
    size_t n;
    struct effect *list = drive_take(&en->drive, &n);
    for (size_t i = 0; i < n; i++)
        work_start(list[i].job, list[i].seq, list[i].what);
    free(list);
}

static void on_due(uv_timer_t *t) { work_due(&((struct engine *)t->data)->jobs); }

static void await_due(struct engine *en)
{
    uint64_t at = en->drive.due_ms, now = uv_now(en->reach.loop);
    if (at)
        uv_timer_start(&en->due, on_due, at > now ? at - now : 0, 0);
}

/* The series of the jobs that have become Successful; the caller frees the array. */
static int64_t *successful_series(const struct engine *en, size_t *n)
{
    int64_t *list = NULL;
    *n = 0;
    for (const struct job *b = en->jobs.first; b; b = b->next)
        if (b->core.mode == MODE_SUCCESSFUL && b->row.hop) {
            list = xrealloc(list, *n + 1, sizeof *list);
            list[(*n)++] = b->row.series;
        }
    return list;
}

static int64_t *canceled_jobs(const struct engine *en, size_t *n)
{
    int64_t *list = NULL;
    *n = 0;
    for (const struct job *b = en->jobs.first; en->canceled && b; b = b->next)
        if (b->core.mode == MODE_CANCELED) {
            list = xrealloc(list, *n + 1, sizeof *list);
            list[(*n)++] = b->row.id;
        }
    return list;
}

/* Each is told once: from then on request/undo.c has it. */
static int64_t *due_undo(struct engine *en, size_t *n)
{
    int64_t *list = NULL;
    *n = 0;
    for (struct job *b = en->jobs.first; en->undo && b; b = b->next)
        if (b->core.undo == UNDO_DUE && !b->undoing) {
            b->undoing = true;
            list = xrealloc(list, *n + 1, sizeof *list);
            list[(*n)++] = b->row.id;
        }
    return list;
}

/* Its effects are not started. */
static void on_dropped(void *ctx, const struct job *b)
{
    struct engine *en = ctx;
    size_t kept = 0;
    for (size_t i = 0; i < en->drive.n; i++)
        if (en->drive.effects[i].job != b)
            en->drive.effects[kept++] = en->drive.effects[i];
    en->drive.n = kept;
    engine_tell(en, b->row.id);
}

void engine_flush(struct engine *en)
{
    size_t n, n_due, n_canceled;
    if (en->flushing)
        return;
    en->flushing = true;
    taken_drop(&en->jobs, on_dropped, en);
    do {
        while (en->jobs.dirty || en->drive.n || en->reach.forgotten)
            commit(en);
    } while (work_kicks(&en->jobs)); /* after the commit: only then may a host be asked for it */
    tell(en);
    copies_turn(en->copies);
    int64_t *series = successful_series(en, &n);
    int64_t *canceled = canceled_jobs(en, &n_canceled);
    jobs_drop_ended(&en->jobs);
    int64_t *due = due_undo(en, &n_due);
    hosts_close_unused(&en->reach, false);
    await_due(en);
    en->flushing = false;
    for (size_t i = 0; i < n && en->successful; i++)
        en->successful(en->successful_ctx, series[i]);
    for (size_t i = 0; i < n_due; i++)
        en->undo(en->undo_ctx, due[i]);
    for (size_t i = 0; i < n_canceled && en->canceled; i++)
        en->canceled(en->canceled_ctx, canceled[i]);
    free(series);
    free(due);
    free(canceled);
}

static void on_prepare(uv_prepare_t *h) { engine_flush(h->data); }

static void on_tick(uv_timer_t *t)
{
    struct engine *en = t->data;
    uint64_t now = uv_now(en->reach.loop), elapsed = clock_watched(now - en->last_tick_ms);
    en->last_tick_ms = now;
    int64_t set = times_look();
    if (set) {
        record_clock(&en->jobs, set);
        engine_tell(en, 0);
    }
    for (struct job *b = en->jobs.first; b; b = b->next) {
        start_tick(b);
        drive_window(b);
        work_tick(b, elapsed);
        lease_tick(b);
        hosts_tick(b);
        progress_tick(b);
        slower_tick(b);
    }
}

static bool attempt_ended(void *ctx, const char *token)
{
    const struct engine *en = ctx;
    return journal_attempt_ended(en->jobs.journal, token);
}

/* --- jobs that change their control host --- */

static void on_fenced(void *ctx, const struct node_result *r) { (void)ctx, (void)r; } /* on_taken() hears of others */

/* What was taken over from another control host is fenced on each of its hosts before anything else is asked there:
 * this one may be a node of it, with the same run directory. */
static void on_up(void *ctx, struct host *h)
{
    struct engine *en = ctx;
    for (const struct job *b = en->jobs.first; b; b = b->next)
        for (size_t i = 0; b->fence.epoch && i < b->plan->n_hosts; i++)
            if (b->hosts[i] == h) {
                node_fence(h->node, &b->fence, on_fenced, NULL);
                break;
            }
}

static void on_taken(void *ctx, const struct node_fence *f)
{
    struct engine *en = ctx;
    taken_hear(&en->jobs, f);
}

int engine_new(uv_loop_t *loop, const struct engine_config *c, struct journal *j, const struct procedures *ps,
               struct engine **out, struct err *e)
{
    struct engine *en = xcalloc(1, sizeof *en);
    en->run_dir = xstrdup(c->run_dir);
    en->host = xstrdup(c->host);
    en->config = (struct engine_config){en->run_dir, en->host, c->resume_after_reboot, c->no_copies};
    en->procedures = ps;
    int rc = jobs_open(&en->jobs, j, &en->reach, en->host, e);
    if (rc) {
        free(en->run_dir);
        free(en->host);
        free(en);
        return rc;
    }
    drive_open(&en->drive, &en->jobs);
    en->copies = copies_open(loop, &en->jobs, c->no_copies);
    reach_init(&en->reach, loop, en->run_dir, en->jobs.instance, attempt_ended, en);
    en->reach.up = on_up;
    en->reach.taken = on_taken;
    uv_prepare_init(loop, &en->prepare);
    en->prepare.data = en;
    uv_prepare_start(&en->prepare, on_prepare);
    uv_timer_init(loop, &en->tick);
    en->tick.data = en;
    en->last_tick_ms = uv_now(loop);
    uv_timer_start(&en->tick, on_tick, TICK_MS, TICK_MS);
    uv_timer_init(loop, &en->due);
    en->due.data = en;
    *out = en;
    return 0;
}

void engine_on_change(struct engine *en, void (*changed)(void *ctx, int64_t job), void *ctx)
{
    en->changed = changed;
    en->changed_ctx = ctx;
}

void engine_on_success(struct engine *en, void (*successful)(void *ctx, int64_t series), void *ctx)
{
    en->successful = successful;
    en->successful_ctx = ctx;
}

void engine_on_canceled(struct engine *en, void (*canceled)(void *ctx, int64_t job), void *ctx)
{
    en->canceled = canceled;
    en->canceled_ctx = ctx;
}

void engine_on_undo(struct engine *en, void (*due)(void *ctx, int64_t job), void *ctx)
{
    en->undo = due;
    en->undo_ctx = ctx;
}

void engine_tell(struct engine *en, int64_t job)
{
    if (en->changed)
        en->changed(en->changed_ctx, job);
}

bool engine_at_work(const struct engine *en)
{
    for (const struct job *b = en->jobs.first; b; b = b->next)
        if (b->core.mode == MODE_RUNNING || b->core.mode == MODE_CANCELING)
            return true;
    return false;
}

struct jobs *engine_jobs(struct engine *en) { return &en->jobs; }
const struct procedures *engine_procedures(const struct engine *en) { return en->procedures; }

static bool other_reason(void *ctx, const struct journal_event *ev)
{
    const char **why = ctx;
    if (strcmp(ev->event, "outdated") == 0 && ev->reason && strcmp(ev->reason, *why) == 0)
        *why = NULL;
    return *why != NULL;
}

/* An older omsupd made its plan: it rests from now on. That is an event once, not at each start. */
static void recover_outdated(struct job *b)
{
    const char *why = plan_outdated(b->plan), *untold = why;
    struct err e;
    log_warn("job %lld is not continued: an older omsupd made its plan, and %s", (long long)b->row.id, why);
    if (journal_events(b->jobs->journal, b->row.id, 0, UINT_MAX, other_reason, &untold, &e))
        log_warn("job %lld: %s", (long long)b->row.id, e.msg);
    if (untold)
        record_event(b, NULL, NULL, "engine", "outdated", NULL, state_word(core_job_state(&b->core)), why);
    record_job(b);
}

static bool has_nodes(const struct job *b)
{
    for (size_t h = 0; h < b->plan->n_hosts; h++)
        if (b->plan->hosts[h].ssh)
            return true;
    return false;
}

/* So that they are fenced, or tell who has taken the job over. */
static void reach_nodes(struct job *b)
{
    for (size_t h = 0; h < b->plan->n_hosts; h++)
        if (b->plan->hosts[h].ssh && !b->hosts[h])
            b->hosts[h] = host_get(b->jobs->reach, &b->plan->hosts[h]);
}

static void recover_job(struct engine *en, struct job *b)
{
    bool rebooted = strcmp(b->row.boot, en->jobs.boot) != 0;
    if (rebooted) {
        free(b->row.boot);
        b->row.boot = xstrdup(en->jobs.boot);
        record_event(b, NULL, NULL, "engine", "reboot-seen", NULL, NULL, "the control host rebooted");
        if (b->row.pause_on_reboot && !en->config.resume_after_reboot &&
            (b->core.mode == MODE_RUNNING || b->core.mode == MODE_WINDOW)) {
            size_t k = core_current_step(&b->core);
            char *why = xasprintf(
                "the control host rebooted during \"%s\"; check whether anyone repaired something by hand, then resume",
                k < b->core.n_steps ? b->plan->steps[k].title : "the end");
            drive_verb(b, VERB_HOLD, "engine", why);
            free(why);
        }
        drive_undo_over(b,
                        "the control host rebooted before the rollback was made that on_failure asks for: an operator "
                        "decides");
        record_job(b);
    } else if ((b->core.mode == MODE_RUNNING && !b->core.outdated) || b->core.mode == MODE_CANCELING) {
        record_event(b, NULL, NULL, "engine", "recovered", NULL, NULL, "omsupd started and continues from the journal");
    }
    if (b->fence.epoch || b->core.mode == MODE_PAUSED)
        reach_nodes(b);
    b->unasked = has_nodes(b);
    hosts_adopt(b);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        work_adopt(b, i);
    if (b->core.outdated) {
        drive_undo_over(b, "the plan is outdated: the rollback that on_failure asks for is not made by omsupd itself");
        recover_outdated(b);
    }
}

struct load {
    struct engine *en;
    struct err *e;
};

static bool load_one(void *ctx, const struct journal_job *row)
{
    struct load *l = ctx;
    struct job *b;
    if (taken_hold(&l->en->jobs, row->id))
        return true;
    if (job_load(&l->en->jobs, row, &b, l->e)) {
        log_error("job %lld is on hold: %s", (long long)row->id, l->e->msg);
        held_add(&l->en->jobs, row->id, l->e->msg);
        return true;
    }
    b->next = l->en->jobs.first;
    l->en->jobs.first = b;
    return true;
}

int engine_recover(struct engine *en, struct err *e)
{
    struct load l = {en, e};
    int rc = journal_jobs(en->jobs.journal, true, load_one, &l, e);
    for (struct job *b = en->jobs.first; rc == 0 && b; b = b->next) {
        recover_job(en, b);
        copies_changed(en->copies, b); /* what the nodes have is not known */
    }
    engine_flush(en);
    return rc;
}

/* A server that sends a few bytes now and then can keep a call alive beyond its timeouts. Exiting is safe: the journal
 * is complete, and the next start checks the outcome of the rest, as after a crash. */
static void on_close_limit(uv_timer_t *t)
{
    log_warn("exiting without waiting for the MetaDB, which has not answered for %d s", CLOSE_MS / 1000);
    _exit(0);
}

static void maybe_closed(struct engine *en);

static void handle_closed(uv_handle_t *h)
{
    struct engine *en = h->data;
    en->open_handles--;
    maybe_closed(en);
}

static void maybe_closed(struct engine *en)
{
    if (!en->reach_closed)
        return;
    if (!uv_is_closing((uv_handle_t *)&en->tick))
        uv_close((uv_handle_t *)&en->tick, handle_closed);
    if (en->open_handles)
        return;
    void (*closed)(void *) = en->closed;
    void *ctx = en->closed_ctx;
    drive_close(&en->drive);
    copies_free(en->copies);
    jobs_close(&en->jobs);
    free(en->run_dir);
    free(en->host);
    free(en);
    closed(ctx);
}

static void on_reach_closed(void *ctx)
{
    struct engine *en = ctx;
    en->reach_closed = true;
    maybe_closed(en);
}

void engine_close(struct engine *en, void (*closed)(void *ctx), void *ctx)
{
    engine_flush(en);
    en->closed = closed;
    en->closed_ctx = ctx;
    en->open_handles = 3;
    en->changed = NULL;
    en->successful = NULL;
    en->undo = NULL;
    en->canceled = NULL;
    jobs_leave(&en->jobs);
    copies_close(en->copies);
    uv_close((uv_handle_t *)&en->prepare, handle_closed);
    uv_close((uv_handle_t *)&en->due, handle_closed);
    uv_timer_start(&en->tick, on_close_limit, CLOSE_MS, 0);
    reach_close(&en->reach, on_reach_closed, en);
}
