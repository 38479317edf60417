/* What the journal says of a chained upgrade: which hops have a job, what became of them, which one is next. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

static const char between[] = " > ";

char *series_path(const char *source, const char *const *targets, size_t n)
{
    struct buf b = {0};
    buf_puts(&b, source);
    for (size_t i = 0; i < n; i++)
        buf_printf(&b, "%s%s", between, targets[i]);
    return buf_take(&b);
}

/* "4.1.1 > 4.2.0 > 4.2.13" are two hops. */
static void read_path(struct series *s)
{
    const char *at = s->row.path, *end;
    s->hops = xcalloc(s->row.hops, sizeof *s->hops);
    for (; s->n < s->row.hops && (end = strstr(at, between)); at = end + strlen(between)) {
        const char *target = end + strlen(between), *rest = strstr(target, between);
        s->hops[s->n++] =
            (struct series_hop){.source = xstrndup(at, (size_t)(end - at)),
                                .target = xstrndup(target, rest ? (size_t)(rest - target) : strlen(target))};
    }
}

static enum state state_of_row(const struct jobs *js, const struct journal_job *row)
{
    const struct job *b = jobs_find(js, row->id);
    return b ? core_job_state(&b->core) : held_why(js, row->id) ? STATE_PAUSED : state_parse(row->state, STATE_OF_JOB);
}

struct reading {
    const struct jobs *js;
    struct series *s;
};

static bool read_job(void *ctx, const struct journal_job *row)
{
    const struct reading *r = ctx;
    struct series *s = r->s;
    enum state st = state_of_row(r->js, row);
    if (row->hop > 0 && row->hop <= (int64_t)s->n) {
        struct series_hop *h = &s->hops[row->hop - 1];
        h->job = row->id;
        h->state = st;
        h->started = row->started != NULL;
        return true;
    }
    for (size_t k = 0; k < s->n; k++)
        if (row->parent && s->hops[k].job == row->parent) {
            s->hops[k].undo_tried = true;
            s->hops[k].undone |= st == STATE_SUCCESSFUL;
            s->hops[k].undone_by = st == STATE_CANCELED ? s->hops[k].undone_by : row->id;
        }
    return true;
}

/* Which hop is next, and where the series has ended. */
static void judge(struct series *s)
{
    size_t last = 0, stands = 0;
    bool undo = false, unclear = false;
    while (last < s->n && s->hops[last].job)
        last++;
    for (size_t k = 0; k < last; k++) {
        const struct series_hop *h = &s->hops[k];
        stands += stands == k && h->state == STATE_SUCCESSFUL && !h->undo_tried;
        undo |= h->undo_tried;
        unclear |= !h->undone && (h->undo_tried || (h->started && h->state != STATE_SUCCESSFUL));
    }
    enum state st = last ? s->hops[last - 1].state : STATE_CANCELED;
    s->next = last && last < s->n && st == STATE_SUCCESSFUL && !undo ? (unsigned)last + 1 : 0;
    s->over = undo || st == STATE_CANCELED || (last == s->n && st == STATE_SUCCESSFUL);
    if (s->over && !unclear && stands < s->n)
        s->ended = s->hops[stands].source;
}

int series_load(const struct jobs *js, int64_t id, struct series *out, struct err *e)
{
    struct series s = {0};
    struct reading r = {js, &s};
    int rc = journal_series(js->journal, id, &s.row, e);
    if (rc)
        return rc;
    read_path(&s);
    rc = journal_jobs_of_series(js->journal, id, read_job, &r, e);
    if (rc) {
        series_clear(&s);
        return rc;
    }
    judge(&s);
    *out = s;
    return 0;
}

void series_clear(struct series *s)
{
    for (size_t k = 0; k < s->n; k++) {
        free(s->hops[k].source);
        free(s->hops[k].target);
    }
    free(s->hops);
    journal_series_clear(&s->row);
    *s = (struct series){0};
}
