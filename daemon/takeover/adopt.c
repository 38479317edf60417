/* The journal of the lost host becomes one of this host: what is In Doubt, why the job is Paused, whose it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "daemon/takeover/doubt.h"
#include "daemon/takeover/internal.h"

enum { SKIPPED_JOBS = 1000 }; /* numbers that the lost host may have given to jobs since the copy */

static enum doubt_where where_of(const struct takeover *t, const struct job *b, size_t i)
{
    const struct plan_subtask *p = b->subs[i].plan;
    if (p->kind != KIND_RUN)
        return DOUBT_CALL;
    if (!b->plan->hosts[p->host].ssh)
        return DOUBT_LOST;
    return p->host < t->job->plan->n_hosts && t->unreachable[p->host] ? DOUBT_AWAY : DOUBT_NODE;
}

/* The last step that may have begun since the copy: the current one, and every one of which a node has newer runs. */
static size_t last_begun(const struct job *b, const unsigned *found)
{
    size_t last = core_current_step(&b->core);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        if (found[i] > b->core.subtasks[i].attempt && core_step_of(&b->core, i) > last)
            last = core_step_of(&b->core, i);
    return last;
}

static void adopt_subtask(const struct takeover *t, struct job *b, size_t i, unsigned found, bool begun)
{
    struct core_subtask *c = &b->core.subtasks[i];
    enum doubt_where where = where_of(t, b, i);
    struct doubt d = doubt_of(c, where, found, begun);
    const char *from = state_word(core_phase_shown(c->phase)), *why = NULL;
    if (d.phase == c->phase && !d.found && !d.lost)
        return;
    if (d.lost) {
        record_attempt_end(b, i, "lost", -1, NULL, 0);
        c->open_run = false;
        c->lost++;
        why = where == DOUBT_LOST ? "it ran on the control host that was lost: outcome unknown"
                                  : "its node has no run files of it: outcome unknown";
    } else if (d.found) {
        why = "its node has run files of an attempt that is newer than the copy";
    } else {
        why = "it has no check, and may have begun after the copy was made";
    }
    c->phase = d.phase;
    c->attempt = d.attempt;
    if (d.found) {
        c->open_run = true;
        record_attempt(b, i);
    }
    if (!b->subs[i].started)
        b->subs[i].started = times_now();
    job_say(b, i, "%s", why);
    record_sub(b, i);
    record_event(b, b->subs[i].step->id, b->subs[i].plan->name, "engine", "takeover", from,
                 state_word(core_phase_shown(c->phase)), why);
    takeover_say(t, "job %lld: %s/%s: %s", (long long)b->row.id, b->subs[i].step->id, b->subs[i].plan->name, why);
}

static bool may_act_unchecked(const struct job *b, size_t step)
{
    const struct core_step *st = &b->core.steps[step];
    for (size_t i = st->first; i < st->first + st->n; i++)
        if (b->core.subtasks[i].phase == PHASE_PENDING && !b->core.subtasks[i].has_check &&
            !b->core.subtasks[i].read_only)
            return true;
    return false;
}

/* A copy is some tenths of a second old, or hours where the nodes could not take it. A step behind the current one that
 * has no check, such as a hook of the site, is not run a second time unasked: the job is paused before it. */
static char *stop_before_unchecked(struct job *b, size_t last)
{
    struct buf names = {0};
    for (size_t k = last + 1; k < b->core.n_steps; k++) {
        if (!may_act_unchecked(b, k))
            continue;
        b->core.steps[k].stop = STOP_BREAKPOINT;
        buf_printf(&names, "%s%s", names.len ? ", " : "", b->plan->steps[k].id);
    }
    return names.len ? buf_take(&names) : NULL;
}

/* --- backups --- */

struct backups {
    struct journal *journal;
    int64_t job;
    struct buf lost;
};

static bool add_backup(void *ctx, const char *name, const char *file)
{
    struct backups *x = ctx;
    size_t n = strlen(name);
    if (strncmp(name, "backup.", 7) != 0 || n < 13 || strcmp(name + n - 5, ".file") != 0 || access(file, R_OK) == 0)
        return true;
    char *second = xasprintf("%.*scopy", (int)(n - 4), name), *copy = journal_fact(x->journal, x->job, second);
    buf_printf(&x->lost, "%s%s%s%s%s", x->lost.len ? ", " : "", file, copy ? " (second copy: " : "", copy ? copy : "",
               copy ? ")" : "");
    free(second);
    free(copy);
    return true;
}

/* --- a job --- */

static void set_why(const struct takeover *t, struct job *b, const char *stops)
{
    struct backups x = {.journal = t->journal, .job = b->row.parent ? b->row.parent : b->row.id};
    journal_facts(t->journal, x.job, add_backup, &x, NULL);
    char *why = xasprintf(
        "taken over from %s, as it was at %s. Make sure that no process omsup-run is left on %s; decide "
        "what is In Doubt; then resume%s%s%s%s",
        t->copy.head.host, t->copy.head.time, t->copy.head.host,
        stops ? ". Breakpoints are before steps without a check, which may have been run since: " : "",
        stops ? stops : "", x.lost.len ? ". Backups on that host, which cannot be read here: " : "", buf_str(&x.lost));
    job_set_why(b, why);
    if (x.lost.len)
        takeover_say(t, "backups that cannot be read here: %s", buf_str(&x.lost));
    free(why);
    buf_free(&x.lost);
}

static void pause_job(struct job *b)
{
    if (b->core.mode == MODE_RUNNING || b->core.mode == MODE_WINDOW)
        b->core.mode = MODE_PAUSED;
    b->core.start_at = 0; /* a Ready job is started by an operator */
    b->core.start_missed = false;
    if (b->core.undo == UNDO_DUE) {
        b->core.undo = UNDO_SPENT;
        record_fact(b, UNDO_MARK, "spent");
    }
}

static int adopt_open(struct takeover *t, struct job *b, struct err *e)
{
    unsigned *found = xcalloc(b->core.n_subtasks, sizeof *found);
    const char *from = state_word(core_job_state(&b->core));
    int rc = fence_runs(t, b, found, e);
    size_t last = last_begun(b, found);
    for (size_t i = 0; rc == 0 && i < b->core.n_subtasks; i++)
        adopt_subtask(t, b, i, found[i], b->row.started && core_step_of(&b->core, i) <= last);
    free(found);
    if (rc)
        return rc;
    char *stops = b->row.started ? stop_before_unchecked(b, last) : NULL;
    pause_job(b);
    set_why(t, b, stops);
    if (stops)
        takeover_say(t, "job %lld: breakpoints before steps that have no check: %s", (long long)b->row.id, stops);
    free(stops);
    char *reason =
        xasprintf("from %s, by the copy of %s (event %" PRId64 ")%s%s", t->copy.head.host, t->copy.head.time,
                  t->copy.head.last_event, t->c->force ? ", with --force: " : "", t->c->force ? t->c->reason : "");
    record_event(b, NULL, NULL, t->c->actor, t->c->force ? "takeover-force" : "takeover", from,
                 state_word(core_job_state(&b->core)), reason);
    free(reason);
    free(b->row.boot);
    b->row.boot = xstrdup(t->jobs.boot);
    record_job(b);
    return 0;
}

struct mark {
    struct takeover *t;
    char *fact, *now;
    struct err *e;
    int rc;
};

/* The next hop of a series is not started by itself either. */
static int hold_series(const struct takeover *t, int64_t id, struct err *e)
{
    struct journal_series s;
    int rc = journal_series(t->journal, id, &s, e);
    if (rc == ERR_NOT_FOUND)
        return 0;
    s.continues = rc ? s.continues : false;
    rc = rc ? rc : journal_set_series(t->journal, &s, e);
    journal_series_clear(&s);
    return rc;
}

static bool mark_row(void *ctx, const struct journal_job *row)
{
    struct mark *m = ctx;
    struct takeover *t = m->t;
    m->rc = journal_set_fact(t->journal, row->id, TAKEOVER_FACT, m->fact, m->now, m->e);
    if (m->rc == 0 && row->series && row->series == row->id)
        m->rc = hold_series(t, row->series, m->e);
    return m->rc == 0;
}

int adopt_jobs(struct takeover *t, struct err *e)
{
    int rc = journal_begin(t->journal, e);
    for (struct job *b = t->jobs.first; rc == 0 && b; b = b->next)
        if (!b->row.completed)
            rc = adopt_open(t, b, e);
    struct mark m = {t, xasprintf("%u %s %s %s", t->epoch, t->taker, t->time, t->host), times_now(), e, 0};
    if (rc == 0)
        rc = journal_jobs(t->journal, false, mark_row, &m, e);
    rc = rc ? rc : m.rc;
    if (rc == 0) /* of the journal: it may lack jobs of which nodes have copies */
        rc = journal_set_fact(t->journal, 0, TAKEOVER_FACT, m.fact, m.now, e);
    free(m.fact);
    free(m.now);
    rc = rc ? rc : journal_skip_jobs(t->journal, SKIPPED_JOBS, e);
    return rc ? rc : journal_commit(t->journal, e);
}
