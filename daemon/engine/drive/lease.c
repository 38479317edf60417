/* The lease on the MetaDB: renewed while a job holds it, and checked before each change. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/action/lock.h"
#include "daemon/engine/drive/drive.h"

enum { RENEW_MS = 30000, AGAIN_MS = 2000, SURE_MS = 90000 };
_Static_assert(SURE_MS < LOCK_EXPIRES_S * 1000, "while we are sure of it, nobody else can have it");

/* The last successful action decides: did it take the lease or give it back? */
static bool held(const struct job *b)
{
    bool yes = false;
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const char *act = b->subs[i].plan->act.builtin;
        const struct action *a = act && b->core.subtasks[i].phase == PHASE_SUCCESSFUL ? action_find(act) : NULL;
        if (a && (a->use == ACTION_TAKES || a->use == ACTION_GIVES))
            yes = a->use == ACTION_TAKES;
    }
    return yes;
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

static bool waits(const struct job *b, size_t seq)
{
    const struct work *w = &b->subs[seq].work;
    return w->what == WORK_ACT && !w->sent && !b->core.subtasks[seq].read_only;
}

static void renewed(void *arg)
{
    struct renewal *r = arg;
    struct job *b = jobs_find(r->jobs, r->job);
    if (b) {
        b->lease.in_flight = false;
        if (r->verdict == VERDICT_YES) {
            b->lease.sure_ms = r->asked_ms;
            b->lease.take = false;
        } else if (r->verdict == VERDICT_NO) {
            b->lease.sure_ms = 0;
            b->lease.take = false;
        }
        if (r->out.len && r->out.data[r->out.len - 1] == '\n')
            r->out.data[--r->out.len] = '\0';
        char *why = xasprintf("another job is using the MetaDB: %s", buf_str(&r->out)),
             *waits_why = xasprintf("waiting for the lock in the MetaDB: %s", buf_str(&r->out));
        for (size_t i = 0; i < b->core.n_subtasks; i++) {
            if (!waits(b, i))
                continue;
            if (r->verdict == VERDICT_YES)
                job_kick(b, i);
            else if (r->verdict == VERDICT_UNKNOWN)
                job_waits(b, i, waits_why);
            else
                answer_refused(b, i, why);
        }
        if (r->verdict == VERDICT_NO && b->core.mode == MODE_RUNNING)
            drive_verb(b, VERB_HOLD, "engine", why);
        free(why);
        free(waits_why);
    }
    free(r->holder);
    free(r->key);
    free(r->before);
    buf_free(&r->out);
    free(r);
}

static bool is_sure(const struct job *b) { return b->lease.sure_ms && job_time_ms(b) - b->lease.sure_ms < SURE_MS; }

void lease_tick(struct job *b)
{
    uint64_t now = job_time_ms(b);
    if (b->lease.in_flight || now - b->lease.renewed_ms < (is_sure(b) && !b->lease.take ? RENEW_MS : AGAIN_MS) ||
        !held(b))
        return;
    /* After a restart nothing else may need the login for longer than the lease lasts. */
    bool ready = login_ready(b, 0);
    if (ready || b->login.state == LOGIN_NONE)
        b->lease.renewed_ms = now;
    if (!ready)
        return;
    b->lease.in_flight = true;
    struct renewal *r = xcalloc(1, sizeof *r);
    *r = (struct renewal){.jobs = b->jobs,
                          .job = b->row.id,
                          .holder = xstrdup(b->jobs->control),
                          .key = xstrdup(b->key),
                          .before = leases_of(b),
                          .asked_ms = now,
                          .take = b->lease.take};
    struct metadb_login l = login_of(b);
    calls_metadb(b->jobs->reach, &l, renew, renewed, r);
}

bool lease_sure(struct job *b, size_t seq)
{
    if (!waits(b, seq) || !held(b) || is_sure(b))
        return true;
    lease_tick(b);
    return false;
}
