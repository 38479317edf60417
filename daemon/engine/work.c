/* Effects: what is asked of nodes and of the MetaDB for a subtask, and how it goes on when a channel breaks.
 *
 * A work either is in flight (one answer is coming) or waits for its host, the login, or its next time. work_kick() is
 * the one place that starts the next request; every callback ends there or in an event. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "common/strv.h"
#include "daemon/action/action.h"
#include "daemon/engine/internal.h"

enum {
    LOOK_MS = 300,             /* between two looks at an adopted run */
    CHECK_TIMEOUT_MS = 120000, /* of a check */
    KILL_GRACE_MS = 10000,
    /* The status of a run that says: it began, and what became of it is not known. With set -e every command's status
     * can become the script's, so it is one that nothing gives: not 75, which is curl's, and to mailers says "nothing
     * was done, try again"; not one up to 127, nor 255 (shell, docker, timeout, ssh); not 128 + a signal, which end at
     * 192; not 200 and more (systemd). */
    EXIT_NOT_KNOWN = 199,
    EXIT_TIMEOUT = 124,     /* node_probe(): stopped for its time */
    PROBE_GRACE_MS = 15000, /* its node stops it, and this is for the answer; longer than the node's own slack */
    RETRY_MS = 2000,        /* when the login is not to be had */
};

/* Finds its subtask again when an answer comes; stale when the generation has moved on. */
struct ask {
    struct jobs *jobs;
    int64_t job;
    size_t seq;
    uint64_t gen;
    struct action_args args;
    const struct action *action;
    char **env;
    struct metadb_server *servers;
    char *t1, *since;
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
    return a;
}

/* The job when the answer is still wanted, else NULL. Ends the flight. */
static struct job *ask_job(struct ask *a)
{
    struct job *b = jobs_find(a->jobs, a->job);
    if (!b || b->subs[a->seq].work.gen != a->gen)
        return NULL;
    b->subs[a->seq].work.in_flight = false;
    return b;
}

static void begin(struct job *b, size_t seq, enum work_what what)
{
    struct work *w = &b->subs[seq].work;
    *w = (struct work){.what = what, .gen = w->gen + 1};
}

static void end(struct job *b, size_t seq) { begin(b, seq, WORK_NONE); }

static void after(struct job *b, size_t seq, uint64_t ms)
{
    b->subs[seq].work.next_ms = uv_now(b->jobs->reach->loop) + ms;
}

/* Which code is asked or done now: the check's, or the act's. */
static const struct plan_code *code_of(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->work.what == WORK_CHECK ? &s->plan->check : &s->plan->act;
}

bool work_needs_login(const struct job *b, size_t seq)
{
    return b->subs[seq].work.what != WORK_NONE && (b->subs[seq].plan->metadb || code_of(b, seq)->builtin);
}

/* --- answers ----------------------------------------------------------------------------------------- */

/* `said`: the check has told why, and that is the message now. `before`: the message that stood there; of an attempt
 * whose outcome is not known it stays beside the check's. */
static void check_answered(struct job *b, size_t seq, enum verdict v, bool said, const char *before)
{
    end(b, seq);
    if (!engine_event(b, seq, v == VERDICT_YES ? EV_YES : v == VERDICT_NO ? EV_NO : EV_CANNOT_TELL, NULL, NULL))
        return;
    const struct core_row *row = engine_of(b)->update.moves[0].row;
    if (row->to != PHASE_FAILED && row->to != PHASE_UNKNOWN)
        return;
    char *evidence = said ? xstrdup(b->subs[seq].message) : NULL;
    const char *attempt = row->from == PHASE_DOUBT ? before : NULL;
    record_message(b, seq, "%s%s%s%s%s", row->why, attempt || evidence ? ": " : "", attempt ? attempt : "",
                   attempt && evidence ? "; " : "", evidence ? evidence : "");
    free(evidence);
}

static void poll_answered(struct job *b, size_t seq, enum verdict v, bool said)
{
    struct sub *s = &b->subs[seq];
    s->looked = v == VERDICT_NO ? LOOKED_NO : LOOKED_UNKNOWN;
    free(s->seen);
    s->seen = said ? xstrdup(s->message) : NULL;
    if (v == VERDICT_YES) {
        end(b, seq);
        engine_event(b, seq, EV_YES, NULL, NULL);
    } else {
        after(b, seq, 1000ULL * s->plan->every_s);
    }
}

/* The end of an attempt, with its exit status or without. */
static bool attempt_answered(struct job *b, size_t seq, enum node_outcome o, int exit, const char *out, size_t len)
{
    const struct core_subtask *c = &b->core.subtasks[seq];
    enum core_event ev;
    switch (o) {
    case NODE_EXITED:
        if (exit == EXIT_NOT_KNOWN && b->subs[seq].plan->kind == KIND_RUN) {
            answer_attempt(b, seq, "unknown", exit, out, len);
            ev = EV_LOST;
            break;
        }
        answer_attempt(b, seq, c->phase == PHASE_ACTING ? "exited" : "stopped", exit, out, len);
        ev = exit != 0 ? EV_EXIT_BAD : c->has_check ? EV_EXIT_PROVE : EV_EXIT_OK;
        break;
    case NODE_NEVER:
        answer_attempt(b, seq, "never", -1, NULL, 0);
        ev = EV_NEVER;
        break;
    default:
        answer_attempt(b, seq, "lost", -1, NULL, 0);
        ev = c->read_only && c->phase == PHASE_ACTING ? EV_LOST_LOOK : EV_LOST;
        break;
    }
    end(b, seq);
    return engine_event(b, seq, ev, NULL, NULL);
}

void work_refused(struct job *b, size_t seq, const char *why)
{
    answer_attempt(b, seq, "never", -1, NULL, 0);
    end(b, seq);
    record_message(b, seq, "%s", why);
    engine_event(b, seq, EV_EXIT_BAD, NULL, NULL);
}

static bool out_of_time(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->plan->timeout_s && s->work.watched_ms >= 1000ULL * s->plan->timeout_s;
}

static void say_out_of_time(struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    record_message(b, seq, "out of time: %u s are allowed%s%s", s->plan->timeout_s, s->message ? "; last: " : "",
                   s->message ? s->message : "");
}

/* Its node has stopped it; what it had printed is kept. */
static void probe_stopped(struct job *b, size_t seq, const struct node_result *r)
{
    answer_attempt(b, seq, "stopped", r->exit, r->output, r->output_len);
    end(b, seq);
    say_out_of_time(b, seq);
    engine_event(b, seq, EV_TIMEOUT_LOOK, NULL, NULL);
}

/* May an answer be taken, or is it asked for again when the login is known? password.c says why. */
static bool may_take(struct job *b, size_t seq, const struct node_result *r)
{
    struct work *w = &b->subs[seq].work;
    if (r->outcome != NODE_EXITED || r->output_len == 0 || b->password)
        return true;
    bool needed = b->core.subtasks[seq].phase != PHASE_CANCELING &&
                  (b->subs[seq].plan->metadb || lines_have_facts(r->output, r->output_len));
    w->waits_login = true;
    w->waits_login = !password_settled(b, seq) || (needed && !b->password);
    if (w->waits_login)
        after(b, seq, RETRY_MS);
    return !w->waits_login;
}

static void on_probe(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = ask_job(a);
    size_t seq = a->seq;
    free(a);
    if (!b || r->outcome != NODE_EXITED || !may_take(b, seq, r))
        return; /* asked again when the node is back */
    char *before = xstrdup(b->subs[seq].message);
    bool said = answer_text(b, seq, r->output, r->output_len);
    enum verdict v = r->exit == 0 ? VERDICT_YES : r->exit == 1 ? VERDICT_NO : VERDICT_UNKNOWN;
    switch (b->subs[seq].work.what) {
    case WORK_CHECK:
        check_answered(b, seq, v, said, before);
        break;
    case WORK_POLL:
        poll_answered(b, seq, v, said);
        break;
    default:
        /* Its own clock: of ours only the time counts in which it was watched. */
        if (r->exit == EXIT_TIMEOUT &&
            uv_now(b->jobs->reach->loop) - b->subs[seq].work.asked_ms >= 1000ULL * b->subs[seq].plan->timeout_s)
            probe_stopped(b, seq, r);
        else
            attempt_answered(b, seq, NODE_EXITED, r->exit, r->output, r->output_len);
    }
    free(before);
}

/* NEVER is only worth something while the node's memory reaches back: files of a run may be lost with the power. */
static enum node_outcome believed(struct job *b, size_t seq, const struct node_result *r, const char *boot)
{
    if (r->outcome == NODE_NEVER && boot && *boot && strcmp(boot, node_boot_id(job_host(b, seq)->node)) != 0)
        return NODE_LOST;
    return r->outcome;
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

static void on_run(void *ctx, const struct node_result *r)
{
    struct ask *a = ctx;
    struct job *b = ask_job(a);
    size_t seq = a->seq;
    free(a);
    if (!b || r->outcome == NODE_GONE)
        return; /* looked at when the node is back */
    if (r->outcome == NODE_ALIVE) {
        after(b, seq, LOOK_MS);
        return;
    }
    if (!may_take(b, seq, r))
        return;
    struct boot_of o = {b->core.subtasks[seq].attempt, NULL};
    if (r->outcome == NODE_NEVER)
        journal_attempts(b->jobs->journal, b->row.id, (int)seq, take_boot, &o, NULL);
    enum node_outcome outcome = believed(b, seq, r, o.boot);
    free(o.boot);
    char *token = job_token(b, seq, b->core.subtasks[seq].attempt);
    struct buf cut = {0};
    if (r->output_cut) {
        char *where =
            xasprintf("%s in %s/%s.out", b->plan->hosts[b->subs[seq].plan->host].name, b->jobs->reach->run_dir, token);
        window_join(&b->redact, r->output, r->output_len, where, &cut);
        free(where);
    }
    bool taken = attempt_answered(b, seq, outcome, r->exit, r->output_cut ? buf_str(&cut) : r->output,
                                  r->output_cut ? cut.len : r->output_len);
    if (taken && !r->output_cut) /* else the rest of it is nowhere else */
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
        char *before = xstrdup(b->subs[seq].message);
        bool said = answer_text(b, seq, buf_str(&a->out), a->out.len);
        if (a->verdict == VERDICT_UNKNOWN)
            password_doubt(b);
        switch (b->subs[seq].work.what) {
        case WORK_CHECK:
            check_answered(b, seq, a->verdict, said, before);
            break;
        case WORK_POLL:
            poll_answered(b, seq, a->verdict, said);
            break;
        default:
            if (a->verdict == VERDICT_UNKNOWN && !b->core.subtasks[seq].read_only)
                attempt_answered(b, seq, NODE_LOST, 0, NULL, 0);
            else
                attempt_answered(b, seq, NODE_EXITED, a->verdict == VERDICT_YES ? 0 : 1, buf_str(&a->out), a->out.len);
        }
        free(before);
    }
    for (size_t i = 0; i < a->args.n_servers; i++) {
        free((char *)a->servers[i].node);
        free((char *)a->servers[i].region);
        free((char *)a->servers[i].ip);
        free((char *)a->servers[i].hb);
    }
    strv_free(a->env);
    free(a->servers);
    free(a->t1);
    free(a->since);
    buf_free(&a->out);
    free(a);
}

static void run_builtin(struct metadb *db, const struct err *e, void *arg)
{
    struct ask *a = arg;
    if (db) {
        a->verdict = a->action->fn(db, &a->args, &a->out);
    } else {
        a->verdict = VERDICT_UNKNOWN;
        buf_puts(&a->out, e->msg);
    }
}

/* --- requests ---------------------------------------------------------------------------------------- */

static bool add_fact(void *ctx, const char *name, const char *value)
{
    char ***env = ctx;
    size_t n = 0;
    while ((*env)[n])
        n++;
    *env = xrealloc(*env, n + 2, sizeof **env);
    (*env)[n] = xasprintf("fact:%s=%s", name, value);
    (*env)[n + 1] = NULL;
    return true;
}

/* What only built-ins are told. */
static char **builtin_env(struct job *b, size_t seq)
{
    char **env = work_env(b, seq, b->subs[seq].work.what == WORK_ACT ? b->core.subtasks[seq].attempt : 0),
         *leases = leases_of(b);
    size_t n = 0;
    while (env[n])
        n++;
    env = xrealloc(env, n + 2, sizeof *env);
    env[n] = xasprintf("OMSUP_BEFORE=%s", leases ? leases : "");
    env[n + 1] = NULL;
    free(leases);
    journal_facts(b->jobs->journal, b->row.id, add_fact, &env, NULL);
    return env;
}

static void ask_builtin(struct job *b, size_t seq, const char *name)
{
    struct work *w = &b->subs[seq].work;
    w->waits_login = true;
    w->waits_login = !password_ready(b, seq);
    if (w->waits_login || !lock_sure(b, seq)) {
        after(b, seq, RETRY_MS);
        return;
    }
    password_unsay(b, seq);
    const struct plan_metadb *m = &b->plan->metadb;
    struct ask *a = ask_new(b, seq);
    a->action = action_find(name);
    a->env = builtin_env(b, seq);
    a->servers =
        xcalloc(b->plan->n_servers, sizeof *a->servers); /* copies: the job may be gone before the answer comes */
    for (size_t i = 0; i < b->plan->n_servers; i++) {
        const struct plan_server *p = &b->plan->servers[i];
        a->servers[i] = (struct metadb_server){xstrdup(p->node), xstrdup(p->region), xstrdup(p->ip), xstrdup(p->hb)};
    }
    a->t1 = journal_fact(b->jobs->journal, b->row.id, "T1");
    if (!a->t1 && b->row.parent)
        a->t1 = journal_fact(b->jobs->journal, b->row.parent, "T1");
    a->since = xstrdup(b->subs[seq].started);
    if (a->since && strlen(a->since) > 20)
        strcpy(a->since + 19, "Z");
    a->args = (struct action_args){(const char *const *)a->env, a->servers, b->plan->n_servers, a->t1, a->since};
    struct metadb_login l = {
        .host = m->host, .user = m->user, .port = m->port, .password = b->password, .rm = m->rm, .cm = m->cm};
    if (w->what == WORK_ACT)
        w->sent = true;
    calls_metadb(b->jobs->reach, &l, run_builtin, on_builtin, a);
}

/* A look of a PROBE has the step's time; a check at least two minutes, for it may read the whole of what the step made.
 */
static unsigned probe_timeout(const struct work *w, const struct plan_subtask *p)
{
    unsigned ms = 1000 * (p->timeout_s < 86400 ? p->timeout_s : 86400);
    if (w->what == WORK_POLL || ms == 0)
        return CHECK_TIMEOUT_MS;
    return w->what == WORK_ACT || ms > CHECK_TIMEOUT_MS ? ms : CHECK_TIMEOUT_MS;
}

static bool waits_for_login(struct job *b, size_t seq)
{
    struct work *w = &b->subs[seq].work;
    w->waits_login = true; /* so that it is said */
    w->waits_login = !(b->subs[seq].plan->metadb ? password_ready(b, seq) : password_settled(b, seq));
    return w->waits_login;
}

static void ask_script(struct job *b, size_t seq, const char *script)
{
    struct sub *s = &b->subs[seq];
    struct work *w = &s->work;
    struct host *h = job_host(b, seq);
    bool run = (w->what == WORK_ACT || w->what == WORK_KILL) && s->plan->kind == KIND_RUN;
    unsigned attempt = b->core.subtasks[seq].attempt;
    if (!host_up(h))
        return; /* work_kick_host() */
    char *token = job_token(b, seq, attempt);
    if (w->what == WORK_KILL) {
        node_kill(h->node, token, KILL_GRACE_MS, on_run, ask_new(b, seq));
    } else if (run && w->sent) {
        node_look(h->node, token, on_run, ask_new(b, seq));
    } else if (waits_for_login(b, seq) || !lock_sure(b, seq)) {
        after(b, seq, RETRY_MS);
    } else {
        password_unsay(b, seq);
        char **env = work_env(b, seq, w->what == WORK_CHECK || w->what == WORK_POLL ? 0 : attempt);
        struct node_script ns = {
            .env = (const char *const *)env, .script = script, .secret = s->plan->metadb ? b->login : NULL};
        w->sent = true;
        w->asked_ms = uv_now(b->jobs->reach->loop);
        if (run)
            node_run(h->node, token, &ns, on_run, ask_new(b, seq));
        else
            node_probe(h->node, &ns, probe_timeout(w, s->plan), on_probe, ask_new(b, seq));
        strv_free(env);
    }
    free(token);
}

void work_kick(struct job *b, size_t seq)
{
    struct work *w = &b->subs[seq].work;
    if (w->what == WORK_NONE || w->in_flight || b->jobs->reach->closing)
        return;
    w->next_ms = 0;
    const struct plan_code *code = code_of(b, seq);
    if (code->builtin)
        ask_builtin(b, seq, code->builtin);
    else if (code->script)
        ask_script(b, seq, code->script);
    else if (w->what == WORK_CHECK)
        check_answered(b, seq, VERDICT_UNKNOWN, false, b->subs[seq].message); /* there is none to ask */
    else
        end(b, seq); /* a gate: only an operator ends it */
}

void work_kick_host(struct engine *en, struct host *h)
{
    for (struct job *b = en->jobs.first; b; b = b->next)
        for (size_t i = 0; i < b->core.n_subtasks; i++) {
            const struct work *w = &b->subs[i].work;
            bool here = b->hosts[b->subs[i].plan->host] == h && !code_of(b, i)->builtin;
            if (w->what != WORK_NONE && !w->in_flight &&
                (here || (w->waits_login && b->hosts[b->plan->metadb.config_host] == h)))
                work_kick(b, i);
        }
}

void work_start(struct job *b, size_t seq, enum core_effect what)
{
    struct sub *s = &b->subs[seq];
    switch (what) {
    case EFFECT_NONE:
        return;
    case EFFECT_CHECK:
        begin(b, seq, WORK_CHECK);
        break;
    case EFFECT_ACT:
        begin(b, seq, WORK_ACT);
        s->progress_total = 0;
        break;
    case EFFECT_POLL:
        s->looked = LOOKED_NOT;
        begin(b, seq, WORK_POLL);
        break;
    case EFFECT_KILL:
        if (s->work.what == WORK_ACT && s->plan->kind != KIND_RUN && s->work.in_flight)
            return; /* a built-in or a look ends within its own time limits: its answer is awaited */
        begin(b, seq, WORK_KILL);
        if (s->plan->kind != KIND_RUN) {
            attempt_answered(b, seq, NODE_LOST, 0, NULL, 0); /* nothing of it can run any more */
            return;
        }
        break;
    case EFFECT_DROP:
        end(b, seq);
        return;
    }
    work_kick(b, seq);
}

void work_adopt(struct job *b, size_t seq)
{
    enum plan_kind kind = b->subs[seq].plan->kind;
    switch (b->core.subtasks[seq].phase) {
    case PHASE_CHECKING:
    case PHASE_PROVING:
    case PHASE_AGREEING:
    case PHASE_DOUBT:
    case PHASE_EXPIRED:
        begin(b, seq, WORK_CHECK);
        break;
    case PHASE_POLLING:
    case PHASE_GATE:
        begin(b, seq, WORK_POLL);
        break;
    case PHASE_ACTING:
    case PHASE_EXPIRING:
    case PHASE_CANCELING:
    case PHASE_FENCING:
        if (kind != KIND_RUN) {
            attempt_answered(b, seq, NODE_LOST, 0, NULL, 0); /* it ended with the process that asked */
            return;
        }
        begin(b, seq, b->core.subtasks[seq].phase == PHASE_ACTING ? WORK_ACT : WORK_KILL);
        b->subs[seq].work.sent = true;
        job_host(b, seq);
        password_ready(b, seq); /* soon there is an answer */
        break;
    default:
        return;
    }
    work_kick(b, seq);
}

/* A probe that is out of time is being stopped by its own host, and its answer tells what it has printed. */
static bool answer_is_near(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->plan->kind == KIND_PROBE && s->plan->act.script && s->work.in_flight &&
           s->work.watched_ms < 1000ULL * s->plan->timeout_s + PROBE_GRACE_MS;
}

void work_tick(struct job *b, uint64_t elapsed_ms)
{
    uint64_t now = uv_now(b->jobs->reach->loop);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct sub *s = &b->subs[i];
        struct work *w = &s->work;
        if (w->what == WORK_NONE)
            continue;
        /* Only time in which its host was watched counts. */
        if ((w->what == WORK_ACT || w->what == WORK_POLL) && !w->waits_login &&
            (code_of(b, i)->builtin || host_up(job_host(b, i))))
            w->watched_ms += elapsed_ms;
        if (out_of_time(b, i) && b->core.subtasks[i].phase != PHASE_GATE &&
            (w->what == WORK_ACT || w->what == WORK_POLL) && !answer_is_near(b, i)) {
            w->watched_ms = 0;
            say_out_of_time(b, i);
            engine_event(b, i, b->core.subtasks[i].read_only ? EV_TIMEOUT_LOOK : EV_TIMEOUT, NULL, NULL);
        } else if (w->next_ms && now >= w->next_ms) {
            work_kick(b, i);
        }
    }
    lock_tick(b);
    progress_tick(b);
}
