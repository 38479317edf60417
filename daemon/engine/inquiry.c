#include "daemon/engine/inquiry.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

enum { POLL_MS = 50, CONNECT_MS = 20000, ANSWER_MS = 60000 };

struct inquiry;

struct part {
    struct inquiry *q;
    size_t i;
    struct host *host;
    bool asked, done;
};

struct inquiry {
    struct inquiry *next;
    struct engine *en;
    struct inquiry_item *items;
    struct part *parts;
    size_t n, left, in_flight;
    uint64_t waited_ms;
    struct err err;
    uv_timer_t timer;
    inquiry_done *done;
    void *ctx;
};

static void ended(struct inquiry *q)
{
    if (q->en->closing && !q->err.code)
        err_set(&q->err, ERR_BUSY, "omsupd ends: ask again when it has started");
}

static void timer_closed(uv_handle_t *h)
{
    struct inquiry *q = h->data;
    struct engine *en = q->en;
    struct inquiry **p = &en->inquiries;
    while (*p != q)
        p = &(*p)->next;
    *p = q->next;
    ended(q); /* all answers may be there, but nothing begins any more */
    q->done(q->ctx, q->items, q->n, &q->err);
    for (size_t i = 0; i < q->n; i++) {
        strv_free(q->items[i].env);
        if (q->items[i].output)
            explicit_bzero(q->items[i].output, q->items[i].len);
        free(q->items[i].output);
        host_put(q->parts[i].host);
    }
    free(q->items);
    free(q->parts);
    free(q);
    if (en->closing)
        engine_closed_part(en);
}

static void maybe_finish(struct inquiry *q)
{
    if (q->in_flight == 0 && (q->left == 0 || q->err.code) && !uv_is_closing((uv_handle_t *)&q->timer))
        uv_close((uv_handle_t *)&q->timer, timer_closed);
}

static void on_answer(void *ctx, const struct node_result *r)
{
    struct part *p = ctx;
    struct inquiry *q = p->q;
    struct inquiry_item *it = &q->items[p->i];
    q->in_flight--;
    if (r->outcome != NODE_EXITED) {
        p->asked = false; /* asked again when the node is back, within the time limit */
    } else {
        p->done = true;
        q->left--;
        it->exit = r->exit;
        it->len = r->output_len;
        it->output = xcalloc(1, it->len + 1);
        memcpy(it->output, r->output, it->len);
    }
    maybe_finish(q);
}

static void ask(struct part *p)
{
    struct inquiry *q = p->q;
    const struct inquiry_item *it = &q->items[p->i];
    struct node_script s = {.env = (const char *const *)it->env, .script = it->script};
    p->asked = true;
    q->in_flight++;
    node_probe(p->host->node, &s, ANSWER_MS, on_answer, p);
}

static void on_timer(uv_timer_t *t)
{
    struct inquiry *q = t->data;
    q->waited_ms += POLL_MS;
    for (size_t i = 0; i < q->n && !q->err.code; i++) {
        struct part *p = &q->parts[i];
        const struct node *n = p->host->node;
        if (p->done || p->asked)
            continue;
        if (node_state(n) == NODE_UP)
            ask(p);
        else if (node_state(n) == NODE_DOWN && *node_why(n))
            err_set(&q->err, ERR_NODE, "node %s cannot be reached: %s", q->items[i].host.name, node_why(n));
        else if (q->waited_ms >= CONNECT_MS)
            err_set(&q->err, ERR_NODE, "node %s cannot be reached within %d s", q->items[i].host.name,
                    CONNECT_MS / 1000);
    }
    maybe_finish(q);
}

void inquiry_begin(struct engine *en, struct inquiry_item *items, size_t n, inquiry_done *done, void *ctx)
{
    struct inquiry *q = xcalloc(1, sizeof *q);
    *q = (struct inquiry){.next = en->inquiries, .en = en, .items = items, .n = n, .left = n, .done = done, .ctx = ctx};
    q->parts = xcalloc(n, sizeof *q->parts);
    for (size_t i = 0; i < n; i++)
        q->parts[i] = (struct part){.q = q, .i = i, .host = host_get(en, &items[i].host)};
    en->inquiries = q;
    uv_timer_init(en->loop, &q->timer);
    q->timer.data = q;
    uv_timer_start(&q->timer, on_timer, 0, POLL_MS);
}

void inquiries_give_up(struct engine *en)
{
    for (struct inquiry *q = en->inquiries; q; q = q->next) {
        ended(q);
        for (size_t i = 0; i < q->n; i++) { /* a host that nobody uses is closed, and answers what is open */
            struct host *h = q->parts[i].host;
            q->parts[i].host = NULL;
            host_put(h);
        }
        maybe_finish(q);
    }
}
