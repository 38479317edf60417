#include "daemon/takeover/takeover.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/takeover/internal.h"

static bool never_ended(void *ctx, const char *token)
{
    (void)ctx, (void)token;
    return false;
}

/* What may stand in a fence. */
static char *fence_word(const char *host)
{
    char *word = xstrndup(*host ? host : "unknown", NODE_FENCE_HOST_MAX);
    size_t n = 0;
    while (word[n += strspn(word + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")])
        word[n] = '-';
    return word;
}

static char *fence_time(void)
{
    char *now = times_now();
    times_whole_seconds(now);
    return now;
}

struct highest {
    struct journal *journal;
    unsigned epoch;
};

static bool look_epoch(void *ctx, const struct journal_job *row)
{
    struct highest *h = ctx;
    char *fact = journal_fact(h->journal, row->id, TAKEOVER_FACT);
    unsigned long number = fact ? strtoul(fact, NULL, 10) : 0;
    unsigned epoch = number < NODE_EPOCH_MAX ? (unsigned)number : NODE_EPOCH_MAX; /* it is outside data */
    h->epoch = epoch > h->epoch ? epoch : h->epoch;
    free(fact);
    return true;
}

static int too_often(const struct takeover *t, struct err *e)
{
    return err_set(e, ERR_LIMIT, "job %lld has been taken over too often", (long long)t->copy.head.job);
}

static int next_epoch(struct takeover *t, struct err *e)
{
    struct highest h = {t->journal, 0};
    int rc = journal_jobs(t->journal, false, look_epoch, &h, e);
    t->epoch = h.epoch + 1;
    if (rc == 0 && t->epoch > NODE_EPOCH_MAX)
        rc = too_often(t, e);
    return rc;
}

static int in_order(struct takeover *t, struct err *e)
{
    int rc = place_open(t, e);
    rc = rc ? rc : fetch_from(t, e);
    rc = rc ? rc : fetch_fill(t, NULL, e);
    rc = rc ? rc : fetch_newer(t, e);
    rc = rc ? rc : next_epoch(t, e);
    rc = rc ? rc : ready_here(t, e);
    rc = rc ? rc : ready_nodes(t, e);
    const struct told *other = rc ? NULL : fence_told(t);
    if (other && other->epoch >= t->epoch && t->c->force)
        t->epoch = other->epoch + 1;
    if (rc == 0 && t->epoch > NODE_EPOCH_MAX)
        rc = too_often(t, e);
    rc = rc ? rc : take_leases(t, e);
    rc = rc ? rc : fence_nodes(t, e);
    rc = rc ? rc : adopt_jobs(t, e);
    if (rc)
        return rc;
    bool ended = t->job->row.completed != NULL;
    char *state =
        xstrdup(t->job->core.mode == MODE_PAUSED ? state_word(STATE_PAUSED) : t->job->row.state); /* runs may go on */
    fetch_close(t);
    rc = place_install(t, e);
    if (rc == 0)
        takeover_say(t, "job %lld (%s) is now this host's: start omsupd, then omsupctl status %lld%s",
                     (long long)t->copy.head.job, state, (long long)t->copy.head.job,
                     ended ? "" : "; nothing of it runs until somebody resumes it");
    free(state);
    return rc;
}

static void on_closed(void *ctx) { *(bool *)ctx = true; }

int takeover(const struct takeover_config *c, void (*say)(const char *line), struct err *e)
{
    struct takeover t = {.c = c, .say = say, .dir = xasprintf("%s/takeover", c->state_dir)};
    bool closed = false;
    t.path = xasprintf("%s/journal.db", t.dir);
    t.host = fence_word(c->host);
    t.time = fence_time();
    uv_loop_init(&t.loop);
    reach_init(&t.reach, &t.loop, c->run_dir, "-", never_ended, NULL);
    t.reach.taken = fence_hear;
    t.reach.ctx = &t;
    int rc = in_order(&t, e);
    fetch_close(&t);
    reach_close(&t.reach, on_closed, &closed);
    spin(&t, &closed);
    while (uv_run(&t.loop, UV_RUN_DEFAULT))
        ;
    uv_loop_close(&t.loop);
    fetched_clear(&t.copy);
    free(t.dir);
    free(t.path);
    free(t.host);
    free(t.time);
    fence_free(&t);
    return rc;
}
