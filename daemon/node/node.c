#include "daemon/node/node.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "daemon/node/channel.h"
#include "daemon/node/queue.h"
#include "daemon/node/wire.h"

enum {
    BACKOFF_MIN_MS = 500,
    BACKOFF_MAX_MS = 15 * 1000,
    TICK_MS = 2000,
    PING_MS = 10 * 1000,    /* of silence, before the agent is asked to say something */
    SILENCE_MS = 60 * 1000, /* after which the channel is given up */
    PENDING_TICKS = 15,     /* for a run to pass its fence before it is fenced */
    PROBE_SLACK_MS = 10 * 1000,
    TAIL_MAX = 64 * 1024,
};

enum kind { RUN, LOOK, KILL, TAIL, PROBE, CHECK, FORGET, FENCE };
static const struct {
    const char *word; /* as the agent reads it */
    size_t limit;     /* bytes of an answer's output */
} kinds[] = {
    [RUN] = {"run", NODE_OUTPUT_MAX},
    [LOOK] = {"look", NODE_OUTPUT_MAX},
    [KILL] = {"kill", NODE_OUTPUT_MAX},
    [TAIL] = {"tail", TAIL_MAX},
    [PROBE] = {"probe", NODE_PROBE_MAX},
    [CHECK] = {"check", 0},
    [FORGET] = {"forget", 0},
    [FENCE] = {"fence", 0},
};
TABLE_ENDS(kinds, FENCE);

struct request {
    struct link link; /* first: see queue.h */
    uint64_t id;
    enum kind kind;
    node_cb *cb; /* NULL: already answered, the agent's answer is still to come */
    void *ctx;
    char *token;
    struct buf out;
    uint64_t deadline; /* PROBE */
    uint64_t of;       /* CHECK: the run */
    unsigned missing;  /* RUN: checks in a row that found it ended or not begun */
    bool checking;     /* RUN */
    bool forgotten;    /* RUN: from now on a look would make a fence */
};
static struct request *first(const struct queue *q) { return (struct request *)q->first; }
static struct request *next(const struct request *r) { return (struct request *)r->link.next; }

struct node {
    uv_loop_t *loop;
    char *name, *ssh, *run_dir;
    struct node_target target;
    node_state_cb *cb;
    node_taken_cb *taken;
    void *ctx;
    enum node_state state;
    char boot_id[WIRE_BOOT_ID_MAX + 1];
    char *why;
    struct channel *channel; /* NULL when down */
    int channels;            /* not closed yet, the current one included */
    struct queue open, gone; /* sent; to be answered NODE_GONE */
    uint64_t last_id;
    unsigned backoff;
    uv_timer_t retry, later, tick;
    int handles;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

static void on_later(uv_timer_t *t);
static void on_retry(uv_timer_t *t);
static void on_tick(uv_timer_t *t);

struct node *node_new(uv_loop_t *loop, const struct node_target *t, node_state_cb *cb, void *ctx)
{
    struct node *n = xcalloc(1, sizeof *n);
    assert(t->run_dir && t->run_dir[0] == '/');
    n->loop = loop;
    n->name = xstrdup(t->name);
    n->ssh = xstrdup(t->ssh);
    n->run_dir = xstrdup(t->run_dir);
    n->target = (struct node_target){n->name, n->ssh, t->port, t->sudo, n->run_dir};
    n->cb = cb;
    n->ctx = ctx;
    n->why = xstrdup("not connected yet");
    n->backoff = BACKOFF_MIN_MS;
    queue_init(&n->open);
    queue_init(&n->gone);
    uv_timer_init(loop, &n->retry);
    uv_timer_init(loop, &n->later);
    uv_timer_init(loop, &n->tick);
    n->retry.data = n->later.data = n->tick.data = n;
    n->handles = 3;
    return n;
}

enum node_state node_state(const struct node *n) { return n->state; }
const char *node_name(const struct node *n) { return n->name; }
const char *node_boot_id(const struct node *n) { return n->boot_id; }
const char *node_why(const struct node *n) { return n->why; }

/* What was asked is logged without its script, and what was answered without its output: both may hold data. */
static void log_request(const struct node *n, const struct request *r)
{
    log_debug("%s: request %" PRIu64 ": %s %s", n->name, r->id, kinds[r->kind].word, r->token ? r->token : "");
}

static void log_answer(const struct node *n, const struct request *r, const struct node_result *res)
{
    static const char *const words[] = {[NODE_EXITED] = "exited",
                                        [NODE_ALIVE] = "alive",
                                        [NODE_NEVER] = "never began",
                                        [NODE_LOST] = "lost",
                                        [NODE_GONE] = "no answer"};
    TABLE_ENDS(words, NODE_GONE);
    if (res->outcome == NODE_EXITED)
        log_debug("%s: answer %" PRIu64 ": %s: exited %d, %zu bytes", n->name, r->id, kinds[r->kind].word, res->exit,
                  res->output_len);
    else
        log_debug("%s: answer %" PRIu64 ": %s: %s", n->name, r->id, kinds[r->kind].word, words[res->outcome]);
}

/* Unlinks, answers and frees; the callback may do anything but free n at once. */
static void answer(const struct node *n, struct queue *list, struct request *r, enum node_outcome outcome, int status)
{
    size_t limit = kinds[r->kind].limit;
    struct node_result res = {.outcome = outcome, .exit = status};
    queue_remove(list, &r->link);
    if (outcome == NODE_EXITED) {
        res.output_cut = r->out.len > limit;
        if (res.output_cut) { /* the byte between the halves only says that there was more */
            size_t half = limit / 2;
            memmove(r->out.data + half, r->out.data + half + 1, r->out.len - half);
            r->out.len--;
        }
        res.output = buf_str(&r->out);
        res.output_len = r->out.len;
    } else {
        res.output = "";
    }
    log_answer(n, r, &res);
    if (r->cb)
        r->cb(r->ctx, &res);
    buf_free(&r->out);
    free(r->token);
    free(r);
}

static void answer_gone(struct node *n)
{
    struct queue list;
    queue_init(&list);
    queue_move(&list, &n->gone);
    while (list.first)
        answer(n, &list, first(&list), NODE_GONE, 0);
}

static void set_state(struct node *n, enum node_state state, const char *why)
{
    n->state = state;
    if (state != NODE_CONNECTING) {
        free(n->why);
        n->why = xstrdup(why);
    }
    if (n->cb && !n->closing)
        n->cb(n->ctx, n, state, state == NODE_DOWN ? n->why : NULL);
}

/* --- requests --- */

static struct request *add(struct node *n, enum kind kind, const char *token, node_cb *cb, void *ctx)
{
    assert(!token || wire_token_ok(token));
    struct request *r = xcalloc(1, sizeof *r);
    r->kind = kind;
    r->token = xstrdup(token);
    r->cb = cb;
    r->ctx = ctx;
    if (n->state != NODE_UP || n->closing) {
        queue_add(&n->gone, &r->link);
        if (!n->closing)
            uv_timer_start(&n->later, on_later, 0, 0);
        return NULL;
    }
    r->id = ++n->last_id;
    queue_add(&n->open, &r->link);
    log_request(n, r);
    return r;
}

static void send_line(struct node *n, const struct request *r, const char *token, uint64_t number)
{
    struct buf b = {0};
    buf_printf(&b, "%s %" PRIu64 " %s", kinds[r->kind].word, r->id, token);
    if (number)
        buf_printf(&b, " %" PRIu64, number);
    buf_puts(&b, "\n");
    channel_send(n->channel, &b, NULL, 0);
}

/* Encodes and sends a script behind the request line in `b`. */
static void send_script(struct node *n, struct buf *b, const struct node_script *s)
{
    struct buf text = {0}, payload = {0};
    size_t size = 0;
    char *secret = s->secret ? wire_secret(s->secret, &size) : NULL;
    wire_script(&text, s);
    wire_payload(&payload, text.data, text.len);
    if (payload.len >= WIRE_PAYLOAD_LONG)
        buf_printf(b, " %s %zu", secret ? "secret" : "plain", payload.len);
    else
        buf_puts(b, secret ? " secret" : "");
    buf_puts(b, "\n");
    buf_add(b, payload.data, payload.len);
    buf_free(&payload);
    buf_free(&text);
    channel_send(n->channel, b, secret, size);
}

void node_run(struct node *n, const char *token, const struct node_script *s, node_cb *cb, void *ctx)
{
    struct request *r = add(n, RUN, token, cb, ctx);
    struct buf b = {0};
    if (!r)
        return;
    buf_printf(&b, "run %" PRIu64 " %s", r->id, token);
    send_script(n, &b, s);
}

void node_probe(struct node *n, const struct node_script *s, unsigned timeout_ms, node_cb *cb, void *ctx)
{
    struct request *r = add(n, PROBE, NULL, cb, ctx);
    struct buf b = {0};
    if (!r)
        return;
    if (timeout_ms == 0)
        timeout_ms = 1; /* timeout(1) reads 0 as: none */
    r->deadline = uv_now(n->loop) + timeout_ms + PROBE_SLACK_MS;
    buf_printf(&b, "probe %" PRIu64 " %u.%03u", r->id, timeout_ms / 1000, timeout_ms % 1000);
    send_script(n, &b, s);
}

void node_look(struct node *n, const char *token, node_cb *cb, void *ctx)
{
    struct request *r = add(n, LOOK, token, cb, ctx);
    if (r)
        send_line(n, r, token, 0);
}

void node_kill(struct node *n, const char *token, unsigned grace_ms, node_cb *cb, void *ctx)
{
    struct request *r = add(n, KILL, token, cb, ctx);
    if (r)
        send_line(n, r, token, grace_ms ? grace_ms : 1);
}

void node_tail(struct node *n, const char *token, uint64_t offset, node_cb *cb, void *ctx)
{
    struct request *r = add(n, TAIL, token, cb, ctx);
    if (r) /* tail(1) counts from 1, and no number asks for the end; beyond a signed 64-bit number there is no file */
        send_line(n, r, token, offset == UINT64_MAX ? 0 : offset < INT64_MAX ? offset + 1 : INT64_MAX);
}

void node_forget(struct node *n, const char *token, node_cb *cb, void *ctx)
{
    struct request *r = add(n, FORGET, token, cb, ctx);
    if (!r)
        return;
    for (struct request *run = first(&n->open); run; run = next(run))
        if (run->kind == RUN && strcmp(run->token, token) == 0)
            run->forgotten = true;
    send_line(n, r, token, 0);
}

void node_fence(struct node *n, const struct node_fence *f, node_cb *cb, void *ctx)
{
    assert(wire_fence_ok(f));
    struct request *r = add(n, FENCE, f->job, cb, ctx);
    struct buf b = {0};
    if (!r)
        return;
    buf_printf(&b, "fence %" PRIu64 " %s %u %s %s %s\n", r->id, f->job, f->epoch, f->taker, f->time, f->host);
    channel_send(n->channel, &b, NULL, 0);
}

void node_on_taken(struct node *n, node_taken_cb *cb) { n->taken = cb; }

/* --- the channel's events --- */

static struct request *find(struct node *n, uint64_t id)
{
    struct request *r = first(&n->open);
    while (r && r->id != id)
        r = next(r);
    return r;
}

/* A run is reported by its leader. When the leader was killed nobody reports it; then a look answers in its place. */
static void on_check(struct node *n, struct request *r, bool ended, bool pending)
{
    if (!r || r->kind != RUN)
        return;
    r->checking = false;
    r->missing = ended || pending ? r->missing + 1 : 0;
    if (!r->cb || r->forgotten || r->missing < (pending ? PENDING_TICKS : 2))
        return; /* the report of a run that has just ended may be on its way */
    node_look(n, r->token, r->cb, r->ctx);
    r->cb = NULL;
}

static const char *on_end(struct node *n, struct request *r, const struct wire_line *l)
{
    static const bool allowed[][WIRE_PENDING + 1] = {
        [RUN] = {[WIRE_EXITED] = true, [WIRE_NEVER] = true, [WIRE_GONE] = true},
        [LOOK] =
            {[WIRE_EXITED] = true, [WIRE_ALIVE] = true, [WIRE_NEVER] = true, [WIRE_LOST] = true, [WIRE_GONE] = true},
        [KILL] = {[WIRE_EXITED] = true, [WIRE_NEVER] = true, [WIRE_LOST] = true, [WIRE_GONE] = true},
        [TAIL] = {[WIRE_EXITED] = true, [WIRE_NEVER] = true},
        [PROBE] = {[WIRE_EXITED] = true},
        [CHECK] =
            {[WIRE_EXITED] = true, [WIRE_ALIVE] = true, [WIRE_NEVER] = true, [WIRE_LOST] = true, [WIRE_PENDING] = true},
        [FORGET] = {[WIRE_EXITED] = true, [WIRE_ALIVE] = true, [WIRE_GONE] = true},
        [FENCE] = {[WIRE_EXITED] = true},
    };
    TABLE_ENDS(allowed, FENCE);
    static const enum node_outcome outcome[] = {
        [WIRE_EXITED] = NODE_EXITED, [WIRE_ALIVE] = NODE_ALIVE, [WIRE_NEVER] = NODE_NEVER,
        [WIRE_LOST] = NODE_LOST,     [WIRE_GONE] = NODE_GONE,   [WIRE_PENDING] = NODE_GONE};
    TABLE_ENDS(outcome, WIRE_PENDING);
    if (!allowed[r->kind][l->end])
        return "protocol error from the agent (unexpected kind of answer)";
    n->backoff = BACKOFF_MIN_MS; /* it works, more than just a hello */
    if (r->kind == CHECK) {
        struct request *run = find(n, r->of);
        answer(n, &n->open, r, NODE_GONE, 0);
        on_check(n, run, l->end != WIRE_ALIVE && l->end != WIRE_PENDING, l->end == WIRE_PENDING);
        return NULL;
    }
    int status = l->exit;
    bool killed = status == 128 + SIGKILL || status == 128 + SIGTERM;
    if (r->kind == PROBE && killed && uv_now(n->loop) + PROBE_SLACK_MS >= r->deadline)
        status = NODE_EXIT_TIMEOUT; /* timeout(1) had to use KILL; or it is busybox's, which never says 124 */
    answer(n, &n->open, r, outcome[l->end], status);
    return NULL;
}

static const char *on_taken(struct node *n, const char *text)
{
    struct node_fence f;
    char *copy = xstrdup(text);
    bool ok = wire_fence(copy, &f);
    if (ok && n->taken && !n->closing)
        n->taken(n->ctx, n, &f);
    free(copy);
    return ok ? NULL : "protocol error from the agent (malformed fence)";
}

static const char *on_line(void *ctx, const struct wire_line *l)
{
    struct node *n = ctx;
    if (l->kind == WIRE_PONG)
        return NULL;
    if (l->kind == WIRE_TAKEN)
        return on_taken(n, l->text);
    struct request *r = find(n, l->id);
    if (!r)
        return "protocol error from the agent (answer without a request)";
    if (l->kind == WIRE_END)
        return on_end(n, r, l);
    if (r->kind == CHECK || r->kind == FORGET || r->kind == FENCE || !wire_base64(&r->out, l->text))
        return "protocol error from the agent (malformed output)";
    size_t max = r->kind == TAIL ? TAIL_MAX : NODE_OUTPUT_MAX + 1;
    if (r->out.len > max)
        return "the agent sent too much output";
    return NULL;
}

static void on_up(void *ctx, const char *boot_id)
{
    struct node *n = ctx;
    memcpy(n->boot_id, boot_id, strlen(boot_id) + 1); /* its length was checked */
    uv_timer_start(&n->tick, on_tick, TICK_MS, TICK_MS);
    set_state(n, NODE_UP, "");
}

static void on_down(void *ctx, const char *why)
{
    struct node *n = ctx;
    n->channel = NULL;
    uv_timer_stop(&n->tick);
    queue_move(&n->gone, &n->open);
    uv_timer_start(&n->retry, on_retry, n->backoff, 0);
    n->backoff = n->backoff * 2 < BACKOFF_MAX_MS ? n->backoff * 2 : BACKOFF_MAX_MS;
    set_state(n, NODE_DOWN, why);
    if (!n->closing)
        answer_gone(n);
}

static void finish(struct node *n)
{
    if (n->handles > 0 || n->channels > 0)
        return;
    void (*closed)(void *) = n->closed;
    void *ctx = n->closed_ctx;
    free(n->name);
    free(n->ssh);
    free(n->run_dir);
    free(n->why);
    free(n);
    if (closed)
        closed(ctx);
}

static void on_channel_closed(void *ctx)
{
    struct node *n = ctx;
    n->channels--;
    if (n->closing)
        finish(n);
}

static const struct channel_events events = {on_up, on_line, on_down, on_channel_closed};

/* A process takes some milliseconds to start. Of many nodes that connect at once, one does so in each turn of the loop,
 * so that whatever else there is to do does not wait for all of them. */
static bool may_open(const struct node *n)
{
    static uint64_t opened_ms;
    bool first = opened_ms != uv_now(n->loop);
    opened_ms = uv_now(n->loop);
    return first;
}

static void on_retry(uv_timer_t *t)
{
    struct node *n = t->data;
    if (n->state != NODE_CONNECTING)
        set_state(n, NODE_CONNECTING, NULL);
    if (!may_open(n)) {
        uv_timer_start(&n->retry, on_retry, 1, 0);
        return;
    }
    n->channels++;
    n->channel = channel_open(n->loop, &n->target, &events, n);
}

void node_connect(struct node *n)
{
    if (!n->channel && !n->closing)
        uv_timer_start(&n->retry, on_retry, 0, 0);
}

static void on_tick(uv_timer_t *t)
{
    struct node *n = t->data;
    uint64_t now = uv_now(n->loop), silent = now - channel_heard(n->channel);
    if (silent >= SILENCE_MS) {
        channel_break(n->channel, "the agent is not responding");
        return;
    }
    if (silent >= PING_MS) {
        struct buf b = {0};
        buf_puts(&b, "ping\n");
        channel_send(n->channel, &b, NULL, 0);
    }
    struct request *r, *after;
    for (r = first(&n->open); r; r = after) {
        after = next(r);                               /* new ones go to the end */
        if (r->kind == RUN && r->cb && r->forgotten) { /* its end was seen by a look or a kill, and not by its leader */
            static const struct node_result res = {.outcome = NODE_GONE, .output = ""};
            node_cb *cb = r->cb;
            r->cb = NULL;
            cb(r->ctx, &res);
            return; /* as below */
        } else if (r->kind == RUN && r->cb && !r->checking) {
            struct request *check = add(n, CHECK, NULL, NULL, NULL);
            check->of = r->id;
            r->checking = true;
            send_line(n, check, r->token, 0);
        } else if (r->kind == PROBE && r->cb && now >= r->deadline) {
            /* It cannot even be killed (a dead file system, perhaps). Its answer, if it comes, is for nobody. */
            static const struct node_result res = {.outcome = NODE_EXITED, .exit = NODE_EXIT_TIMEOUT, .output = ""};
            node_cb *cb = r->cb;
            r->cb = NULL;
            cb(r->ctx, &res);
            return; /* the callback may have changed the list; the rest has time until the next tick */
        }
    }
}

/* --- the end --- */

static void on_handle_closed(uv_handle_t *h)
{
    struct node *n = h->data;
    n->handles--;
    finish(n);
}

static void on_later(uv_timer_t *t)
{
    struct node *n = t->data;
    answer_gone(n);
    if (!n->closing)
        return;
    assert(!n->gone.first); /* a request in answer to the end of the node is a bug of the caller */
    uv_close((uv_handle_t *)&n->retry, on_handle_closed);
    uv_close((uv_handle_t *)&n->later, on_handle_closed);
    uv_close((uv_handle_t *)&n->tick, on_handle_closed);
}

void node_close(struct node *n, void (*closed)(void *ctx), void *ctx)
{
    assert(!n->closing);
    n->closing = true;
    n->closed = closed;
    n->closed_ctx = ctx;
    n->state = NODE_DOWN;
    if (n->channel)
        channel_close(n->channel);
    n->channel = NULL;
    uv_timer_stop(&n->retry);
    uv_timer_stop(&n->tick);
    queue_move(&n->gone, &n->open);
    uv_timer_start(&n->later, on_later, 0, 0);
}
