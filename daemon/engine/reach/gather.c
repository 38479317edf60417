/* Asks every node of a deployment about the old container and OMS's config.yaml. */
#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/engine/reach/reach.h"

struct gather {
    struct gathered out;
    gather_done *done;
    void *ctx;
};

static void on_answers(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct gather *g = ctx;
    struct err e = *failed;
    for (size_t i = 0; i < n && e.code == 0; i++)
        node_facts_parse(items[i].output, items[i].len, items[i].host.name, &g->out.facts[i], &e);
    g->done(g->ctx, &g->out, &e);
    for (size_t i = 0; i < n; i++) {
        node_facts_free(&g->out.facts[i]);
        free(g->out.old_ids[i]);
    }
    deployment_free(g->out.deployment);
    free(g->out.facts);
    free(g->out.old_ids);
    free(g);
}

void gather_begin(struct reach *r, struct deployment *d, char **old_ids, gather_done *done, void *ctx)
{
    struct gather *g = xcalloc(1, sizeof *g);
    struct inquiry_item *items = xcalloc(d->n_nodes, sizeof *items);
    *g = (struct gather){.out = {d, xcalloc(d->n_nodes, sizeof *g->out.facts), old_ids}, .done = done, .ctx = ctx};
    if (!old_ids)
        g->out.old_ids = xcalloc(d->n_nodes, sizeof *old_ids);
    for (size_t i = 0; i < d->n_nodes; i++) {
        const struct deploy_node *n = &d->nodes[i];
        items[i].host =
            (struct plan_host){.name = n->name, .ssh = n->ssh, .port = n->port, .sudo = n->sudo, .run_dir = n->run_dir};
        items[i].env = gather_env(n->docker, n->old, g->out.old_ids[i]);
        items[i].script = node_facts_script;
    }
    inquiry_begin(r, items, d->n_nodes, on_answers, g);
}

char **gather_env(const char *docker, const char *container, const char *id)
{
    char **env = xcalloc(4, sizeof *env);
    env[0] = xasprintf("DOCKER=%s", docker);
    env[1] = xasprintf("OLD_CONTAINER=%s", container);
    env[2] = xasprintf("OLD_ID=%s", id ? id : "");
    return env;
}
