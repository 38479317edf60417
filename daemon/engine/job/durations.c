#include "daemon/engine/job/durations.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/job/job.h"

enum { RUNS_MAX = 8, ROWS_MAX = 20000 /* of subtasks that are read for one job */ };

/* The same step is never exactly as fast: what is less is not worth a word. */
#define SLOWER_PART 1.1
#define SLOWER_S 1

struct durations {
    bool read;
    struct of_step {
        struct duration worked, found; /* found: done already */
        bool told;
    } * steps;
};

struct durations *durations_new(size_t n_steps)
{
    struct durations *d = xcalloc(1, sizeof *d);
    d->steps = xcalloc(n_steps, sizeof *d->steps);
    return d;
}

void durations_free(struct durations *d)
{
    free(d->steps);
    free(d);
}

static void note(struct duration *d, double seconds)
{
    d->least = d->runs && d->least < seconds ? d->least : seconds;
    d->most = d->runs && d->most > seconds ? d->most : seconds;
    d->runs++;
}

/* --- the journal --- */

/* A step of an earlier run, while its rows pass by. */
struct reading {
    const struct job *b;
    size_t step, n;
    double sum, longest;
    bool clean, worked;
    int64_t runs[RUNS_MAX];
    size_t n_runs, rows;
};

static void end_step(struct reading *r)
{
    const struct plan_step *st = &r->b->plan->steps[r->step];
    struct of_step *of = &r->b->durations->steps[r->step];
    bool waits = st->subtasks[0].kind == KIND_WAIT;
    if (r->n && r->clean)
        note(r->worked || waits ? &of->worked : &of->found, st->serial ? r->sum : r->longest);
    r->n = 0;
    r->sum = r->longest = 0;
    r->clean = true;
    r->worked = false;
}

static bool take_subtask(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct reading *r = ctx;
    size_t n_steps = r->b->plan->n_steps;
    if (r->step == n_steps || strcmp(r->b->plan->steps[r->step].id, s->step) != 0) {
        if (r->step < n_steps)
            end_step(r);
        r->step = job_step(r->b, s->step, strlen(s->step));
    }
    r->rows++;
    if (r->step == n_steps)
        return true; /* this plan does not have it */
    const char *began = s->began ? s->began : s->started;
    r->clean &= strcmp(s->phase, core_phase_name(PHASE_SUCCESSFUL)) == 0 && began && s->ended && s->rested == 0;
    r->worked |= s->attempt > 0;
    double took = r->clean ? times_seconds(s->ended) - times_seconds(began) : 0;
    took = took > 0 ? took : 0;
    r->sum += took;
    r->longest = took > r->longest ? took : r->longest;
    r->n++;
    return true;
}

/* "tests: 4.0.2 -> 4.0.9, 1 node": the object of a job begins with its deployment. */
static bool take_run(void *ctx, const struct journal_job *row)
{
    struct reading *r = ctx;
    const char *name = r->b->plan->deployment;
    size_t len = strlen(name);
    if (row->id != r->b->row.id && row->started && strcmp(row->type, r->b->row.type) == 0 &&
        strncmp(row->object, name, len) == 0 && row->object[len] == ':')
        r->runs[r->n_runs++] = row->id;
    return r->n_runs < RUNS_MAX;
}

static void read_runs(const struct job *b)
{
    struct reading r = {.b = b, .step = b->plan->n_steps, .clean = true};
    struct err e;
    int rc = journal_jobs(b->jobs->journal, false, take_run, &r, &e);
    for (size_t i = 0; rc == 0 && i < r.n_runs && r.rows < ROWS_MAX; i++) {
        rc = journal_subtasks(b->jobs->journal, r.runs[i], take_subtask, &r, &e);
        if (r.step < b->plan->n_steps)
            end_step(&r);
        r.step = b->plan->n_steps;
    }
    if (rc)
        log_warn("job %lld: how long earlier runs took cannot be read: %s", (long long)b->row.id, e.msg);
    b->durations->read = true;
}

/* --- what is known --- */

const struct duration *durations_of(const struct job *b, size_t step)
{
    if (!b->durations->read)
        read_runs(b);
    const struct of_step *of = &b->durations->steps[step];
    return of->worked.runs ? &of->worked : &of->found;
}

bool durations_counts(const struct job *b, size_t step)
{
    const struct plan_subtask *p = &b->plan->steps[step].subtasks[0];
    return p->kind != KIND_GATE && !p->by_operator;
}

double durations_so_far(const struct job *b, size_t step)
{
    const struct core_step *st = &b->core.steps[step];
    double sum = 0, longest = 0;
    char *now = times_now();
    for (size_t i = st->first; i < st->first + st->n; i++) {
        const struct sub *s = &b->subs[i];
        const char *ended = core_phase_final(b->core.subtasks[i].phase) ? s->ended : NULL;
        if (!s->began)
            continue;
        double took = times_seconds(ended ? ended : now) - times_seconds(s->began) - (double)s->rested_ms / 1000;
        if (s->rests) /* until that moment; since then it only rests */
            took -= times_seconds(ended ? ended : now) - times_seconds(s->rests);
        took = took > 0 ? took : 0;
        sum += took;
        longest = took > longest ? took : longest;
    }
    free(now);
    return st->serial ? sum : longest;
}

bool durations_left(const struct job *b, size_t from, struct duration *left, size_t *unknown)
{
    *left = (struct duration){.runs = RUNS_MAX};
    for (size_t k = from; k < b->plan->n_steps; k++) {
        if (core_step_passed(&b->core, &b->core.steps[k]) || !durations_counts(b, k))
            continue;
        const struct duration *d = durations_of(b, k);
        if (!d->runs) {
            if (unknown)
                *unknown = k;
            return false;
        }
        double so_far = durations_so_far(b, k);
        left->least += d->least > so_far ? d->least - so_far : 0;
        left->most += d->most > so_far ? d->most - so_far : 0;
        left->runs = d->runs < left->runs ? d->runs : left->runs;
    }
    return true;
}

bool durations_slower(const struct job *b, size_t step)
{
    const struct duration *d = durations_of(b, step);
    return d->runs && durations_counts(b, step) && durations_so_far(b, step) > d->most * SLOWER_PART + SLOWER_S;
}

bool durations_first_slower(const struct job *b, size_t step)
{
    bool first = !b->durations->steps[step].told && durations_slower(b, step);
    b->durations->steps[step].told |= first;
    return first;
}

char *durations_words(double seconds)
{
    long s = lround(seconds);
    if (s < 60)
        return xasprintf("%ld s", s);
    if (s < 3600)
        return s % 60 ? xasprintf("%ld min %02ld s", s / 60, s % 60) : xasprintf("%ld min", s / 60);
    return xasprintf("%ld h %02ld min", s / 3600, s % 3600 / 60);
}
