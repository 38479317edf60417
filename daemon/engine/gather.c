#include "daemon/engine/gather.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

enum { POLL_MS = 50, CONNECT_MS = 20000, GATHER_MS = 60000 };

struct gather;

struct part {
    struct gather *g;
    size_t node;
    struct host *host;
    bool asked, done;
};

struct gather {
    struct engine *en;
    struct gathered out;
    struct part *parts;
    size_t n, left, in_flight;
    uint64_t waited_ms;
    struct err err;
    uv_timer_t timer;
    gather_done *done;
    void *ctx;
};

static void timer_closed(uv_handle_t *h)
{
    struct gather *g = h->data;
    g->done(g->ctx, &g->out, &g->err);
    for (size_t i = 0; i < g->n; i++) {
        node_facts_free(&g->out.facts[i]);
        host_put(g->parts[i].host);
    }
    deployment_free(g->out.deployment);
    free(g->out.facts);
    free(g->parts);
    free(g);
}

static void maybe_finish(struct gather *g)
{
    if (g->in_flight == 0 && (g->left == 0 || g->err.code) && !uv_is_closing((uv_handle_t *)&g->timer))
        uv_close((uv_handle_t *)&g->timer, timer_closed);
}

static void on_facts(void *ctx, const struct node_result *r)
{
    struct part *p = ctx;
    struct gather *g = p->g;
    const char *name = g->out.deployment->nodes[p->node].name;
    g->in_flight--;
    if (r->outcome != NODE_EXITED) {
        p->asked = false; /* asked again when the node is back, within the time limit */
    } else {
        p->done = true;
        g->left--;
        if (!g->err.code)
            gather_parse(r->output, r->output_len, name, &g->out.facts[p->node], &g->err);
    }
    maybe_finish(g);
}

static void ask(struct part *p)
{
    struct gather *g = p->g;
    const struct deploy_node *n = &g->out.deployment->nodes[p->node];
    char *env[] = {xasprintf("DOCKER=%s", n->docker), xasprintf("OLD_CONTAINER=%s", n->old), NULL};
    struct node_script s = {.env = (const char *const *)env, .script = gather_script};
    p->asked = true;
    g->in_flight++;
    node_probe(p->host->node, &s, GATHER_MS, on_facts, p);
    free(env[0]);
    free(env[1]);
}

static void on_timer(uv_timer_t *t)
{
    struct gather *g = t->data;
    g->waited_ms += POLL_MS;
    for (size_t i = 0; i < g->n && !g->err.code; i++) {
        struct part *p = &g->parts[i];
        const struct node *n = p->host->node;
        if (p->done || p->asked)
            continue;
        if (node_state(n) == NODE_UP)
            ask(p);
        else if (node_state(n) == NODE_DOWN && *node_why(n))
            err_set(&g->err, ERR_NODE, "node %s cannot be reached: %s", g->out.deployment->nodes[i].name, node_why(n));
        else if (g->waited_ms >= CONNECT_MS)
            err_set(&g->err, ERR_NODE, "node %s cannot be reached within %d s", g->out.deployment->nodes[i].name, CONNECT_MS / 1000);
    }
    maybe_finish(g);
}

void gather_begin(struct engine *en, struct deployment *d, gather_done *done, void *ctx)
{
    struct gather *g = xcalloc(1, sizeof *g);
    *g = (struct gather){.en = en, .n = d->n_nodes, .left = d->n_nodes, .done = done, .ctx = ctx};
    g->out.deployment = d;
    g->out.facts = xcalloc(d->n_nodes, sizeof *g->out.facts);
    g->parts = xcalloc(d->n_nodes, sizeof *g->parts);
    for (size_t i = 0; i < d->n_nodes; i++) {
        const struct deploy_node *n = &d->nodes[i];
        struct plan_host h = {.name = n->name, .ssh = n->ssh, .port = n->port, .sudo = n->sudo};
        g->parts[i] = (struct part){.g = g, .node = i, .host = host_get(en, &h)};
    }
    uv_timer_init(en->loop, &g->timer);
    g->timer.data = g;
    uv_timer_start(&g->timer, on_timer, 0, POLL_MS);
}
