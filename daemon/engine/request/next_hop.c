/* A chained upgrade: the series of its first job, and the job of the next hop when the one before it is Successful.
 *
 * That a job is to be created is not written anywhere: it follows from the journal (series.next), so a restart finds it
 * again, and a unique key of the journal holds that no hop has two. What is written is why one could not be created:
 * then an operator retries. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/request/internal.h"

/* --- the first job --- */

static void first_created(struct submission *s, struct job *b, const struct deployment *d)
{
    const char **targets = xcalloc(d->n_hops, sizeof *targets);
    for (size_t k = 0; k < d->n_hops; k++)
        targets[k] = d->hops[k].target;
    struct journal_series row = {.id = b->row.id,
                                 .path = series_path(d->source, targets, d->n_hops),
                                 .hops = (unsigned)d->n_hops,
                                 .continues = s->carry_on};
    record_series(s->jobs, &row);
    b->row.series = b->row.id;
    free(targets);
    free(row.path);
}

/* --- the jobs that are being created --- */

struct making {
    struct making *next;
    int64_t series;
    struct engine *en;
    request_reply *reply; /* NULL: nobody asked for it */
    void *ctx;
};

static bool is_making(const struct jobs *js, int64_t series)
{
    const struct making *m = js->making;
    while (m && m->series != series)
        m = m->next;
    return m != NULL;
}

static void made(struct making *m)
{
    struct making **p = &engine_jobs(m->en)->making;
    while (*p != m)
        p = &(*p)->next;
    *p = m->next;
    free(m);
}

/* The hop before the next one. */
static const struct series_hop *before(const struct series *s) { return &s->hops[s->next - 2]; }

static void next_created(struct submission *s, struct job *b)
{
    struct series x;
    struct err e;
    if (series_load(s->jobs, s->series, &x, &e))
        record_die(&e);
    char *what = xasprintf("job %lld is the next hop of the series", (long long)b->row.id);
    record_event_of(s->jobs, x.hops[b->row.hop - 2].job, s->actor, "next-hop", what);
    free(what);
    free(x.row.problem);
    x.row.problem = NULL;
    record_series(s->jobs, &x.row);
    series_clear(&x);
}

static void created(struct submission *s, struct job *b, const struct deployment *d)
{
    if (b->row.hop == 1)
        first_created(s, b, d);
    else if (b->row.hop)
        next_created(s, b);
}

/* The job before it may have been rolled back while the nodes were asked. */
static int refused(struct submission *s, struct err *e)
{
    struct series x;
    int rc = s->series ? series_load(s->jobs, s->series, &x, e) : 0;
    if (rc || !s->series)
        return rc;
    if (x.next != s->hop)
        rc = err_set(e, ERR_STATE, "the series of job %lld has no next hop any more", (long long)s->series);
    else if (s->hop > 1) /* or another control host continues it: the nodes have told so */
        rc = taken_refuse(s->jobs, x.hops[s->hop - 2].job, e);
    series_clear(&x);
    return rc;
}

static int expand(struct submission *s, const struct gathered *g, struct plan **plan, struct err *e)
{
    return plan_expand(s->type, s->procedure, g->deployment, g->facts, NULL, plan, e);
}

const struct submission_kind upgrade_kind = {.expand = expand, .refused = refused, .created = created};

/* Nothing is wrong when omsupd is shutting down, or when no hop is to be made any more. */
static void record_problem(struct making *m, const struct err *e)
{
    struct jobs *js = engine_jobs(m->en);
    struct series s;
    struct err unread;
    if (js->reach->closing || series_load(js, m->series, &s, &unread))
        return;
    if (s.next) {
        int64_t job = before(&s)->job;
        log_warn("job %lld: the job of the next hop cannot be created: %s", (long long)job, e->msg);
        free(s.row.problem);
        s.row.problem = xstrdup(e->msg);
        record_series(js, &s.row);
        record_event_of(js, job, "engine", "next-hop-failed", e->msg);
        engine_flush(m->en);
        engine_tell(m->en, job);
    }
    series_clear(&s);
}

static void tell_before(struct making *m)
{
    struct series s;
    struct err e;
    if (series_load(engine_jobs(m->en), m->series, &s, &e))
        return;
    for (size_t k = s.n; k-- > 1;)
        if (s.hops[k].job) {
            engine_tell(m->en, s.hops[k - 1].job);
            break;
        }
    series_clear(&s);
}

static void on_made(void *ctx, cJSON *result, const struct err *e)
{
    struct making *m = ctx;
    if (e->code)
        record_problem(m, e);
    else
        tell_before(m);
    if (result && m->reply)
        cJSON_AddArrayToObject(result, "changed");
    if (m->reply)
        m->reply(m->ctx, result, e);
    else
        cJSON_Delete(result);
    made(m);
}

/* Takes its series and the row of the job before it. */
static void make(struct engine *en, const struct series *s, const struct request_caller *who, request_reply *reply,
                 void *ctx)
{
    struct jobs *js = engine_jobs(en);
    struct journal_job row;
    struct err e = {0};
    struct making *m = xcalloc(1, sizeof *m);
    *m = (struct making){js->making, s->row.id, en, reply, ctx};
    js->making = m;
    if (journal_job(js->journal, before(s)->job, &row, &e)) {
        on_made(m, NULL, &e);
        return;
    }
    struct request_caller engine = {"engine", row.login, PERSON_ENGINE, NULL};
    struct submission *next = submission_new(en, &upgrade_kind, JOB_UPGRADE, who ? who : &engine, on_made, m);
    next->series = s->row.id;
    next->hop = s->next;
    free(next->asked); /* whoever asked for the first has asked for this one */
    next->asked = who ? approve_ask(xstrdup(row.asked), who) : xstrdup(row.asked);
    next->start = s->row.continues;
    if (next->start) { /* nobody is asked, so the night that was given is that of all hops */
        next->window = xstrdup(row.window);
        next->expect = row.expect;
    }
    next->frozen = xstrdup(row.plan);
    submission_begin(next, row.deployment, "deployment");
    journal_job_clear(&row);
}

/* One that failed is not retried by itself. */
static void make_if_due(struct engine *en, int64_t series)
{
    struct jobs *js = engine_jobs(en);
    struct series s;
    struct err e;
    if (series_load(js, series, &s, &e)) {
        log_error("the series of job %lld: %s", (long long)series, e.msg);
        return;
    }
    if (s.next && !s.row.problem && !is_making(js, series))
        make(en, &s, NULL, NULL, NULL);
    series_clear(&s);
}

static void on_success(void *ctx, int64_t series) { make_if_due(ctx, series); }

struct found {
    int64_t *series;
    size_t n;
};

static bool note_series(void *ctx, const struct journal_job *row)
{
    struct found *f = ctx;
    if (row->hop == 1) {
        f->series = xrealloc(f->series, f->n + 1, sizeof *f->series);
        f->series[f->n++] = row->series;
    }
    return true;
}

int next_hop_open(struct engine *en, struct err *e)
{
    struct found f = {0};
    engine_on_success(en, on_success, en);
    int rc = journal_jobs(engine_jobs(en)->journal, false, note_series, &f, e);
    for (size_t i = 0; rc == 0 && i < f.n; i++)
        make_if_due(en, f.series[i]);
    free(f.series);
    return rc;
}

/* --- what operators ask for --- */

bool next_hop_retry(struct engine *en, const struct request_caller *who, int64_t job, request_reply *reply, void *ctx)
{
    struct jobs *js = engine_jobs(en);
    struct journal_job row = {0};
    struct series s = {0};
    struct err e = {0};
    bool mine = journal_job(js->journal, job, &row, &e) == 0 && row.hop && series_load(js, row.series, &s, &e) == 0 &&
                s.next && before(&s)->job == job;
    if (mine && is_making(js, row.series)) {
        err_set(&e, ERR_BUSY, "the job of the next hop is being created");
        err_hint(&e, "omsupctl status %lld", (long long)job);
        reply(ctx, NULL, &e);
    } else if (mine) {
        make(en, &s, who, reply, ctx);
    }
    series_clear(&s);
    journal_job_clear(&row);
    return mine;
}

int next_hop_may_continue(const struct job *b, struct err *e)
{
    if (b->row.hop)
        return 0;
    return err_set(e, ERR_STATE, "job %lld is not a hop of a series, so there is nothing to continue with",
                   (long long)b->row.id);
}

void next_hop_continue(struct job *b, const char *actor)
{
    struct series s;
    struct err e;
    if (series_load(b->jobs, b->row.series, &s, &e))
        record_die(&e);
    s.row.continues = true;
    record_series(b->jobs, &s.row);
    record_event(b, NULL, NULL, actor, "continue", NULL, NULL, "omsupd starts the next hops by itself");
    series_clear(&s);
}
