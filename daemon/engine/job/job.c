/* A job in memory: its plan, its core, its subtasks. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/action/action.h"
#include "daemon/engine/job/job.h"

static void shape_subtask(struct core_subtask *c, const struct plan_subtask *p)
{
    c->has_check = p->check.script || p->check.builtin;
    c->read_only = p->kind != KIND_RUN && p->kind != KIND_ACTION;
    switch (p->kind) {
    case KIND_RUN:
    case KIND_ACTION:
        c->way = c->has_check ? WAY_CHECK : WAY_ACT;
        break;
    case KIND_PROBE:
        c->way = WAY_ACT;
        break;
    case KIND_WAIT:
        c->way = WAY_POLL; /* one that an operator may end is a gate from the first look that does not find it met */
        break;
    case KIND_GATE:
        c->way = WAY_GATE;
        break;
    }
}

static bool guarded(const struct plan *p, const char *id)
{
    for (size_t k = 0; k < p->n_steps; k++)
        for (char **g = p->steps[k].guards; g && *g; g++)
            if (strcmp(*g, id) == 0)
                return true;
    return false;
}

struct job *job_new(struct jobs *js, struct plan *plan)
{
    struct job *b = xcalloc(1, sizeof *b);
    size_t n = 0;
    for (size_t k = 0; k < plan->n_steps; k++)
        n += plan->steps[k].n_subtasks;
    b->jobs = js;
    b->plan = plan;
    b->hosts = xcalloc(plan->n_hosts, sizeof *b->hosts);
    b->seen = xcalloc(plan->n_hosts, sizeof *b->seen);
    b->subs = xcalloc(n, sizeof *b->subs);
    b->durations = durations_new(plan->n_steps);
    b->core = (struct core_job){.mode = MODE_READY,
                                .outdated = plan_outdated(plan) != NULL,
                                .keep_going = plan->type == JOB_CHECK,
                                .n_steps = plan->n_steps,
                                .n_subtasks = n};
    b->core.steps = xcalloc(plan->n_steps, sizeof *b->core.steps);
    b->core.subtasks = xcalloc(n, sizeof *b->core.subtasks);
    size_t i = 0;
    for (size_t k = 0; k < plan->n_steps; k++) {
        const struct plan_step *st = &plan->steps[k];
        b->core.steps[k] = (struct core_step){.first = i,
                                              .n = st->n_subtasks,
                                              .serial = st->serial,
                                              .rerun_force = st->rerun_force,
                                              .guarded = guarded(plan, st->id),
                                              .undo = st->undo};
        for (size_t t = 0; t < st->n_subtasks; t++, i++) {
            b->subs[i].step = st;
            b->subs[i].plan = &st->subtasks[t];
            shape_subtask(&b->core.subtasks[i], &st->subtasks[t]);
            b->core.subtasks[i].repeat_asked = st->repeat_asked;
            b->core.subtasks[i].two_persons = st->approve;
        }
    }
    return b;
}

void job_free(struct job *b)
{
    if (!b)
        return;
    for (size_t h = 0; h < b->plan->n_hosts; h++)
        host_put(b->hosts[h]);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        free(b->subs[i].started);
        free(b->subs[i].ended);
        free(b->subs[i].message);
        free(b->subs[i].began);
        free(b->subs[i].rests);
        free(b->subs[i].seen);
        free(b->subs[i].waits);
        free(b->subs[i].progress.unit);
        window_free(b->subs[i].window);
    }
    secret_wipe(b->login.password);
    secret_wipe(b->login.my_cnf);
    redact_clear(&b->login.redact);
    free(b->login.hosts);
    free(b->lease.trouble);
    durations_free(b->durations);
    free(b->hosts);
    free(b->seen);
    free(b->subs);
    free(b->core.steps);
    free(b->core.subtasks);
    free(b->fence_text);
    free(b->fence_job);
    free(b->taken);
    free(b->key);
    plan_keep(b->jobs, b->row.plan, b->plan);
    journal_job_clear(&b->row);
    free(b);
}

struct fill {
    struct job *b;
    struct err *e;
    size_t n;
    int rc;
};

static bool fill_subtask(void *ctx, unsigned seq, const struct journal_subtask *row)
{
    struct fill *f = ctx;
    struct job *b = f->b;
    int phase = core_phase_parse(row->phase);
    if (seq != f->n || seq >= b->core.n_subtasks || phase < 0 || strcmp(row->step, b->subs[seq].step->id) != 0 ||
        strcmp(row->name, b->subs[seq].plan->name) != 0) {
        f->rc = err_set(f->e, ERR_JOURNAL, "subtask %u in the journal (%s/%s, %s) does not match the plan", seq,
                        row->step, row->name, row->phase);
        return false;
    }
    struct core_subtask *c = &b->core.subtasks[seq];
    struct sub *s = &b->subs[seq];
    c->phase = (enum core_phase)phase;
    c->attempt = row->attempt;
    c->lost = row->lost;
    c->open_run = row->open_run;
    c->skip_forced = row->skip_forced;
    c->approved = row->approved;
    s->started = xstrdup(row->started);
    s->ended = xstrdup(row->ended);
    s->message = xstrdup(row->message);
    s->began = xstrdup(row->began ? row->began : row->started);
    s->rests = xstrdup(row->rests);
    s->rested_ms = row->rested;
    s->waited_ms = row->waited;
    s->late_ms = row->late;
    f->n++;
    return true;
}

/* Whether the rollback that `on_failure` asks for is due, or never will be. */
static void load_undo(struct job *b)
{
    bool asks = false;
    for (size_t k = 0; k < b->core.n_steps; k++)
        asks |= b->core.steps[k].undo;
    char *is = asks ? journal_fact(b->jobs->journal, b->row.id, UNDO_MARK) : NULL;
    if (is)
        b->core.undo = strcmp(is, "due") == 0 ? UNDO_DUE : UNDO_SPENT;
    free(is);
}

int job_load(struct jobs *js, const struct journal_job *row, struct job **out, struct err *e)
{
    struct plan *plan;
    int rc = plan_take(js, row->plan, &plan, e);
    if (rc)
        return rc;
    struct job *b = job_new(js, plan);
    journal_job_copy(&b->row, row);
    b->key = xasprintf("%lld-%s", (long long)row->id, js->instance);
    int mode = core_mode_parse(row->mode);
    if (mode < 0)
        rc = err_set(e, ERR_JOURNAL, "unknown mode \"%s\"", row->mode);
    else
        b->core.mode = (enum core_mode)mode;
    b->core.start_at = row->start_at;
    if (rc == 0)
        rc = window_read(b, e);
    b->core.start_missed = row->start_missed;
    load_undo(b);
    if (rc == 0)
        rc = takeover_load(b, e);
    for (size_t i = 0; rc == 0 && i < b->core.n_subtasks; i++) {
        const struct plan_subtask *p = b->subs[i].plan;
        const char *name = p->act.builtin && !action_find(p->act.builtin)       ? p->act.builtin
                           : p->check.builtin && !action_find(p->check.builtin) ? p->check.builtin
                                                                                : NULL;
        if (name)
            rc = err_set(e, ERR_JOURNAL, "its plan uses the built-in action \"%s\", which this omsupd does not have",
                         name);
    }
    if (rc == 0)
        rc = stops_read(b, row->stops, e);
    struct fill f = {b, e, 0, 0};
    if (rc == 0 && (rc = journal_subtasks(js->journal, row->id, fill_subtask, &f, e)) == 0)
        rc = f.rc;
    if (rc == 0 && f.n != b->core.n_subtasks)
        rc = err_set(e, ERR_JOURNAL, "the journal has %zu subtasks, the plan has %zu", f.n, b->core.n_subtasks);
    if (rc) {
        job_free(b);
        return rc;
    }
    *out = b;
    return 0;
}

char *job_parent_key(const struct job *b)
{
    return b->row.parent ? xasprintf("%lld-%s", (long long)b->row.parent, b->jobs->instance) : NULL;
}

char *job_token(const struct job *b, size_t seq, unsigned attempt)
{
    return xasprintf("omsup-%s-%zu-%u", b->key, seq, attempt);
}

struct host *job_host(struct job *b, size_t seq)
{
    unsigned h = b->subs[seq].plan->host;
    if (!b->hosts[h])
        b->hosts[h] = host_get(b->jobs->reach, &b->plan->hosts[h]);
    return b->hosts[h];
}

int job_find(const struct job *b, const char *step, const char *subtask, size_t *first, size_t *n, struct err *e)
{
    *first = 0;
    *n = b->core.n_subtasks;
    if (!step)
        return 0;
    for (size_t k = 0; k < b->plan->n_steps; k++) {
        if (strcmp(b->plan->steps[k].id, step) != 0)
            continue;
        *first = b->core.steps[k].first;
        *n = b->core.steps[k].n;
        if (!subtask)
            return 0;
        for (size_t i = *first; i < *first + *n; i++)
            if (strcmp(b->subs[i].plan->name, subtask) == 0) {
                *first = i;
                *n = 1;
                return 0;
            }
        err_set(e, ERR_NOT_FOUND, "step \"%s\" of job %lld has no subtask \"%s\"", step, (long long)b->row.id, subtask);
        return err_hint(e, "omsupctl show %lld %s", (long long)b->row.id, step);
    }
    err_set(e, ERR_NOT_FOUND, "job %lld has no step \"%s\"", (long long)b->row.id, step);
    return err_hint(e, "omsupctl status %lld", (long long)b->row.id);
}

char *job_scrub(const struct job *b, const char *text)
{
    char *copy = xstrdup(text);
    size_t len = copy ? strlen(copy) : 0;
    if (len) {
        redact_scrub(&b->login.redact, copy, &len);
        copy[len] = '\0';
    }
    return copy;
}

void job_set_why(struct job *b, const char *why)
{
    char *copy = job_scrub(b, why);
    free(b->row.why);
    b->row.why = copy;
}

uint64_t job_time_ms(const struct job *b) { return uv_now(b->jobs->reach->loop); }

const struct plan_code *job_code(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->work.what == WORK_CHECK ? &s->plan->check : &s->plan->act;
}

void job_kick(struct job *b, size_t seq) { b->kick = b->subs[seq].work.kick = true; }

/* Room for a line of output of two commands and our own words; and how much is looked through for secrets. */
enum { MESSAGE_MAX = 1280, READ_MAX = 64 * 1024 };

char *job_clean(const struct job *b, const char *from)
{
    static const char dots[] = "…";
    const struct redact *r = &b->login.redact;
    size_t len = strnlen(from, READ_MAX), n = sizeof dots - 1;
    char *text = xstrndup(from, len);
    redact_scrub(r, text, &len); /* before the cut, which would leave a part of a secret that nothing finds */
    if (len >= n && memcmp(text + len - n, dots, n) == 0) { /* an error's text was cut before it came here */
        len -= n;
        len -= redact_begun(r, text, len);
        memcpy(text + len, dots, n);
        len += n;
    }
    if (len > MESSAGE_MAX)
        len = utf8_whole(text, MESSAGE_MAX);
    struct buf out = {0};
    utf8_add(&out, text, len);
    free(text);
    if (out.len)
        return buf_take(&out);
    buf_free(&out);
    return xstrdup("");
}

/* Takes text. false: no change. */
static bool replace(char **at, char *text)
{
    bool other = !*at || !text ? *at != text : strcmp(*at, text) != 0;
    free(other ? *at : text);
    if (other)
        *at = text;
    return other;
}

bool job_say(struct job *b, size_t seq, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    bool other = replace(&b->subs[seq].message, job_clean(b, text));
    free(text);
    return other;
}

void job_waits(struct job *b, size_t seq, const char *what)
{
    if (replace(&b->subs[seq].waits, what ? job_clean(b, what) : NULL))
        b->changed = true;
}

enum { WAIT_LONG_MS = 30000 };

bool job_waits_long(const struct job *b, size_t seq)
{
    const struct work *w = &b->subs[seq].work;
    return w->what == WORK_POLL && b->core.subtasks[seq].phase == PHASE_POLLING && b->subs[seq].looked != LOOKED_NOT &&
           job_time_ms(b) - w->begun_ms >= WAIT_LONG_MS;
}

const char *job_message(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    return s->waits ? s->waits : s->message;
}
