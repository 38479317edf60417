/* The lease on the MetaDB. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/action/lock.h"
#include "daemon/takeover/internal.h"

enum { LOGIN_MS = 30000 };

struct lease_call {
    const char *host, *taker;
    char *name, *before;
    bool force, done, no_login;
    unsigned epoch; /* of the row, if it is another host's */
    enum lock_takeover what;
    struct buf out;
};

static void work(struct metadb *db, const struct err *e, void *arg)
{
    struct lease_call *c = arg;
    const struct lock_owner o = {.holder = c->host, .job = c->name, .before = c->before, .epoch = &c->epoch};
    c->what = LOCK_NOT_KNOWN;
    if (db)
        c->what = metadb_lock_take_over(db, &o, c->taker, c->force, &c->out);
    else
        buf_puts(&c->out, e->msg);
}

static void done(void *arg) { ((struct lease_call *)arg)->done = true; }

static void on_late(uv_timer_t *timer) { *(bool *)timer->data = true; }

/* The password is read on its node, as for a job. */
static bool login(struct takeover *t, struct job *b)
{
    uv_timer_t timer;
    bool late = false;
    uv_timer_init(&t->loop, &timer);
    timer.data = &late;
    uv_timer_start(&timer, on_late, LOGIN_MS, 0);
    while (!login_ready(b, 0) && !late) {
        bool asked = b->login.state == LOGIN_ASKED;
        uv_run(&t->loop, UV_RUN_ONCE);
        if (asked && b->login.state == LOGIN_NONE)
            break; /* it cannot be read */
    }
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&t->loop, UV_RUN_NOWAIT);
    return b->login.state == LOGIN_READY;
}

/* It is not certain what the MetaDB says, or whether it says anything. Without a lease in the journal nothing has been
 * changed there, and the fences of the nodes decide who has the job. */
static int unknown(struct takeover *t, const struct job *b, const char *why, struct err *e)
{
    if (lease_held(b) && !t->c->force)
        return err_set(e, ERR_METADB,
                       "the lease of job %lld on the MetaDB %s cannot be taken over: %s. Without it, two hosts could "
                       "change OMS at the same time; if the MetaDB is not available, repeat with --force --reason TEXT",
                       (long long)b->row.id, b->plan->metadb.host, why);
    takeover_say(t, "job %lld: the MetaDB %s cannot be asked for the lease: %s", (long long)b->row.id,
                 b->plan->metadb.host, why);
    return 0;
}

static int judge(struct takeover *t, const struct job *b, const struct lease_call *c, struct err *e)
{
    char *said = xstrndup(buf_str(&c->out), strcspn(buf_str(&c->out), "\n"));
    long long id = b->row.id;
    int rc = 0;
    switch (c->what) {
    case LOCK_TAKEN:
        takeover_say(t, "job %lld: the lease on the MetaDB has been taken over; it was %s", id, said);
        break;
    case LOCK_NONE:
        if (lease_held(b) && strncmp(said, "held by", 7) == 0 && !t->c->force)
            rc = err_set(e, ERR_BUSY, "job %lld has lost its lease on the MetaDB: it is %s", id, said);
        else
            takeover_say(t, "job %lld: no lease on the MetaDB is to be taken over (%s)", id, said);
        break;
    case LOCK_ALIVE:
        rc = err_set(e, ERR_BUSY,
                     "the lease of job %lld on the MetaDB has not expired: it is %s. It expires %d s after the last "
                     "renewal, by the clock of the MetaDB: repeat this command then. If it is renewed again, omsupd is "
                     "alive there: stop that one. --force --reason TEXT overrules this",
                     id, said, LOCK_EXPIRES_S);
        break;
    case LOCK_TOO_LATE:
        rc = err_set(e, ERR_BUSY,
                     "job %lld has already been taken over: its lease on the MetaDB is %s. Continue it there; if that "
                     "host is lost, too, repeat with --force --reason TEXT",
                     id, said);
        break;
    case LOCK_NOT_KNOWN:
        rc = unknown(t, b, said, e);
        break;
    }
    free(said);
    return rc;
}

/* *again: the epoch has been raised above that of a host which had taken it over before. */
static int take_lease(struct takeover *t, struct job *b, bool *again, struct err *e)
{
    if (!login(t, b))
        return unknown(t, b, "its password cannot be read on its node", e);
    struct lease_call c = {.host = t->c->host,
                           .taker = t->taker,
                           .name = xasprintf("%s@%u", b->key, t->epoch),
                           .before = leases_of(b),
                           .force = t->c->force};
    struct metadb_login l = login_of(b);
    calls_metadb(&t->reach, &l, work, done, &c);
    spin(t, &c.done);
    *again = c.what == LOCK_TOO_LATE && t->c->force && c.epoch >= t->epoch && c.epoch < NODE_EPOCH_MAX;
    if (*again)
        t->epoch = c.epoch + 1;
    int rc = *again ? 0 : judge(t, b, &c, e);
    free(c.name);
    free(c.before);
    buf_free(&c.out);
    return rc;
}

int take_leases(struct takeover *t, struct err *e)
{
    bool again;
    int rc;
    do {
        again = false;
        rc = 0;
        for (struct job *b = t->jobs.first; rc == 0 && !again && b; b = b->next)
            if (!b->row.completed)
                rc = take_lease(t, b, &again, e);
    } while (again); /* each time with a higher epoch */
    return rc;
}
