#include "daemon/tell/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/alloc.h"
#include "common/utf8.h"
#include "daemon/engine/view/view.h"

/* A value: whatever it holds, it stays one label of one line. */
static void label(struct buf *out, const char *value)
{
    struct buf clean = {0};
    size_t len = strlen(value);
    utf8_add(&clean, value, len > METRICS_LABEL_MAX ? utf8_whole(value, METRICS_LABEL_MAX) : len);
    for (const char *c = buf_str(&clean); *c; c++)
        if (*c == '\n')
            buf_puts(out, "\\n");
        else
            buf_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    buf_free(&clean);
}

void metrics_name(struct buf *out, const char *name, const char *const *labels)
{
    buf_puts(out, name);
    for (const char *const *l = labels; l && l[0]; l += 2) {
        buf_printf(out, "%s%s=\"", l == labels ? "{" : ",", l[0]);
        label(out, l[1] ? l[1] : "");
        buf_puts(out, "\"");
    }
    buf_puts(out, labels && labels[0] ? "} " : " ");
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void value(struct buf *out, const char *name, double v, const char *const *labels)
{
    metrics_name(out, name, labels);
    buf_printf(out, "%.15g\n", v);
}

#define LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* --- jobs -------------------------------------------------------------------------------------------------- */

struct view_of {
    const struct job *b;
    char id[24];
};

static double seconds(const char *from, const char *to)
{
    char *now = to ? NULL : times_now();
    double s = from ? times_seconds(to ? to : now) - times_seconds(from) : 0;
    free(now);
    return s > 0 ? s : 0;
}

static const char *step_now(const struct job *b)
{
    size_t k = core_current_step(&b->core);
    return k < b->core.n_steps ? b->plan->steps[k].id : "-";
}

static void job_states(struct buf *out, const struct view_of *v)
{
    for (int s = 0; s < N_STATES; s++)
        if (state_of((enum state)s, STATE_OF_JOB))
            value(out, "omsupd_job_state", core_job_state(&v->b->core) == (enum state)s,
                  LABELS("job", v->id, "state", state_word((enum state)s)));
}

static void subtask_states(struct buf *out, const struct view_of *v)
{
    for (int s = 0; s < N_STATES; s++) {
        size_t n = 0;
        for (size_t i = 0; i < v->b->core.n_subtasks; i++)
            n += core_phase_shown(v->b->core.subtasks[i].phase) == (enum state)s;
        if (state_of((enum state)s, STATE_OF_SUB))
            value(out, "omsupd_job_subtasks", (double)n, LABELS("job", v->id, "state", state_word((enum state)s)));
    }
}

static void job_info(struct buf *out, const struct view_of *v)
{
    const struct plan *p = v->b->plan;
    value(out, "omsupd_job_info", 1,
          LABELS("job", v->id, "type", job_type_name(p->type), "deployment", p->deployment, "source", p->source,
                 "target", p->target));
}

static void step_number(struct buf *out, const struct view_of *v)
{
    value(out, "omsupd_job_step", (double)core_current_step(&v->b->core) + 1,
          LABELS("job", v->id, "step", step_now(v->b)));
}

static void step_elapsed(struct buf *out, const struct view_of *v)
{
    size_t k = core_current_step(&v->b->core);
    const char *began = NULL;
    for (size_t i = 0; k < v->b->core.n_steps && i < v->b->core.steps[k].n; i++) {
        const char *t = v->b->subs[v->b->core.steps[k].first + i].began;
        const char *started = v->b->subs[v->b->core.steps[k].first + i].started;
        t = t ? t : started;
        if (t && (!began || times_later(began, t)))
            began = t;
    }
    value(out, "omsupd_job_step_elapsed_seconds", seconds(began, NULL), LABELS("job", v->id, "step", step_now(v->b)));
}

static void job_elapsed(struct buf *out, const struct view_of *v)
{
    value(out, "omsupd_job_elapsed_seconds", seconds(v->b->row.started, NULL), LABELS("job", v->id));
}

static void job_outage(struct buf *out, const struct view_of *v)
{
    double s = view_outage_s(v->b);
    if (s >= 0)
        value(out, "omsupd_job_outage_seconds", s, LABELS("job", v->id));
}

static void job_nodes(struct buf *out, const struct view_of *v)
{
    size_t n = 0;
    for (size_t h = 0; h < v->b->plan->n_hosts; h++)
        n += v->b->hosts[h] && !host_up(v->b->hosts[h]);
    value(out, "omsupd_job_nodes_unreachable", (double)n, LABELS("job", v->id));
}

/* Of a job that has had it: since when it was certain last. */
static void job_lease(struct buf *out, const struct view_of *v)
{
    if (v->b->lease.sure_ms)
        value(out, "omsupd_job_lease_age_seconds", (double)(job_time_ms(v->b) - v->b->lease.sure_ms) / 1000,
              LABELS("job", v->id));
}

static void job_lease_trouble(struct buf *out, const struct view_of *v)
{
    value(out, "omsupd_job_lease_unsure", v->b->lease.trouble != NULL, LABELS("job", v->id));
}

static const struct {
    const char *name, *help;
    void (*add)(struct buf *out, const struct view_of *v);
} of_jobs[] = {
    {"omsupd_job_info", "A job that has not ended; always 1.", job_info},
    {"omsupd_job_state", "1 for the state that the job is in, 0 for the others.", job_states},
    {"omsupd_job_subtasks", "Subtasks of the job by state.", subtask_states},
    {"omsupd_job_step", "Number of the step that the job has reached, from 1.", step_number},
    {"omsupd_job_step_elapsed_seconds", "Time since the present step began.", step_elapsed},
    {"omsupd_job_elapsed_seconds", "Time since the job was started.", job_elapsed},
    {"omsupd_job_outage_seconds", "Time that OMS has been out of service for this job; absent before.", job_outage},
    {"omsupd_job_nodes_unreachable", "Hosts of the job that cannot be reached now.", job_nodes},
    {"omsupd_job_lease_age_seconds",
     "Time since it was last certain that the job has the lock in the MetaDB; absent without it.", job_lease},
    {"omsupd_job_lease_unsure", "1 while it is not certain that the lock in the MetaDB is still the job's.",
     job_lease_trouble},
};

static void add_jobs(struct buf *out, const struct jobs *js)
{
    for (size_t m = 0; m < sizeof of_jobs / sizeof *of_jobs; m++) {
        size_t n = 0;
        head(out, of_jobs[m].name, "gauge", of_jobs[m].help);
        for (const struct job *b = js->first; b && n < METRICS_JOBS; b = b->next, n++) {
            struct view_of v = {.b = b};
            snprintf(v.id, sizeof v.id, "%lld", (long long)b->row.id);
            of_jobs[m].add(out, &v);
        }
    }
}

static void add_states(struct buf *out, const struct jobs *js)
{
    head(out, "omsupd_jobs", "gauge", "Jobs that have not ended, by state.");
    for (int s = 0; s < N_STATES; s++) {
        size_t n = 0;
        for (const struct job *b = js->first; b; b = b->next)
            n += core_job_state(&b->core) == (enum state)s;
        if (state_of((enum state)s, STATE_OF_JOB))
            value(out, "omsupd_jobs", (double)n, LABELS("state", state_word((enum state)s)));
    }
}

/* --- the rest ---------------------------------------------------------------------------------------------- */

static void add_size(struct buf *out, const char *path, const char *suffix, const char *file)
{
    struct stat st;
    char *name = xasprintf("%s%s", path, suffix);
    if (stat(name, &st) == 0)
        value(out, "omsupd_journal_bytes", (double)st.st_size, LABELS("file", file));
    free(name);
}

enum count { WAITING, TOLD, FAILED, DROPPED, TROUBLE };

static void add_count(struct buf *out, const char *name, const char *type, const char *help, enum count c,
                      const struct told *targets, size_t n)
{
    head(out, name, type, help);
    for (size_t i = 0; i < n; i++) {
        const struct told *q = &targets[i];
        double v[] = {[WAITING] = (double)q->n,
                      [TOLD] = (double)q->sent,
                      [FAILED] = (double)q->failed,
                      [DROPPED] = (double)q->dropped,
                      [TROUBLE] = q->trouble != NULL};
        value(out, name, v[c], LABELS("target", q->name));
    }
}

void metrics_text(const struct jobs *js, const struct told *targets, size_t n, const char *journal, uint64_t unwritten,
                  struct buf *out)
{
    head(out, "omsupd_info", "gauge", "The omsupd that writes this; always 1.");
    value(out, "omsupd_info", 1, LABELS("version", OMSUP_VERSION));
    add_states(out, js);
    add_jobs(out, js);
    head(out, "omsupd_journal_bytes", "gauge", "Size of the journal and of its log.");
    add_size(out, journal, "", "journal");
    add_size(out, journal, "-wal", "log");
    add_count(out, "omsupd_notices_waiting", "gauge", "Notices that a target has not taken yet.", WAITING, targets, n);
    add_count(out, "omsupd_notices_told_total", "counter", "Notices that a target has taken since omsupd started.",
              TOLD, targets, n);
    add_count(out, "omsupd_notify_failures_total", "counter",
              "Tries to tell a target that failed since omsupd started.", FAILED, targets, n);
    add_count(out, "omsupd_notices_dropped_total", "counter", "Notices that were given up since omsupd started.",
              DROPPED, targets, n);
    add_count(out, "omsupd_notify_failing", "gauge", "1 while a target cannot be notified.", TROUBLE, targets, n);
    head(out, "omsupd_metrics_unwritten_total", "counter",
         "Times that this file could not be written since omsupd started.");
    value(out, "omsupd_metrics_unwritten_total", (double)unwritten, NULL);
}
