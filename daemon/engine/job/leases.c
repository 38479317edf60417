/* Whose lease on the MetaDB a job may take over: see action/lock.h. */
#include "common/buf.h"
#include "daemon/engine/job/job.h"

enum { LEASES_MAX = 32 }; /* leases of older jobs have expired */

struct leases {
    const struct job *b;
    struct buf out;
    unsigned n;
};

static bool note_open_run(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    bool *open = ctx;
    *open = *open || s->open_run;
    return true;
}

/* It has ended, and no attempt of it may still be running unobserved. */
static bool is_over(const struct job *b, int64_t id)
{
    bool open = false;
    return !jobs_find(b->jobs, id) && !held_why(b->jobs, id) &&
           journal_subtasks(b->jobs->journal, id, note_open_run, &open, NULL) == 0 && !open;
}

static void add_name(struct leases *x, int64_t id)
{
    char *name = takeover_lease(x->b->jobs, id);
    buf_printf(&x->out, "%s\n", name);
    free(name);
}

static bool add_lease(void *ctx, const struct journal_job *row)
{
    struct leases *x = ctx;
    const struct job *b = x->b;
    if (row->id != b->row.id && row->id != b->row.parent && is_over(b, row->id))
        add_name(x, row->id);
    return ++x->n < LEASES_MAX;
}

/* The upgrade that a rollback undoes, and jobs that have ended: a canceled job does not release its lease. */
char *leases_of(const struct job *b)
{
    struct leases x = {b, {0}, 0};
    if (b->row.parent)
        add_name(&x, b->row.parent);
    journal_jobs(b->jobs->journal, false, add_lease, &x, NULL);
    return buf_take(&x.out);
}
