/* One request: a script on a node, or a built-in action on the MetaDB, and its answer. After a broken channel a probe
 * is repeated and a run is looked at, once the host is up. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/engine/drive/drive.h"

enum {
    LOOK_MS = 300,             /* between two looks at a run that was taken over */
    CHECK_TIMEOUT_MS = 120000, /* of a check */
    PROBE_TIMEOUT_MAX_S = 24 * 60 * 60,
    KILL_GRACE_MS = 10000,
    RETRY_MS = 2000, /* while the login or the lease is not available */
};

/* Finds the subtask again when the answer arrives. The answer is dropped if the work has another generation. */
struct ask {
    struct jobs *jobs;
    int64_t job;
    size_t seq;
    uint64_t gen;
    struct action_args args;
    const struct action *action;
    char **env;
    struct metadb_server *servers;
    enum verdict verdict;
    struct buf out;
};

static struct ask *ask_new(struct job *b, size_t seq)
{
    struct ask *a = xcalloc(1, sizeof *a);
    a->jobs = b->jobs;
    a->job = b->row.id;
    a->seq = seq;
    a->gen = b->subs[seq].work.gen;
    b->subs[seq].work.in_flight = true;
    b->subs[seq].work.asked_ms = job_time_ms(b);
    return a;
}

/* The job if the answer is still wanted, otherwise NULL. The request is no longer in flight. */
static struct job *ask_job(struct ask *a)
{
    struct job *b = jobs_find(a->jobs, a->job);
    if (!b || b->subs[a->seq].work.gen != a->gen)
        return NULL;
    b->subs[a->seq].work.in_flight = false;
    b->subs[a->seq].work.idle_ms = job_time_ms(b);
    return b;
}

/* May the answer be taken now, or must it be requested again when the login is known? login.c says why. */
static bool may_take(struct job *b, size_t seq, const struct node_result *r)
{
    struct work *w = &b->subs[seq].work;
    if (r->outcome != NODE_EXITED || r->output_len == 0 || (b->login.password && login_settled(b, seq)))
        return true;
    bool needed = b->core.subtasks[seq].phase != PHASE_CANCELING &&
                  (b->subs[seq].plan->metadb || lines_have_facts(r->output, r->output_len));
    w->waits_login = true;
    w->waits_login = !login_settled(b, seq) || (needed && !b->login.password);
    if (w->waits_login)
        drive_after(b, seq, RETRY_MS);
    return !w->waits_login;
}

static void on_probe(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = ask_job(a);
    size_t seq = a->seq;
    free(a);
    if (!b || r->outcome != NODE_EXITED || !may_take(b, seq, r))
        return; /* repeated when the node is back */
    const struct work *w = &b->subs[seq].work;
    if (w->what == WORK_CHECK || w->what == WORK_POLL)
        answer_verdict(b, seq,
                       r->exit == 0   ? VERDICT_YES
                       : r->exit == 1 ? VERDICT_NO
                                      : VERDICT_UNKNOWN,
                       r->output, r->output_len);
    /* By the node's clock; by ours only watched time counts. */
    else if (r->exit == NODE_EXIT_TIMEOUT && job_time_ms(b) - w->asked_ms >= 1000ULL * b->subs[seq].plan->timeout_s)
        answer_stopped(b, seq, r->exit, r->output, r->output_len);
    else
        answer_attempt(b, seq, NODE_EXITED, r->exit, false, r->output, r->output_len);
}

struct boot_of {
    unsigned attempt;
    char *boot;
};

static bool take_boot(void *ctx, const struct journal_attempt *a)
{
    struct boot_of *o = ctx;
    if (a->attempt == o->attempt)
        o->boot = xstrdup(a->boot);
    return true;
}

/* Has the node rebooted since the present attempt began? */
static bool has_rebooted(struct job *b, size_t seq)
{
    struct boot_of o = {b->core.subtasks[seq].attempt, NULL};
    journal_attempts(b->jobs->journal, b->row.id, (int)seq, take_boot, &o, NULL);
    bool yes = o.boot && *o.boot && strcmp(o.boot, node_boot_id(job_host(b, seq)->node)) != 0;
    free(o.boot);
    return yes;
}

static void on_run(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = ask_job(a);
    size_t seq = a->seq;
    free(a);
    if (!b || r->outcome == NODE_GONE)
        return; /* looked at again when the node is back */
    if (r->outcome == NODE_ALIVE) {
        drive_after(b, seq, LOOK_MS);
        return;
    }
    if (!may_take(b, seq, r))
        return;
    bool rebooted = r->outcome == NODE_NEVER || r->exit != 0 ? has_rebooted(b, seq) : false;
    /* NODE_NEVER is reliable only within one boot: a power loss may remove the files of a run that started. */
    enum node_outcome outcome = r->outcome == NODE_NEVER && rebooted ? NODE_LOST : r->outcome;
    char *token = job_token(b, seq, b->core.subtasks[seq].attempt);
    struct buf cut = {0};
    if (r->output_cut) {
        char *where = xasprintf("%s in %s/%s.out", b->plan->hosts[b->subs[seq].plan->host].name,
                                job_host(b, seq)->run_dir, token);
        window_join(&b->login.redact, r->output, r->output_len, where, &cut);
        free(where);
    }
    bool taken = answer_attempt(b, seq, outcome, r->exit, rebooted, r->output_cut ? buf_str(&cut) : r->output,
                                r->output_cut ? cut.len : r->output_len);
    if (taken && !r->output_cut) /* otherwise the node has the only complete copy */
        host_forget(job_host(b, seq), token);
    buf_free(&cut);
    free(token);
}

static void on_builtin(void *arg)
{
    struct ask *a = arg;
    struct job *b = ask_job(a);
    size_t seq = a->seq;
    if (b) {
        if (a->verdict == VERDICT_UNKNOWN)
            login_doubt(b);
        const char *out = buf_str(&a->out);
        enum work_what what = b->subs[seq].work.what;
        if (what == WORK_CHECK || what == WORK_POLL)
            answer_verdict(b, seq, a->verdict, out, a->out.len);
        else if (a->verdict == VERDICT_UNKNOWN && !b->core.subtasks[seq].read_only)
            answer_lost(b, seq, out, a->out.len);
        else /* as of a script: 2 is neither yes nor no */
            answer_attempt(b, seq, NODE_EXITED,
                           a->verdict == VERDICT_YES  ? 0
                           : a->verdict == VERDICT_NO ? 1
                                                      : 2,
                           false, out, a->out.len);
    }
    for (size_t i = 0; i < a->args.n_servers; i++) {
        free((char *)a->servers[i].node);
        free((char *)a->servers[i].region);
        free((char *)a->servers[i].ip);
        free((char *)a->servers[i].hb);
    }
    strv_free(a->env);
    free(a->servers);
    buf_free(&a->out);
    free(a);
}

static void run_builtin(struct metadb *db, const struct err *e, void *arg)
{
    struct ask *a = arg;
    if (db) {
        a->verdict = a->action->fn(db, &a->args, &a->out);
    } else {
        a->verdict = a->action->fn == metadb_reachable ? VERDICT_NO : VERDICT_UNKNOWN;
        buf_puts(&a->out, e->msg);
    }
}

/* --- requests --- */

/* Something is asked that could not be asked, or was not, since the work began or the last answer came. */
static void note_wait(struct job *b, size_t seq)
{
    struct sub *s = &b->subs[seq];
    int64_t ms = (int64_t)(job_time_ms(b) - s->work.idle_ms);
    s->waited_ms += ms;
    s->late_ms = s->work.what == WORK_POLL ? ms : 0;
}

/* -1: there is none, or this host's clock was set back behind it. */
static long long t1_ago(const struct job *b)
{
    char *t1 = journal_fact_time(b->jobs->journal, b->row.id, "T1");
    if (!t1 && b->row.parent)
        t1 = journal_fact_time(b->jobs->journal, b->row.parent, "T1");
    char *now = times_now();
    double then_s = t1 ? times_seconds(t1) : 0, ago = times_seconds(now) - then_s;
    free(now);
    free(t1);
    return then_s > 0 && ago >= 0 ? (long long)ago : -1;
}

/* Of a condition, by a clock that nobody sets: what was before a restart of omsupd does not count. */
static long long since_ago(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    if (s->work.what == WORK_POLL)
        return (long long)(job_time_ms(b) - s->work.begun_ms) / 1000;
    return s->started ? times_ms_since(s->started) / 1000 : -1;
}

void ask_builtin(struct job *b, size_t seq, const char *name)
{
    struct work *w = &b->subs[seq].work;
    w->waits_login = true;
    w->waits_login = !login_ready(b, seq);
    if (w->waits_login || !lease_sure(b, seq)) {
        drive_after(b, seq, RETRY_MS);
        return;
    }
    job_waits(b, seq, NULL);
    note_wait(b, seq);
    struct ask *a = ask_new(b, seq);
    a->action = action_find(name);
    a->env = env_builtin(b, seq);
    a->servers =
        xcalloc(b->plan->n_servers, sizeof *a->servers); /* copies: the job may be freed before the answer arrives */
    for (size_t i = 0; i < b->plan->n_servers; i++) {
        const struct plan_server *p = &b->plan->servers[i];
        a->servers[i] = (struct metadb_server){xstrdup(p->node), xstrdup(p->region), xstrdup(p->ip), xstrdup(p->hb)};
    }
    a->args = (struct action_args){.env = (const char *const *)a->env,
                                   .servers = a->servers,
                                   .n_servers = b->plan->n_servers,
                                   .t1_ago = t1_ago(b),
                                   .since_ago = since_ago(b, seq)};
    struct metadb_login l = login_of(b);
    if (w->what == WORK_ACT)
        w->sent = true;
    calls_metadb(b->jobs->reach, &l, run_builtin, on_builtin, a);
}

/* A probe has the step's timeout; a check has at least two minutes, because it may read all that the step produced. */
static unsigned probe_timeout(const struct work *w, const struct plan_subtask *p)
{
    unsigned ms = 1000 * (p->timeout_s < PROBE_TIMEOUT_MAX_S ? p->timeout_s : PROBE_TIMEOUT_MAX_S);
    if (w->what == WORK_POLL || ms == 0)
        return CHECK_TIMEOUT_MS;
    return w->what == WORK_ACT || ms > CHECK_TIMEOUT_MS ? ms : CHECK_TIMEOUT_MS;
}

static bool waits_for_login(struct job *b, size_t seq)
{
    struct work *w = &b->subs[seq].work;
    w->waits_login = true; /* so that login.c tells why it waits */
    w->waits_login = !(b->subs[seq].plan->metadb ? login_ready(b, seq) : login_settled(b, seq));
    return w->waits_login;
}

void ask_script(struct job *b, size_t seq, const char *script)
{
    struct sub *s = &b->subs[seq];
    struct work *w = &s->work;
    struct host *h = job_host(b, seq);
    bool run = (w->what == WORK_ACT || w->what == WORK_KILL) && s->plan->kind == KIND_RUN;
    unsigned attempt = b->core.subtasks[seq].attempt;
    if (!host_up(h))
        return; /* the turn retries it when the host is up */
    char *token = job_token(b, seq, attempt);
    if (w->what == WORK_KILL) {
        node_kill(h->node, token, KILL_GRACE_MS, on_run, ask_new(b, seq));
    } else if (run && w->sent) {
        node_look(h->node, token, on_run, ask_new(b, seq));
    } else if (waits_for_login(b, seq) || !lease_sure(b, seq)) {
        drive_after(b, seq, RETRY_MS);
    } else {
        job_waits(b, seq, NULL);
        note_wait(b, seq);
        char **env = env_script(b, seq, w->what == WORK_CHECK || w->what == WORK_POLL ? 0 : attempt);
        struct node_script ns = {
            .env = (const char *const *)env, .script = script, .secret = s->plan->metadb ? b->login.my_cnf : NULL};
        w->sent = true;
        if (run)
            node_run(h->node, token, &ns, on_run, ask_new(b, seq));
        else
            node_probe(h->node, &ns, probe_timeout(w, s->plan), on_probe, ask_new(b, seq));
        strv_free(env);
    }
    free(token);
}
