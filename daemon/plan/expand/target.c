/* Which targets a step has. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

size_t first_node_of(const struct deployment *d, size_t region)
{
    size_t i = 0;
    while (d->nodes[i].region != region)
        i++;
    return i;
}

static bool all_in(char *const *a, char *const *b)
{
    for (; a && *a; a++)
        if (!strv_has(b, *a))
            return false;
    return true;
}

/* Where a region's nodes have the same cm_nodes, docker_init.sh runs on the first only, else on each. */
static bool is_init_node(const struct expand *x, size_t node)
{
    size_t region = x->d->nodes[node].region, first = first_node_of(x->d, region);
    char *const *of_first = x->facts[first].config->cm_nodes;
    for (size_t i = 0; i < x->d->n_nodes; i++) {
        char *const *own = x->facts[i].config->cm_nodes;
        if (x->d->nodes[i].region == region && !(all_in(own, of_first) && all_in(of_first, own)))
            return true;
    }
    return node == first;
}

static bool node_wanted(const struct expand *x, enum target_kind kind, size_t node)
{
    switch (kind) {
    case FOR_NODE:
        return true;
    case FOR_FIRST_NODE:
        return node == first_node_of(x->d, x->d->nodes[node].region);
    case FOR_INIT_NODE:
        return is_init_node(x, node);
    case FOR_OTHER_NODE:
        return !is_init_node(x, node);
    case FOR_DEPLOYMENT:
    case FOR_REGION:
    case FOR_DATABASE:
    case FOR_HEARTBEAT_DATABASE:
        break;
    }
    return false;
}

static void add(struct target **list, size_t *n, const char *name, size_t node, size_t region, const char *db,
                const char *role)
{
    *list = xrealloc(*list, *n + 1, sizeof **list);
    (*list)[(*n)++] = (struct target){xstrdup(name), node, region, db, role};
}

size_t expand_targets(const struct expand *x, enum target_kind kind, struct target **out)
{
    const struct deployment *d = x->d;
    const struct plan_metadb *m = &x->plan->metadb;
    size_t n = 0;
    *out = NULL;
    if (kind == FOR_DEPLOYMENT)
        add(out, &n, "-", NONE, NONE, NULL, NULL);
    for (size_t i = 0; i < d->n_nodes; i++)
        if (node_wanted(x, kind, i))
            add(out, &n, d->nodes[i].name, i, d->nodes[i].region, NULL, NULL);
    for (size_t r = 0; kind == FOR_REGION && r < d->n_regions; r++)
        add(out, &n, d->regions[r].name, first_node_of(d, r), r, NULL, NULL);
    if (kind == FOR_DATABASE) {
        add(out, &n, m->rm, NONE, NONE, m->rm, "rm");
        add(out, &n, m->cm, NONE, NONE, m->cm, "cm");
    }
    for (size_t r = 0; (kind == FOR_DATABASE || kind == FOR_HEARTBEAT_DATABASE) && r < d->n_regions; r++)
        add(out, &n, m->hb[r], NONE, kind == FOR_DATABASE ? NONE : r, m->hb[r], "cm_hb");
    return n;
}

void targets_free(struct target *t, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(t[i].name);
    free(t);
}
