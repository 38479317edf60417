/* An inquiry waits for its hosts, asks each when it is up, and ends with the last answer or the first error. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "common/wipe.h"
#include "daemon/engine/reach/reach.h"

enum { CONNECT_MS = 20000, ANSWER_MS = 60000 };

struct inquiry;

struct part {
    struct host_watch watch; /* first member: converted back to its part */
    struct inquiry *q;
    size_t i;
    struct host *host; /* NULL: given up */
    bool asked, done;
};

struct inquiry {
    struct inquiry *next;
    struct reach *reach;
    struct inquiry_item *items;
    struct part *parts;
    size_t n, left, in_flight;
    bool late; /* the time to wait for hosts has passed */
    struct err err;
    uv_timer_t timer;
    inquiry_done *done;
    void *ctx;
};

static void ended(struct inquiry *q)
{
    if (q->reach->closing && !q->err.code)
        err_set(&q->err, ERR_BUSY, "omsupd is shutting down; retry when it is running again");
}

static void leave(struct part *p)
{
    if (p->host) {
        host_unwatch(p->host, &p->watch);
        host_put(p->host);
    }
    p->host = NULL;
}

static void timer_closed(uv_handle_t *h)
{
    struct inquiry *q = h->data;
    struct reach *r = q->reach;
    struct inquiry **p = &r->inquiries;
    while (*p != q)
        p = &(*p)->next;
    *p = q->next;
    ended(q); /* even with all answers: nothing new may be started */
    q->done(q->ctx, q->items, q->n, &q->err);
    for (size_t i = 0; i < q->n; i++) {
        strv_free(q->items[i].env);
        if (q->items[i].output)
            wipe(q->items[i].output, q->items[i].len);
        free(q->items[i].output);
        leave(&q->parts[i]);
    }
    free(q->items);
    free(q->parts);
    free(q);
    r->part_closed(r);
}

static void maybe_finish(struct inquiry *q)
{
    if (q->in_flight == 0 && (q->left == 0 || q->err.code) && !uv_is_closing((uv_handle_t *)&q->timer))
        uv_close((uv_handle_t *)&q->timer, timer_closed);
}

static void on_answer(void *ctx, const struct node_result *r);

static void ask(struct part *p)
{
    struct inquiry *q = p->q;
    struct inquiry_item *it = &q->items[p->i];
    struct node_script s = {.env = (const char *const *)it->env, .script = it->script};
    p->asked = it->sent = true;
    q->in_flight++;
    node_probe(p->host->node, &s, it->limit_ms ? it->limit_ms : ANSWER_MS, on_answer, p);
}

/* Asks if its host is up; an error if waiting for it makes no sense. */
static void part_go_on(struct part *p)
{
    struct inquiry *q = p->q;
    if (p->done || p->asked || !p->host || q->err.code)
        return;
    const struct node *n = p->host->node;
    if (node_state(n) == NODE_UP)
        ask(p);
    else if (node_state(n) == NODE_DOWN && *node_why(n))
        err_set(&q->err, ERR_NODE, "node %s cannot be reached: %s", q->items[p->i].host.name, node_why(n));
    else if (q->late)
        err_set(&q->err, ERR_NODE, "node %s cannot be reached within %d s", q->items[p->i].host.name,
                CONNECT_MS / 1000);
    maybe_finish(q);
}

static void on_answer(void *ctx, const struct node_result *r)
{
    struct part *p = ctx;
    struct inquiry *q = p->q;
    struct inquiry_item *it = &q->items[p->i];
    q->in_flight--;
    if (r->outcome != NODE_EXITED) {
        p->asked = false; /* the channel broke: asked again when the node is back, within the time limit */
    } else {
        p->done = true;
        q->left--;
        it->exit = r->exit;
        it->len = r->output_len;
        it->output = xcalloc(1, it->len + 1);
        memcpy(it->output, r->output, it->len);
    }
    part_go_on(p);
    maybe_finish(q);
}

static void on_told(struct host_watch *w) { part_go_on((struct part *)w); }

static void all_go_on(struct inquiry *q)
{
    for (size_t i = 0; i < q->n; i++)
        part_go_on(&q->parts[i]);
    maybe_finish(q);
}

static void on_limit(uv_timer_t *t)
{
    struct inquiry *q = t->data;
    q->late = true;
    all_go_on(q);
}

static void on_begin(uv_timer_t *t)
{
    uv_timer_start(t, on_limit, CONNECT_MS, 0);
    all_go_on(t->data);
}

void inquiry_begin(struct reach *r, struct inquiry_item *items, size_t n, inquiry_done *done, void *ctx)
{
    struct inquiry *q = xcalloc(1, sizeof *q);
    *q =
        (struct inquiry){.next = r->inquiries, .reach = r, .items = items, .n = n, .left = n, .done = done, .ctx = ctx};
    q->parts = xcalloc(n, sizeof *q->parts);
    for (size_t i = 0; i < n; i++) {
        q->parts[i] = (struct part){.watch = {NULL, on_told}, .q = q, .i = i, .host = host_get(r, &items[i].host)};
        host_watch(q->parts[i].host, &q->parts[i].watch);
    }
    r->inquiries = q;
    uv_timer_init(r->loop, &q->timer);
    q->timer.data = q;
    uv_timer_start(&q->timer, on_begin, 0, 0);
}

void inquiries_give_up(struct reach *r)
{
    for (struct inquiry *q = r->inquiries; q; q = q->next) {
        ended(q);
        for (size_t i = 0; i < q->n; i++) /* an unused host is closed, and its open requests are answered */
            leave(&q->parts[i]);
        maybe_finish(q);
    }
}
