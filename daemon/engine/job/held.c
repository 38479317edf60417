/* Jobs that this omsupd cannot continue: it cannot run their plan, for example one written by a newer omsupd, or
 * another control host has taken them over. They must not stop the other jobs, so they are put on hold, the former
 * until an omsupd that can run them starts. This is kept in memory only; the journal is unchanged. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

struct held {
    struct held *next;
    int64_t id;
    char *why;
};

static void hold(struct jobs *js, int64_t id, char *why)
{
    struct held *h = xcalloc(1, sizeof *h);
    *h = (struct held){js->held, id, why};
    js->held = h;
}

void held_add(struct jobs *js, int64_t id, const char *why)
{
    hold(js, id, xasprintf("on hold: this omsupd cannot run its plan: %s", why));
}

void held_taken(struct jobs *js, int64_t id, const char *why) { hold(js, id, xstrdup(why)); }

static void held_free(struct held *h)
{
    free(h->why);
    free(h);
}

static void held_drop(struct jobs *js, int64_t id)
{
    for (struct held **p = &js->held; *p; p = &(*p)->next)
        if ((*p)->id == id) {
            struct held *h = *p;
            *p = h->next;
            held_free(h);
            return;
        }
}

void held_free_all(struct jobs *js)
{
    while (js->held)
        held_drop(js, js->held->id);
}

const char *held_why(const struct jobs *js, int64_t id)
{
    for (const struct held *h = js->held; h; h = h->next)
        if (h->id == id)
            return h->why;
    return NULL;
}

/* --- cancel --- */

struct open_run {
    unsigned seq, attempt;
    char *at, *host, *token; /* NULL: no open run */
};

static bool look_open(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct open_run *o = ctx;
    if (!s->open_run)
        return true;
    o->seq = seq;
    o->attempt = s->attempt;
    o->at = xasprintf("%s/%s", s->step, s->name);
    return false;
}

static bool look_attempt(void *ctx, const struct journal_attempt *a)
{
    struct open_run *o = ctx;
    if (a->attempt != o->attempt)
        return true;
    o->host = xstrdup(a->host);
    o->token = xstrdup(a->token);
    return false;
}

/* A run outlives the daemon, and without the plan this omsupd does not know how to stop it. */
static int refuse_open(struct jobs *js, int64_t id, struct err *e)
{
    struct open_run o = {0};
    int rc = journal_subtasks(js->journal, id, look_open, &o, e);
    if (rc == 0 && o.at)
        rc = journal_attempts(js->journal, id, (int)o.seq, look_attempt, &o, e);
    if (rc == 0 && o.at)
        rc = err_set(e, ERR_STATE,
                     "cancel of job %lld is refused: it is on hold, and this omsupd cannot stop %s, which may still be "
                     "running on "
                     "%s (run %s): check there, then cancel with --force",
                     (long long)id, o.at, o.host ? o.host : "its host", o.token ? o.token : "unknown");
    free(o.at);
    free(o.host);
    free(o.token);
    return rc;
}

int held_cancel(struct jobs *js, const char *actor, int64_t id, const char *reason, bool force, struct err *e)
{
    struct journal_job row;
    int rc = force ? 0 : refuse_open(js, id, e);
    if (rc || (rc = journal_job(js->journal, id, &row, e)))
        return rc;
    record_cancel_held(js, &row, actor, force ? "cancel-force" : "cancel", reason);
    held_drop(js, id);
    journal_job_clear(&row);
    return 0;
}
