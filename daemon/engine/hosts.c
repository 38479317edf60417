/* The nodes that jobs share: one channel per way to reach a host. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/internal.h"

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

static void on_state(void *ctx, struct node *n, enum node_state state, const char *why)
{
    struct host *h = ctx;
    if (state == NODE_UP)
        log_info("node %s is up", h->name);
    else if (state == NODE_DOWN)
        log_warn("node %s is away: %s", h->name, why);
    h->en->hosts_changed = true;
    engine_touch(h->en);
    if (state == NODE_UP)
        work_kick_host(h->en, h);
}

struct host *host_get(struct engine *en, const struct plan_host *p)
{
    for (struct host *h = en->hosts; h; h = h->next)
        if (h->refs && same(h->ssh, p->ssh) && h->port == p->port && h->sudo == p->sudo) {
            h->refs++;
            return h;
        }
    struct host *h = xcalloc(1, sizeof *h);
    *h = (struct host){.next = en->hosts, .en = en, .name = xstrdup(p->name), .ssh = xstrdup(p->ssh), .port = p->port, .sudo = p->sudo, .refs = 1};
    en->hosts = h;
    struct node_target t = {.name = h->name, .ssh = h->ssh, .port = h->port, .sudo = h->sudo, .run_dir = en->config.run_dir};
    h->node = node_new(en->loop, &t, on_state, h);
    node_connect(h->node);
    return h;
}

static void host_closed(void *ctx)
{
    struct host *h = ctx;
    struct engine *en = h->en;
    for (struct host **p = &en->hosts; *p; p = &(*p)->next)
        if (*p == h) {
            *p = h->next;
            break;
        }
    free(h->name);
    free(h->ssh);
    free(h);
    if (en->closing)
        engine_closed_part(en);
}

void host_put(struct host *h)
{
    if (!h || --h->refs)
        return;
    node_close(h->node, host_closed, h);
}

bool host_up(const struct host *h) { return node_state(h->node) == NODE_UP; }
