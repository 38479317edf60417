/* What goes on beside the steps: the lease on the MetaDB is renewed, and progress of running scripts is read. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/action/lock.h"
#include "daemon/engine/internal.h"

enum {
    LOCK_RENEW_MS = 30000,
    LOCK_AGAIN_MS = 2000,
    LOCK_SURE_MS = 90000,
    PROGRESS_MS = 1000,
    PROGRESS_STILL_MS = 5000
};
_Static_assert(LOCK_SURE_MS < LOCK_EXPIRES_S * 1000, "nobody else can have it as long as it is sure");

/* --- the lease ----------------------------------------------------------------------------------------- */

static bool lock_held(const struct job *b)
{
    bool held = false;
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const char *act = b->subs[i].plan->act.builtin;
        if (act && b->core.subtasks[i].phase == PHASE_SUCCESSFUL) {
            if (strcmp(act, "metadb-lock") == 0)
                held = true;
            else if (strcmp(act, "metadb-unlock") == 0)
                held = false;
        }
    }
    return held;
}

struct renewal {
    struct jobs *jobs;
    int64_t job;
    char *holder, *key, *before;
    uint64_t asked_ms;
    bool take;
    enum verdict verdict;
    struct buf out;
};

static void renew(struct metadb *db, const struct err *e, void *arg)
{
    struct renewal *r = arg;
    const struct lock_owner o = {r->holder, r->key, r->before};
    r->verdict = VERDICT_UNKNOWN;
    if (!db)
        buf_puts(&r->out, e->msg);
    else if (r->take)
        r->verdict = metadb_lock_take(db, &o, &r->out);
    else
        r->verdict = metadb_lock_renew(db, &o, &r->out);
}

static bool waits_for_lock(const struct job *b, size_t seq)
{
    const struct work *w = &b->subs[seq].work;
    return w->what == WORK_ACT && !w->sent && !b->core.subtasks[seq].read_only;
}

static void renewed(void *arg)
{
    struct renewal *r = arg;
    struct job *b = jobs_find(r->jobs, r->job);
    if (b) {
        b->lock_in_flight = false;
        if (r->verdict == VERDICT_YES) {
            b->lock_sure_ms = r->asked_ms;
            b->lock_take = false;
        } else if (r->verdict == VERDICT_NO) {
            b->lock_sure_ms = 0;
            b->lock_take = false;
        }
        if (r->out.len && r->out.data[r->out.len - 1] == '\n')
            r->out.data[--r->out.len] = '\0';
        char *why = xasprintf("the MetaDB is held by another job: %s", buf_str(&r->out));
        for (size_t i = 0; i < b->core.n_subtasks; i++) {
            if (!waits_for_lock(b, i))
                continue;
            if (r->verdict == VERDICT_YES)
                work_kick(b, i);
            else if (r->verdict == VERDICT_UNKNOWN)
                record_message(b, i, "waits for the lock in the MetaDB: %s", buf_str(&r->out));
            else
                work_refused(b, i, why);
        }
        if (r->verdict == VERDICT_NO && b->core.mode == MODE_RUNNING)
            engine_verb_job(b, VERB_HOLD, "engine", why);
        free(why);
    }
    free(r->holder);
    free(r->key);
    free(r->before);
    buf_free(&r->out);
    free(r);
}

static bool is_sure(const struct job *b)
{
    return b->lock_sure_ms && uv_now(b->jobs->reach->loop) - b->lock_sure_ms < LOCK_SURE_MS;
}

void lock_tick(struct job *b)
{
    uint64_t now = uv_now(b->jobs->reach->loop);
    if (b->lock_in_flight || now - b->lock_renewed_ms < (is_sure(b) && !b->lock_take ? LOCK_RENEW_MS : LOCK_AGAIN_MS) ||
        !lock_held(b))
        return;
    /* After a start of the daemon nothing else may need the login for longer than the lease lasts. */
    bool ready = password_ready(b, 0);
    if (ready || b->password_state == PASSWORD_NONE)
        b->lock_renewed_ms = now;
    if (!ready)
        return;
    b->lock_in_flight = true;
    const struct plan_metadb *m = &b->plan->metadb;
    struct renewal *r = xcalloc(1, sizeof *r);
    *r = (struct renewal){.jobs = b->jobs,
                          .job = b->row.id,
                          .holder = xstrdup(b->jobs->control),
                          .key = xstrdup(b->key),
                          .before = leases_of(b),
                          .asked_ms = now,
                          .take = b->lock_take};
    struct metadb_login l = {
        .host = m->host, .user = m->user, .port = m->port, .password = b->password, .rm = m->rm, .cm = m->cm};
    calls_metadb(b->jobs->reach, &l, renew, renewed, r);
}

bool lock_sure(struct job *b, size_t seq)
{
    if (!waits_for_lock(b, seq) || !lock_held(b) || is_sure(b))
        return true;
    lock_tick(b);
    return false;
}

/* --- progress ------------------------------------------------------------------------------------------- */

struct look {
    struct jobs *jobs;
    int64_t job;
    size_t seq;
    uint64_t gen;
};

static void take_progress(struct sub *s, const struct lines_progress *p, uint64_t now)
{
    /* Scripts tell it every 2 s, looks are more frequent: one that finds nothing new does not mean that nothing moves.
     */
    if (p->done == s->progress_done && p->total == s->progress_total && now - s->progress_ms < PROGRESS_STILL_MS)
        return;
    if (s->progress_total > 0 && now > s->progress_ms && p->done >= s->progress_done && s->progress_ms)
        s->progress_rate = (p->done - s->progress_done) / ((double)(now - s->progress_ms) / 1000);
    s->progress_done = p->done;
    s->progress_total = p->total;
    s->progress_ms = now;
    free(s->progress_unit);
    s->progress_unit = xstrdup(p->unit);
}

static void on_tail(void *ctx, const struct node_result *r)
{
    struct look *l = ctx;
    struct job *b = jobs_find(l->jobs, l->job);
    struct lines_progress p;
    if (b && r->outcome == NODE_EXITED && b->subs[l->seq].work.gen == l->gen) {
        if (lines_progress(r->output, &p))
            take_progress(&b->subs[l->seq], &p, uv_now(b->jobs->reach->loop));
        b->changed = true;
        record_begin(b->jobs);
    }
    free(l);
}

void progress_tick(struct job *b)
{
    uint64_t now = uv_now(b->jobs->reach->loop);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct sub *s = &b->subs[i];
        if (!s->plan->progress || s->work.what != WORK_ACT || !s->work.sent ||
            now - s->progress_asked_ms < PROGRESS_MS || !host_up(job_host(b, i)))
            continue;
        s->progress_asked_ms = now;
        struct look *l = xcalloc(1, sizeof *l);
        *l = (struct look){b->jobs, b->row.id, i, s->work.gen};
        char *token = job_token(b, i, b->core.subtasks[i].attempt);
        node_tail(job_host(b, i)->node, token, UINT64_MAX, on_tail, l);
        free(token);
    }
}
