/* The next request of a subtask: after an effect, at start-up, when something it waited for is there, at a timeout.
 *
 * Work is either in flight (one answer will arrive) or waits for its host, the login, the lease, or next_ms. Only
 * try_next() makes requests. */
#include "daemon/engine/drive/drive.h"

enum {
    PROBE_GRACE_MS = 15000
}; /* its node stops it; this is the time for the answer, longer than the node's own slack */

static void try_next(struct job *b, size_t seq)
{
    struct work *w = &b->subs[seq].work;
    w->kick = false;
    if (w->what == WORK_NONE || w->in_flight || b->jobs->reach->closing)
        return;
    w->next_ms = 0;
    const struct plan_code *code = job_code(b, seq);
    if (code->builtin)
        ask_builtin(b, seq, code->builtin);
    else if (code->script)
        ask_script(b, seq, code->script);
    else if (w->what == WORK_CHECK)
        answer_verdict(b, seq, VERDICT_UNKNOWN, NULL, 0); /* there is no check */
    else
        drive_end(b, seq); /* a gate: only an operator ends it */
}

/* A host has come up: kicks what runs there and what waits for the login that is read there. */
static void mark_host(struct jobs *js, const struct host *h)
{
    for (struct job *b = js->first; b; b = b->next)
        for (size_t i = 0; i < b->core.n_subtasks; i++) {
            const struct work *w = &b->subs[i].work;
            bool here = b->hosts[b->subs[i].plan->host] == h && !job_code(b, i)->builtin;
            if (here || (w->waits_login && b->hosts[b->plan->metadb.config_host] == h))
                job_kick(b, i);
        }
}

bool work_kicks(struct jobs *js)
{
    bool any = false;
    for (struct host *h = js->reach->hosts; h; h = h->next) {
        if (h->kick)
            mark_host(js, h);
        h->kick = false;
    }
    for (struct job *b = js->first; b; b = b->next) {
        any |= b->kick;
        for (size_t i = 0; b->kick && i < b->core.n_subtasks; i++)
            if (b->subs[i].work.kick)
                try_next(b, i);
        b->kick = false;
    }
    return any;
}

void work_start(struct job *b, size_t seq, enum core_effect what)
{
    struct sub *s = &b->subs[seq];
    switch (what) {
    case EFFECT_NONE:
        return;
    case EFFECT_CHECK:
        drive_begin(b, seq, WORK_CHECK);
        break;
    case EFFECT_ACT:
        drive_begin(b, seq, WORK_ACT);
        s->progress.total = 0;
        break;
    case EFFECT_POLL:
        if (b->core.subtasks[seq].phase == PHASE_POLLING) /* a gate that comes from there has been looked at */
            s->looked = LOOKED_NOT;
        drive_begin(b, seq, WORK_POLL);
        break;
    case EFFECT_KILL:
        if (s->work.what == WORK_ACT && s->plan->kind != KIND_RUN && s->work.in_flight)
            return; /* a built-in action or a probe ends within its own timeout: its answer is awaited */
        drive_begin(b, seq, WORK_KILL);
        if (s->plan->kind != KIND_RUN) {
            answer_attempt(b, seq, NODE_LOST, 0, false, NULL, 0); /* it can no longer be running */
            return;
        }
        break;
    case EFFECT_DROP:
        drive_end(b, seq);
        return;
    }
    try_next(b, seq);
}

/* Of an outdated plan nothing more is asked; a gate rests already. */
static bool rests(struct job *b, size_t seq)
{
    if (b->core.outdated)
        drive_event(b, seq, EV_REST, NULL, NULL, NULL);
    return b->core.outdated;
}

/* A look is short, so all of the time until this start was a pause; a row is not written at each look. */
static void note_missed(struct sub *s)
{
    int64_t since = s->began ? times_ms_since(s->began) - s->rested_ms : 0;
    s->waited_ms = since > s->waited_ms ? since : s->waited_ms;
}

void work_adopt(struct job *b, size_t seq)
{
    enum plan_kind kind = b->subs[seq].plan->kind;
    switch (b->core.subtasks[seq].phase) {
    case PHASE_CHECKING:
    case PHASE_PROVING:
    case PHASE_REVIEWING:
    case PHASE_AGREEING:
    case PHASE_DOUBT:
    case PHASE_EXPIRED:
        if (rests(b, seq))
            return;
        drive_begin(b, seq, WORK_CHECK);
        break;
    case PHASE_POLLING:
    case PHASE_GATE:
        if (rests(b, seq))
            return;
        drive_begin(b, seq, WORK_POLL);
        note_missed(&b->subs[seq]);
        break;
    case PHASE_ACTING:
    case PHASE_EXPIRING:
    case PHASE_CANCELING:
    case PHASE_FENCING:
        if (kind != KIND_RUN) {
            answer_attempt(b, seq, NODE_LOST, 0, false, NULL, 0); /* it ended with the process that requested it */
            return;
        }
        drive_begin(b, seq, b->core.subtasks[seq].phase == PHASE_ACTING ? WORK_ACT : WORK_KILL);
        b->subs[seq].work.sent = true;
        job_host(b, seq);
        login_ready(b, seq); /* the answer will need it */
        break;
    case PHASE_PENDING:
    case PHASE_APPROVAL:
    case PHASE_UNKNOWN:
    case PHASE_SUCCESSFUL:
    case PHASE_FAILED:
    case PHASE_SKIPPED:
    case PHASE_CANCELED:
    case N_PHASES:
        return;
    }
    try_next(b, seq);
}

static bool timed_out(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->plan->timeout_s && s->work.watched_ms >= 1000ULL * s->plan->timeout_s;
}

/* A probe that has timed out is stopped by its own host; its answer, with its output, will arrive soon. */
static bool answer_is_near(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->plan->kind == KIND_PROBE && s->plan->act.script && s->work.in_flight &&
           s->work.watched_ms < 1000ULL * s->plan->timeout_s + PROBE_GRACE_MS;
}

void work_due(struct jobs *js)
{
    js->drive->due_ms = 0;
    for (struct job *b = js->first; b; b = b->next)
        for (size_t i = 0; i < b->core.n_subtasks; i++) {
            uint64_t at = b->subs[i].work.next_ms, now = job_time_ms(b);
            if (at && now >= at)
                try_next(b, i);
            else if (at)
                drive_after(b, i, at - now);
        }
}

void work_tick(struct job *b, uint64_t elapsed_ms)
{
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct sub *s = &b->subs[i];
        struct work *w = &s->work;
        if (w->what == WORK_NONE)
            continue;
        /* Only time while its host is up counts. */
        if ((w->what == WORK_ACT || w->what == WORK_POLL) && !w->waits_login &&
            (job_code(b, i)->builtin || host_up(job_host(b, i))))
            w->watched_ms += elapsed_ms;
        if (timed_out(b, i) && b->core.subtasks[i].phase != PHASE_GATE &&
            (w->what == WORK_ACT || w->what == WORK_POLL) && !answer_is_near(b, i)) {
            w->watched_ms = 0;
            answer_timeout(b, i);
        }
    }
}
