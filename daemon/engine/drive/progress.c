/* Progress and news of running scripts, read from the end of their output. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/drive/drive.h"

enum { PROGRESS_MS = 1000, PROGRESS_STILL_MS = 5000 };

struct look {
    struct jobs *jobs;
    int64_t job;
    size_t seq;
    uint64_t gen;
};

static void take(struct progress *p, const struct lines_progress *now, uint64_t now_ms)
{
    /* Scripts report every 2 s and are read more often, so one reading without news does not mean that nothing moves.
     */
    if (now->done == p->done && now->total == p->total && now_ms - p->at_ms < PROGRESS_STILL_MS)
        return;
    if (p->total > 0 && now_ms > p->at_ms && now->done >= p->done && p->at_ms)
        p->rate = (now->done - p->done) / ((double)(now_ms - p->at_ms) / 1000);
    p->done = now->done;
    p->total = now->total;
    p->at_ms = now_ms;
    free(p->unit);
    p->unit = xstrdup(now->unit);
}

/* Not before the password is known, of which the text is scrubbed. */
static void take_news(struct job *b, size_t seq, const char *output)
{
    char *news = b->login.password ? lines_news(output) : NULL;
    if (news)
        job_waits(b, seq, news);
    free(news);
}

static void on_tail(void *ctx, const struct node_result *r)
{
    struct look *l = ctx;
    struct job *b = jobs_find(l->jobs, l->job);
    struct lines_progress p;
    if (b && r->outcome == NODE_EXITED && b->subs[l->seq].work.gen == l->gen) {
        if (lines_progress(r->output, &p))
            take(&b->subs[l->seq].progress, &p, job_time_ms(b));
        take_news(b, l->seq, r->output);
        b->changed = true;
    }
    free(l);
}

void progress_tick(struct job *b)
{
    uint64_t now = job_time_ms(b);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct sub *s = &b->subs[i];
        if (!s->plan->progress || s->work.what != WORK_ACT || !s->work.sent ||
            now - s->progress.asked_ms < PROGRESS_MS || !host_up(job_host(b, i)))
            continue;
        s->progress.asked_ms = now;
        struct look *l = xcalloc(1, sizeof *l);
        *l = (struct look){b->jobs, b->row.id, i, s->work.gen};
        char *token = job_token(b, i, b->core.subtasks[i].attempt);
        node_tail(job_host(b, i)->node, token, UINT64_MAX, on_tail, l);
        free(token);
    }
}
