/* The lease on the MetaDB: renewed while a job holds it, and checked before each change.
 *
 * A renewal is a login of its own, so it also finds out that the login or the MetaDB no longer works. From the first
 * renewal that fails, or that is not answered within SILENCE_MS, until the next one that succeeds, no change starts,
 * though nobody else may take the lease for as long as it lasts: the row may have been deleted. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/action/lock.h"
#include "daemon/engine/drive/drive.h"

enum { RENEW_MS = 5000, AGAIN_MS = 2000, SILENCE_MS = 4000, SURE_MS = 90000, EVENT_MS = 30000, CALL_S = 15 };
_Static_assert(SURE_MS < LOCK_EXPIRES_S * 1000, "while we are sure of it, nobody else can have it");

/* The last successful action decides: did it take the lease or give it back? */
bool lease_held(const struct job *b)
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
    char *holder, *key, *before, *taken; /* taken: who has taken the job over */
    uint64_t asked_ms;
    bool take, may_take, no_login, gone;
    enum verdict verdict;
    struct buf out;
};

static void renew(struct metadb *db, const struct err *e, void *arg)
{
    struct renewal *r = arg;
    const struct lock_owner o = {r->holder, r->key, r->before, r->may_take, &r->gone, &r->taken, NULL};
    r->verdict = VERDICT_UNKNOWN;
    r->no_login = !db;
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

static void say_wait(struct job *b, const char *why)
{
    char *message = xasprintf("waiting for the lock in the MetaDB: %s", why);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (waits(b, i))
            job_waits(b, i, message);
    free(message);
}

/* What is wrong with the lease is shown with the job and with each change that waits for it. An event tells when it
 * begins, and when the cause changes. */
static void doubt(struct job *b, const char *why)
{
    struct lease *l = &b->lease;
    say_wait(b, why);
    if (l->trouble && strcmp(l->trouble, why) == 0)
        return;
    uint64_t now = job_time_ms(b);
    if (!l->trouble || now - l->event_ms >= EVENT_MS) {
        l->event_ms = now;
        record_event(b, NULL, NULL, "engine", "lock-unsure", NULL, NULL, why);
    }
    free(l->trouble);
    l->trouble = xstrdup(why);
    b->changed = true;
}

static void sure(struct job *b, uint64_t asked_ms)
{
    struct lease *l = &b->lease;
    l->sure_ms = asked_ms;
    l->take = false;
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (waits(b, i))
            job_kick(b, i);
    if (l->trouble || l->lost)
        record_event(b, NULL, NULL, "engine", "lock-sure", NULL, NULL,
                     "it is certain again that this job holds the lock in the MetaDB");
    l->lost = false;
    free(l->trouble);
    l->trouble = NULL;
}

static void lost(struct job *b, const char *holder)
{
    char *why = xasprintf("another job is using the MetaDB: %s", holder);
    b->lease.sure_ms = 0;
    b->lease.take = false;
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (waits(b, i))
            answer_refused(b, i, why);
    if (!b->lease.lost)
        record_event(b, NULL, NULL, "engine", "lock-lost", NULL, NULL, why);
    b->lease.lost = true;
    drive_verb(b, VERB_HOLD, "engine", why); /* unless it rests anyway */
    if (b->lease.trouble) {
        free(why);
        return;
    }
    b->lease.trouble = why;
    b->changed = true;
}

static bool acts(const struct job *b, enum action_use use)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        const char *name = b->subs[i].plan->act.builtin;
        const struct action *a = name ? action_find(name) : NULL;
        if (b->subs[i].work.what == WORK_ACT && b->subs[i].work.sent && (use == ACTION_ACTS || (a && a->use == use)))
            return true;
    }
    return false;
}

static bool gives(const struct job *b, size_t seq)
{
    const char *name = b->subs[seq].plan->act.builtin;
    const struct action *a = name ? action_find(name) : NULL;
    return a && a->use == ACTION_GIVES;
}

/* Giving the lease back removes the row, and so does a rollback while it drops cm and loads it again. */
static bool removes_row(const struct job *b)
{
    return acts(b, ACTION_GIVES) || (b->plan->type == JOB_ROLLBACK && acts(b, ACTION_ACTS));
}

/* A rollback whose restore was interrupted takes the lease again by itself, but not while something is being loaded,
 * because a table that appears meanwhile could make that fail. */
static bool may_take(const struct job *b) { return b->plan->type == JOB_ROLLBACK && !acts(b, ACTION_ACTS); }

static void renewed(void *arg)
{
    struct renewal *r = arg;
    struct job *b = jobs_find(r->jobs, r->job);
    if (b)
        b->lease.in_flight = false;
    if (b && (r->take || lease_held(b))) {
        if (r->out.len && r->out.data[r->out.len - 1] == '\n')
            r->out.data[--r->out.len] = '\0';
        if (r->no_login)
            login_doubt(b); /* the password may have been changed: read again for the next renewal */
        if (r->verdict == VERDICT_YES)
            sure(b, r->asked_ms);
        else if (r->taken)
            taken_note(b, r->taken, NULL);
        else if (r->verdict == VERDICT_NO)
            lost(b, buf_str(&r->out));
        else if (r->gone && removes_row(b))
            b->lease.sure_ms = 0;
        else
            doubt(b, buf_str(&r->out));
    }
    free(r->holder);
    free(r->key);
    free(r->before);
    free(r->taken);
    buf_free(&r->out);
    free(r);
}

static bool is_sure(const struct job *b)
{
    return !b->lease.trouble && b->lease.sure_ms && job_time_ms(b) - b->lease.sure_ms < SURE_MS;
}

void lease_tick(struct job *b)
{
    uint64_t now = job_time_ms(b);
    if (b->lease.trouble && !b->lease.in_flight && !lease_held(b)) {
        free(b->lease.trouble);
        b->lease.trouble = NULL;
        b->changed = true;
    }
    if (b->lease.in_flight && now - b->lease.asked_ms >= SILENCE_MS)
        doubt(b, "the MetaDB does not answer; check that the server is up and can be reached from this host");
    /* A renewal that takes a row which is not there must not come behind the one that gives it back. */
    if (acts(b, ACTION_GIVES))
        return;
    if (b->lease.in_flight || now - b->lease.renewed_ms < (is_sure(b) && !b->lease.take ? RENEW_MS : AGAIN_MS) ||
        !lease_held(b))
        return;
    /* After a restart nothing else may need the login for longer than the lease lasts. */
    bool ready = login_ready(b, 0);
    if (ready || b->login.state == LOGIN_NONE)
        b->lease.renewed_ms = now;
    if (!ready)
        return;
    b->lease.in_flight = true;
    b->lease.asked_ms = now;
    struct renewal *r = xcalloc(1, sizeof *r);
    *r = (struct renewal){.jobs = b->jobs,
                          .job = b->row.id,
                          .holder = xstrdup(b->jobs->control),
                          .key = takeover_lease(b->jobs, b->row.id),
                          .before = leases_of(b),
                          .asked_ms = now,
                          .take = b->lease.take,
                          .may_take = may_take(b)};
    struct metadb_login l = login_of(b);
    l.first = true;
    l.call_s = CALL_S;
    calls_metadb(b->jobs->reach, &l, renew, renewed, r);
}

/* Without a lease that would tell, one of its nodes must have told that no other host has taken the job over since this
 * omsupd was stopped: what it said is heard with the list of run files at the latest. */
static bool nodes_asked(struct job *b, size_t seq)
{
    for (size_t h = 0; b->unasked && h < b->plan->n_hosts; h++) {
        if (!b->plan->hosts[h].ssh)
            continue;
        if (!b->hosts[h])
            b->hosts[h] = host_get(b->jobs->reach, &b->plan->hosts[h]);
        if (b->hosts[h]->listed)
            b->unasked = false;
    }
    if (b->unasked)
        job_waits(b, seq,
                  "waiting for one of its nodes, which tell whether another control host has taken the job over");
    return !b->unasked;
}

bool lease_sure(struct job *b, size_t seq)
{
    if (waits(b, seq) && lease_held(b) && b->lease.in_flight && gives(b, seq))
        return false; /* its end kicks this */
    if (!waits(b, seq) || (lease_held(b) && is_sure(b)))
        return true;
    if (!lease_held(b))
        return nodes_asked(b, seq);
    if (b->lease.trouble)
        say_wait(b, b->lease.trouble);
    lease_tick(b);
    return false;
}
