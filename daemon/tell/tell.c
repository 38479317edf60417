#include "daemon/tell/tell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/tell/document.h"
#include "daemon/tell/journald.h"
#include "daemon/tell/metrics.h"
#include "daemon/tell/queue.h"

enum {
    AGAIN_MS = 1000,
    AGAIN_MAX_MS = 300000,
    TRIES = 5,                     /* of one notice, while others wait behind it */
    KEPT_MS = 24 * 60 * 60 * 1000, /* what nobody has taken for so long is no news any more */
    CLOSE_MS = 5000
};

struct test;

struct tell {
    uv_loop_t *loop;
    struct tell_config config;
    struct engine *engine;
    struct jobs *jobs;
    struct told *targets;
    size_t n;
    struct metrics *metrics;
    uv_timer_t timer, limit; /* timer: at due_ms */
    uint64_t due_ms;
    struct test *test;
    bool closing;
    unsigned open; /* deliveries, and handles while it closes */
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void maybe_closed(struct tell *t);

static void on_timer(uv_timer_t *timer);

static void wake(struct tell *t, uint64_t ms)
{
    uint64_t at = uv_now(t->loop) + ms;
    if (t->closing || (uv_is_active((uv_handle_t *)&t->timer) && t->due_ms <= at))
        return;
    t->due_ms = at;
    uv_timer_start(&t->timer, on_timer, ms, 0);
}

/* --- what is to be told ----------------------------------------------------------------------------------- */

static void drop(struct told *q, struct notice *n, const char *why)
{
    char *what = xasprintf("target %s is not told of event %lld (%s): %s", q->name, (long long)n->event,
                           kind_words[n->kind], why);
    q->dropped++;
    log_warn("%s", what);
    record_told(q->tell->jobs, n->id);
    record_noted(q->tell->jobs, "engine", "notice-dropped", what);
    notice_free(n);
    free(what);
}

static void drop_oldest(struct told *q)
{
    if (!q->busy) {
        drop(q, queue_take(q), "too many wait");
        return;
    }
    struct notice *n = q->first->next;
    q->first->next = n->next;
    if (!n->next)
        q->end = &q->first->next;
    q->n--;
    drop(q, n, "too many wait");
}

static bool wants(const struct told *q, enum kind k)
{
    return q->config ? (q->config->kinds >> k) & 1 : access(q->tell->config.journald, F_OK) == 0;
}

static void on_event(void *ctx, const struct job *b, const struct journal_event *ev)
{
    struct tell *t = ctx;
    enum kind k = kind_of(b, ev);
    metrics_changed(t->metrics);
    for (size_t i = 0; k != N_KINDS && i < t->n; i++) {
        struct told *q = &t->targets[i];
        if (!wants(q, k) || queue_has(q, ev, k))
            continue;
        queue_add(
            q, notice_new(record_notice(t->jobs, ev, q->name, kind_words[k]), ev->id, k, ev->job, ev->step, ev->time));
        if (q->n > QUEUE_MAX)
            drop_oldest(q);
        wake(t, 0);
    }
}

/* --- telling it -------------------------------------------------------------------------------------------- */

/* For whoever looks at a job: who has not been told of it. */
static void show_trouble(struct tell *t)
{
    struct buf b = {0};
    for (size_t i = 0; i < t->n; i++)
        if (t->targets[i].trouble)
            buf_printf(&b, "%s%s: %s", b.len ? "; " : "", t->targets[i].name, t->targets[i].trouble);
    free(t->jobs->untold);
    t->jobs->untold = b.len ? buf_take(&b) : NULL;
    if (!t->closing)
        engine_tell(t->engine, 0);
}

static void works(struct told *q)
{
    struct tell *t = q->tell;
    struct notice *n = queue_take(q);
    record_told(t->jobs, n->id);
    notice_free(n);
    q->sent++;
    q->failures = 0;
    q->again_ms = 0;
    free(q->last);
    q->last = times_now();
    if (!q->trouble)
        return;
    char *what = xasprintf("target %s can be notified again", q->name);
    log_info("%s", what);
    record_noted(t->jobs, "engine", "notify-works", what);
    free(what);
    free(q->trouble);
    free(q->since);
    q->trouble = q->since = NULL;
    show_trouble(t);
}

static void fails(struct told *q, const char *why)
{
    struct tell *t = q->tell;
    unsigned shift = q->failures < 16 ? q->failures : 16;
    uint64_t pause = (uint64_t)AGAIN_MS << shift;
    q->failed++;
    q->failures++;
    q->again_ms = uv_now(t->loop) + (pause < AGAIN_MAX_MS ? pause : AGAIN_MAX_MS);
    if (++q->first->tries >= TRIES && q->n > 1)
        queue_rotate(q);
    if (q->trouble && strcmp(q->trouble, why) == 0)
        return;
    char *what = xasprintf("target %s cannot be notified: %s", q->name, why);
    log_warn("%s; it is tried again", what);
    if (!q->trouble) {
        record_noted(t->jobs, "engine", "notify-failed", what);
        q->since = times_now();
    }
    free(what);
    free(q->trouble);
    q->trouble = xstrdup(why);
    show_trouble(t);
}

static void on_told(void *ctx, const char *why)
{
    struct told *q = ctx;
    struct tell *t = q->tell;
    q->busy = false;
    q->delivery = NULL;
    t->open--;
    if (!why)
        works(q);
    else if (!t->closing) /* otherwise it was ended by us, and is told after the next start */
        fails(q, why);
    metrics_changed(t->metrics);
    wake(t, 0);
    maybe_closed(t);
}

static void tell_journald(struct told *q, const cJSON *doc)
{
    struct buf fields = {0};
    struct err e = {0};
    journald_fields(doc, q->first->kind, &fields);
    int rc = journald_send(q->tell->config.journald, &fields, &e);
    buf_free(&fields);
    on_told(q, rc && rc != ERR_NOT_FOUND ? e.msg : NULL);
}

static void tell_first(struct told *q)
{
    struct tell *t = q->tell;
    cJSON *doc = document_of(t->jobs, q->first->event, q->first->kind);
    if (!doc) {
        drop(q, queue_take(q), "the event is no longer in the journal");
        wake(t, 0);
        return;
    }
    q->busy = true;
    t->open++;
    if (!q->config) {
        tell_journald(q, doc);
    } else {
        char *text = cJSON_PrintUnformatted(doc);
        struct delivery *d = deliver(t->loop, t->jobs, q->config, text, q->first->job, on_told, q);
        if (d)
            q->delivery = d;
        free(text);
    }
    cJSON_Delete(doc);
}

/* A notice is told when it is durable, and not before. */
static void on_timer(uv_timer_t *timer)
{
    struct tell *t = timer->data;
    uint64_t now = uv_now(t->loop), next = UINT64_MAX;
    if (t->closing)
        return;
    engine_flush(t->engine);
    for (size_t i = 0; i < t->n; i++) {
        struct told *q = &t->targets[i];
        while (q->first && !q->busy && times_ms_since(q->first->time) > KEPT_MS)
            drop(q, queue_take(q), "it is more than a day old");
        if (q->first && !q->busy && q->again_ms <= now)
            tell_first(q);
        if (q->first && !q->busy && q->again_ms < next)
            next = q->again_ms;
    }
    if (next != UINT64_MAX)
        wake(t, next > now ? next - now : 0);
}

/* --- a test ------------------------------------------------------------------------------------------------ */

struct tried {
    struct test *test;
    const struct target_config *config;
    struct delivery *delivery;
};

struct test {
    struct tell *tell;
    struct tried *tried;
    size_t n, left;
    cJSON *list;
    tell_reply *reply;
    void *ctx;
};

static void end_test(struct test *x)
{
    struct err e = {0};
    cJSON *result = cJSON_CreateObject();
    cJSON_AddItemToObject(result, "targets", x->list);
    x->tell->test = NULL;
    x->reply(x->ctx, result, &e);
    free(x->tried);
    free(x);
}

static void on_tried(void *ctx, const char *why)
{
    struct tried *d = ctx;
    struct test *x = d->test;
    struct tell *t = x->tell;
    cJSON *o = cJSON_CreateObject();
    d->delivery = NULL;
    cJSON_AddStringToObject(o, "target", d->config->name);
    cJSON_AddBoolToObject(o, "told", !why);
    if (why)
        cJSON_AddStringToObject(o, "why", why);
    cJSON_AddItemToArray(x->list, o);
    t->open--;
    if (--x->left == 0)
        end_test(x);
    maybe_closed(t);
}

static bool named(const struct target_config *c, const char *target) { return !target || strcmp(c->name, target) == 0; }

void tell_test(struct tell *t, const char *target, const char *actor, tell_reply *reply, void *ctx)
{
    struct err e = {0};
    size_t n = 0;
    const struct targets *all = t->config.targets;
    for (size_t i = 0; i < all->n; i++)
        n += named(&all->at[i], target);
    if (t->test || t->closing)
        err_set(&e, ERR_BUSY, "another test is under way; try again when it has ended");
    else if (n == 0 && target)
        err_set(&e, ERR_NOT_FOUND, "there is no target \"%s\" under \"notify\" in omsupd.yaml", target);
    else if (n == 0)
        err_set(&e, ERR_NOT_FOUND, "there is no target: omsupd.yaml has no \"notify\"");
    if (e.code) {
        reply(ctx, NULL, &e);
        return;
    }
    struct test *x = xcalloc(1, sizeof *x);
    *x = (struct test){.tell = t,
                       .tried = xcalloc(n, sizeof *x->tried),
                       .n = n,
                       .left = n,
                       .list = cJSON_CreateArray(),
                       .reply = reply,
                       .ctx = ctx};
    cJSON *doc = document_test(t->jobs, actor);
    char *text = cJSON_PrintUnformatted(doc);
    struct tried *d = x->tried;
    t->test = x;
    t->open += (unsigned)n;
    for (size_t i = 0, left = n; left; i++) {
        if (!named(&all->at[i], target))
            continue;
        *d = (struct tried){x, &all->at[i], NULL};
        left--; /* the last one may end the test before it returns */
        struct delivery *begun = deliver(t->loop, t->jobs, &all->at[i], text, 0, on_tried, d);
        if (begun)
            d->delivery = begun;
        d++;
    }
    free(text);
    cJSON_Delete(doc);
}

/* --- how it goes ------------------------------------------------------------------------------------------- */

static void add_time(cJSON *o, const char *name, const char *time)
{
    char *shown = xstrdup(time);
    if (!shown)
        return;
    times_whole_seconds(shown);
    cJSON_AddStringToObject(o, name, shown);
    free(shown);
}

cJSON *tell_status(const struct tell *t)
{
    cJSON *o = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(o, "targets");
    for (size_t i = 0; i < t->n; i++) {
        const struct told *q = &t->targets[i];
        const struct target_config *c = q->config;
        cJSON *x = cJSON_CreateObject();
        cJSON_AddStringToObject(x, "target", q->name);
        cJSON_AddStringToObject(x, "how", !c ? "journald" : c->command ? "command" : "webhook");
        cJSON_AddStringToObject(x, "by", !c ? t->config.journald : c->command ? c->command[0] : c->webhook);
        cJSON_AddNumberToObject(x, "waiting", (double)q->n);
        cJSON_AddNumberToObject(x, "told", (double)q->sent);
        cJSON_AddNumberToObject(x, "failed", (double)q->failed);
        cJSON_AddNumberToObject(x, "dropped", (double)q->dropped);
        if (q->trouble)
            cJSON_AddStringToObject(x, "trouble", q->trouble);
        add_time(x, "since", q->since);
        add_time(x, "last", q->last);
        cJSON_AddItemToArray(list, x);
    }
    return o;
}

/* --- start and end ----------------------------------------------------------------------------------------- */

struct rest {
    struct tell *tell;
    int64_t *strange; /* of targets that are no longer configured */
    size_t n;
};

static bool load(void *ctx, const struct journal_notice *row)
{
    struct rest *x = ctx;
    struct tell *t = x->tell;
    enum kind k = kind_parse(row->kind);
    for (size_t i = 0; k != N_KINDS && i < t->n; i++)
        if (strcmp(t->targets[i].name, row->target) == 0) {
            queue_add(&t->targets[i], notice_new(row->id, row->event, k, row->job, row->step, row->time));
            return true;
        }
    x->strange = xrealloc(x->strange, x->n + 1, sizeof *x->strange);
    x->strange[x->n++] = row->id;
    return true;
}

static void add_targets(struct tell *t)
{
    size_t n = t->config.targets->n;
    t->targets = xcalloc(n + 1, sizeof *t->targets);
    for (size_t i = 0; i < n; i++)
        t->targets[t->n++] = (struct told){.config = &t->config.targets->at[i], .name = t->config.targets->at[i].name};
    if (t->config.journald)
        t->targets[t->n++] = (struct told){.name = "journald"};
    for (size_t i = 0; i < t->n; i++) {
        t->targets[i].tell = t;
        queue_init(&t->targets[i]);
    }
}

int tell_open(uv_loop_t *loop, const struct tell_config *c, struct engine *en, struct tell **out, struct err *e)
{
    struct tell *t = xcalloc(1, sizeof *t);
    *t = (struct tell){.loop = loop, .config = *c, .engine = en, .jobs = engine_jobs(en)};
    add_targets(t);
    uv_timer_init(loop, &t->timer);
    uv_timer_init(loop, &t->limit);
    t->timer.data = t->limit.data = t;
    t->metrics = metrics_open(loop, c->metrics, c->journal, t->jobs, t->targets, t->n);
    struct rest x = {.tell = t};
    int rc = journal_notices(t->jobs->journal, load, &x, e);
    for (size_t i = 0; rc == 0 && i < x.n; i++)
        record_told(t->jobs, x.strange[i]);
    free(x.strange);
    t->jobs->heard = on_event;
    t->jobs->heard_ctx = t;
    wake(t, 0);
    *out = t;
    return rc;
}

static void on_limit(uv_timer_t *timer)
{
    log_warn("exiting without waiting for a program that tells people and cannot be ended");
    _exit(0);
}

static void handle_closed(uv_handle_t *h)
{
    struct tell *t = h->data;
    t->open--;
    maybe_closed(t);
}

static void metrics_gone(void *ctx)
{
    struct tell *t = ctx;
    t->open--;
    maybe_closed(t);
}

static void maybe_closed(struct tell *t)
{
    if (!t->closing)
        return;
    if (t->open == 1 && !uv_is_closing((uv_handle_t *)&t->limit)) /* all but this has ended */
        uv_close((uv_handle_t *)&t->limit, handle_closed);
    if (t->open)
        return;
    for (size_t i = 0; i < t->n; i++) {
        struct told *q = &t->targets[i];
        while (q->first)
            notice_free(queue_take(q));
        free(q->trouble);
        free(q->since);
        free(q->last);
    }
    void (*closed)(void *) = t->closed;
    void *ctx = t->closed_ctx;
    free(t->targets);
    free(t);
    closed(ctx);
}

void tell_close(struct tell *t, void (*closed)(void *ctx), void *ctx)
{
    t->closing = true;
    t->closed = closed;
    t->closed_ctx = ctx;
    t->jobs->heard = NULL;
    t->open += 3; /* the timer, its limit, the metrics */
    for (size_t i = 0; i < t->n; i++)
        if (t->targets[i].delivery)
            delivery_end(t->targets[i].delivery);
    for (size_t i = 0; t->test && i < t->test->n; i++)
        if (t->test->tried[i].delivery)
            delivery_end(t->test->tried[i].delivery);
    uv_timer_start(&t->limit, on_limit, CLOSE_MS, 0);
    uv_close((uv_handle_t *)&t->timer, handle_closed);
    metrics_close(t->metrics, metrics_gone, t);
}
