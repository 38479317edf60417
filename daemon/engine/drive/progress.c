/* Progress and news of running scripts, read from the end of their output. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/drive/drive.h"

enum {
    PROGRESS_MS = 1000,
    PROGRESS_STILL_MS = 5000,
    DOCKER_MS = 8000, /* between two questions to Docker, beside a run that uses it */
    DOCKER_PATIENCE_MS = 6000
};

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

static const char stuck[] = "stuck: ";

/* What a running script waits for. That it is stuck is an event when it begins. */
static void tell(struct job *b, size_t seq, const char *what)
{
    struct sub *s = &b->subs[seq];
    bool was = s->waits && strncmp(s->waits, stuck, sizeof stuck - 1) == 0;
    bool is = strncmp(what, stuck, sizeof stuck - 1) == 0;
    job_waits(b, seq, what);
    if (was || !is)
        return;
    log_warn("job %lld: %s/%s: %s", (long long)b->row.id, s->step->id, s->plan->name, s->waits);
    record_event(b, s->step->id, s->plan->name, "engine", "stuck", NULL, NULL, s->waits + sizeof stuck - 1);
}

/* Not before the password is known, of which the text is scrubbed, before it is cut. */
static void take_news(struct job *b, size_t seq, const char *output)
{
    size_t len = strlen(output);
    char *text = xstrndup(output, len);
    redact_scrub(&b->login.redact, text, &len);
    text[len] = '\0';
    char *news = b->login.password ? lines_news(text) : NULL;
    free(text);
    if (news)
        tell(b, seq, news);
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

/* Docker was asked beside a run that uses it and may be waiting for it. */
static void on_docker(void *ctx, const struct node_result *r)
{
    static const char words[] = "stuck: Docker does not answer on ";
    struct look *l = ctx;
    struct job *b = jobs_find(l->jobs, l->job);
    if (b && r->outcome == NODE_EXITED && b->subs[l->seq].work.gen == l->gen) {
        struct sub *s = &b->subs[l->seq];
        if (r->exit != 0) {
            struct lines said;
            lines_parse(r->output, r->output_len, &said);
            const char *why = lines_message(&said);
            char *what = xasprintf("%s%s: %s; check the Docker service there. The step continues when it answers",
                                   words, b->plan->hosts[s->plan->host].name, why ? why : "no answer in time");
            tell(b, l->seq, what);
            free(what);
            lines_free(&said);
        } else if (s->waits && strncmp(s->waits, words, sizeof words - 1) == 0) {
            job_waits(b, l->seq, NULL);
        }
    }
    free(l);
}

static void docker_tick(struct job *b, size_t seq, uint64_t now)
{
    struct sub *s = &b->subs[seq];
    const struct work *w = &s->work;
    uint64_t asked = s->progress.docker_ms > w->begun_ms ? s->progress.docker_ms : w->begun_ms;
    if (w->what != WORK_ACT || !w->sent || s->plan->kind != KIND_RUN || !s->plan->act.script ||
        !strstr(s->plan->act.script, "$DOCKER") || now - asked < DOCKER_MS || !host_up(job_host(b, seq)))
        return;
    s->progress.docker_ms = now;
    struct look *l = xcalloc(1, sizeof *l);
    *l = (struct look){b->jobs, b->row.id, seq, w->gen};
    struct node_script ask = {.env = (const char *const *)s->plan->env,
                              .script = "exec \"$DOCKER\" version -f '{{.Server.Version}}'"};
    node_probe(job_host(b, seq)->node, &ask, DOCKER_PATIENCE_MS, on_docker, l);
}

void progress_tick(struct job *b)
{
    uint64_t now = job_time_ms(b);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct sub *s = &b->subs[i];
        docker_tick(b, i, now);
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
