/* The only code that writes jobs to the journal. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/job/job.h"

_Noreturn void record_die(const struct err *e)
{
    log_error("%s; exiting to restart from the journal", e->msg);
    _exit(70);
}

static void must(int rc, const struct err *e)
{
    if (rc)
        record_die(e);
}

void record_begin(struct jobs *js)
{
    struct err e;
    must(journal_begin(js->journal, &e), &e);
    js->dirty = true;
}

/* Whoever tells people writes what is to be told with the event, in its transaction. */
static void add(struct jobs *js, const struct job *b, struct journal_event *ev)
{
    struct err e;
    char *now = times_now();
    ev->time = now;
    must(journal_add_event(js->journal, ev, &e), &e);
    if (js->heard)
        js->heard(js->heard_ctx, b, ev);
    free(now);
}

void record_event(struct job *b, const char *step, const char *subtask, const char *actor, const char *event,
                  const char *from, const char *to, const char *reason)
{
    record_begin(b->jobs);
    char *clean = job_scrub(b, reason);
    struct journal_event ev = {.job = b->row.id,
                               .step = (char *)step,
                               .subtask = (char *)subtask,
                               .actor = (char *)actor,
                               .event = (char *)event,
                               .from = (char *)from,
                               .to = (char *)to,
                               .reason = clean};
    add(b->jobs, b, &ev);
    free(clean);
    b->changed = true;
}

void record_host(struct job *b, const char *host, const char *event, const char *reason)
{
    record_begin(b->jobs);
    struct journal_event ev = {.job = b->row.id,
                               .actor = (char *)"engine",
                               .event = (char *)event,
                               .reason = (char *)reason,
                               .host = (char *)host};
    add(b->jobs, b, &ev);
    b->changed = true;
}

int64_t record_notice(struct jobs *js, const struct journal_event *ev, const char *target, const char *kind)
{
    struct err e;
    struct journal_notice n = {.target = (char *)target,
                               .event = ev->id,
                               .kind = (char *)kind,
                               .job = ev->job,
                               .step = ev->step,
                               .time = ev->time};
    record_begin(js);
    must(journal_add_notice(js->journal, &n, &e), &e);
    return n.id;
}

void record_told(struct jobs *js, int64_t notice)
{
    struct err e;
    record_begin(js);
    must(journal_drop_notice(js->journal, notice, &e), &e);
}

/* For journald and whoever is alerted by it. What exactly failed is a line of its own (drive.c). */
static void log_state(const struct job *b, const char *before)
{
    enum state now = core_job_state(&b->core);
    bool held = now == STATE_PAUSED && b->by && strcmp(b->by, "engine") == 0;
    enum log_level level = now == STATE_FAILED && b->plan->type != JOB_CHECK     ? LOG_L_ERROR
                           : now == STATE_FAILED || now == STATE_WAITING || held ? LOG_L_WARN
                                                                                 : LOG_L_INFO;
    char *why = job_clean(b, b->row.why ? b->row.why : "");
    log_line(level, "job %lld (%s, %s): %s -> %s%s%s%s%s", (long long)b->row.id, b->row.type, b->row.object, before,
             b->row.state, b->by ? ", by " : "", b->by ? b->by : "", *why ? ": " : "", why);
    free(why);
}

void record_job(struct job *b)
{
    struct err e;
    record_begin(b->jobs);
    char *before = b->row.state;
    free(b->row.stops);
    b->row.stops = stops_text(b);
    free(b->row.confirmed);
    b->row.confirmed = confirmed_text(b);
    b->row.start_at = b->core.start_at;
    b->row.start_missed = b->core.start_missed;
    free(b->row.mode);
    b->row.mode = xstrdup(core_mode_name(b->core.mode));
    b->row.state = xstrdup(state_word(core_job_state(&b->core)));
    must(journal_set_job(b->jobs->journal, &b->row, &e), &e);
    if (strcmp(before, b->row.state) != 0)
        log_state(b, before);
    free(before);
    b->changed = true;
}

void record_sub(struct job *b, size_t seq)
{
    struct err e;
    const struct core_subtask *c = &b->core.subtasks[seq];
    const struct sub *s = &b->subs[seq];
    record_begin(b->jobs);
    struct journal_subtask row = {.step = s->step->id,
                                  .name = s->plan->name,
                                  .phase = (char *)core_phase_name(c->phase),
                                  .started = s->started,
                                  .ended = s->ended,
                                  .message = s->message,
                                  .began = s->began,
                                  .rests = s->rests,
                                  .rested = s->rested_ms,
                                  .waited = s->waited_ms,
                                  .late = s->late_ms,
                                  .attempt = c->attempt,
                                  .lost = c->lost,
                                  .open_run = c->open_run,
                                  .skip_forced = c->skip_forced,
                                  .approved = c->approved};
    must(journal_set_subtask(b->jobs->journal, b->row.id, (unsigned)seq, &row, &e), &e);
    b->changed = true;
}

void record_approval(struct jobs *js, const struct journal_approval *a)
{
    struct err e;
    char *now = times_now();
    struct journal_approval row = *a;
    row.time = now;
    record_begin(js);
    must(journal_set_approval(js->journal, &row, &e), &e);
    free(now);
}

void record_approval_used(struct jobs *js, int64_t job, const char *what)
{
    struct err e;
    record_begin(js);
    must(journal_drop_approval(js->journal, job, what, &e), &e);
}

void record_mark(struct job *b, const char *name)
{
    struct err e;
    char *old = journal_fact(b->jobs->journal, b->row.id, name);
    if (!old) {
        char *now = times_now(), *shown = xstrdup(now);
        times_whole_seconds(shown);
        must(journal_set_fact(b->jobs->journal, b->row.id, name, shown, now, &e), &e);
        free(shown);
        free(now);
    }
    free(old);
}

void record_attempt(struct job *b, size_t seq)
{
    struct err e;
    const struct core_subtask *c = &b->core.subtasks[seq];
    struct sub *s = &b->subs[seq];
    s->forced = s->force_next;
    s->force_next = false; /* for one attempt only: what the engine starts itself is not forced */
    char *token = job_token(b, seq, c->attempt), *now = times_now();
    const struct plan_host *h = &b->plan->hosts[s->plan->host];
    struct host *host = s->plan->act.script ? job_host(b, seq) : NULL;
    struct journal_attempt a = {.seq = (unsigned)seq,
                                .attempt = c->attempt,
                                .token = token,
                                .host = h->name,
                                .boot = (char *)(host ? node_boot_id(host->node) : b->jobs->boot),
                                .forced = s->forced,
                                .started = now};
    must(journal_add_attempt(b->jobs->journal, b->row.id, &a, &e), &e);
    free(token);
    free(now);
}

void record_attempt_drop(struct job *b, size_t seq)
{
    struct err e;
    char *now = times_now();
    must(journal_drop_attempt(b->jobs->journal, b->row.id, (unsigned)seq, now, &e), &e);
    free(now);
}

void record_attempt_end(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len)
{
    struct err e;
    char *now = times_now();
    record_begin(b->jobs);
    must(journal_end_attempt(b->jobs->journal, b->row.id, (unsigned)seq, b->core.subtasks[seq].attempt, now, outcome,
                             exit, output, len, &e),
         &e);
    free(now);
}

void record_fact(struct job *b, const char *name, const char *value)
{
    struct err e;
    char *now = times_now();
    record_begin(b->jobs);
    must(journal_set_fact(b->jobs->journal, b->row.id, name, value, now, &e), &e);
    free(now);
}

void record_new(struct job *b)
{
    struct err e;
    struct jobs *js = b->jobs;
    record_begin(js);
    must(stored_plan_write(js->journal, b->row.plan, b->plan, &e), &e);
    must(journal_add_job(js->journal, &b->row, &e), &e);
    b->key = xasprintf("%lld-%s", (long long)b->row.id, js->instance);
    log_info("job %lld (%s, %s): created by %s", (long long)b->row.id, b->row.type, b->row.object,
             b->row.login ? b->row.login : "omsupd");
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        record_sub(b, i);
}

static void add_event(struct jobs *js, int64_t id, const char *actor, const char *event, const char *from,
                      const char *to, const char *reason)
{
    struct journal_event ev = {.job = id,
                               .actor = (char *)actor,
                               .event = (char *)event,
                               .from = (char *)from,
                               .to = (char *)to,
                               .reason = (char *)reason};
    add(js, NULL, &ev);
}

void record_event_of(struct jobs *js, int64_t id, const char *actor, const char *event, const char *reason)
{
    record_begin(js);
    add_event(js, id, actor, event, NULL, NULL, reason);
}

void record_taken(struct jobs *js, int64_t id, const char *why)
{
    struct err e;
    char *now = times_now();
    record_begin(js);
    must(journal_set_fact(js->journal, id, TAKEN_FACT, why, now, &e), &e);
    free(now);
}

void record_noted(struct jobs *js, const char *actor, const char *event, const char *reason)
{
    struct err e;
    record_event_of(js, 0, actor, event, reason);
    must(journal_trim_events(js->journal, 0, NOTED_KEPT, &e), &e);
}

void record_clock(struct jobs *js, int64_t set_ms)
{
    struct err e;
    char *what = xasprintf("the clock of this host was set %s by %.0f s; elapsed times do not count that",
                           set_ms < 0 ? "back" : "ahead", fabs((double)set_ms / 1000));
    log_warn("%s", what);
    record_noted(js, "engine", "clock-set", what);
    must(times_keep(js->journal, js->boot, &e), &e);
    free(what);
}

void record_series(struct jobs *js, const struct journal_series *s)
{
    struct err e;
    record_begin(js);
    must(journal_set_series(js->journal, s, &e), &e);
}

void record_fact_of(struct jobs *js, int64_t id, const char *name, const char *value)
{
    struct err e;
    char *now = times_now();
    record_begin(js);
    must(value ? journal_set_fact(js->journal, id, name, value, now, &e) : journal_drop_fact(js->journal, id, name, &e),
         &e);
    free(now);
}

void record_drop_job(struct jobs *js, const struct journal_job *row)
{
    struct err e;
    record_begin(js);
    must(journal_drop_job(js->journal, row, &e), &e);
}

/* The final phases as journal_cancel_subtasks() wants them: ",successful,skipped,". */
static char *final_phases(void)
{
    struct buf b = {0};
    buf_puts(&b, ",");
    for (int p = 0; p < N_PHASES; p++)
        if (core_phase_final((enum core_phase)p))
            buf_printf(&b, "%s,", core_phase_name((enum core_phase)p));
    return buf_take(&b);
}

void record_cancel_held(struct jobs *js, const struct journal_job *row, const char *actor, const char *event,
                        const char *reason)
{
    struct err e;
    char *now = times_now(), *final = final_phases();
    const char *canceled = state_word(STATE_CANCELED);
    struct journal_job ended = *row;
    record_begin(js);
    must(journal_cancel_subtasks(js->journal, row->id, now, core_phase_name(PHASE_CANCELED), final, &e), &e);
    add_event(js, row->id, actor, event, state_word(STATE_PAUSED), canceled, reason);
    add_event(js, row->id, "engine", "ended", NULL, canceled, NULL);
    ended.mode = (char *)core_mode_name(MODE_CANCELED);
    ended.state = (char *)canceled;
    ended.why = (char *)reason;
    ended.completed = now;
    must(journal_set_job(js->journal, &ended, &e), &e);
    free(final);
    free(now);
}

void record_message(struct job *b, size_t seq, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    if (job_say(b, seq, "%s", text))
        record_sub(b, seq);
    free(text);
}
