/* The key `hops` of a deployment file: a chain of upgrades. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/yaml/text.h"

int deployment_of_hops(const struct ynode *key, const char *name, struct err *e)
{
    return ynode_err(key, e, "\"%s\" must not be here, because this file has \"hops\": each hop has its own", name);
}

static int refuse_single(const struct ynode *root, struct err *e)
{
    static const char *const keys[] = {"target", "image"};
    for (size_t i = 0; i < 2; i++)
        if (ymap_key(root, keys[i]))
            return deployment_of_hops(ymap_key(root, keys[i]), keys[i], e);
    return 0;
}

static const struct ynode *name_of_node(const struct ynode *nodes, const char *node)
{
    return nodes ? ymap_get(nodes, node) : NULL;
}

static int known_nodes(const struct ynode *nodes, const struct deployment *d, struct err *e)
{
    for (size_t k = 0; nodes && k < nodes->n; k++) {
        size_t i = 0;
        char shown[TEXT_SHOWN];
        while (i < d->n_nodes && strcmp(d->nodes[i].name, nodes->keys[k]->text) != 0)
            i++;
        text_shown(nodes->keys[k]->text, shown);
        if (i == d->n_nodes)
            return ynode_err(nodes->keys[k], e, "there is no node \"%s\"", shown);
    }
    return 0;
}

/* No two containers of a node have the same name: each is kept, stopped, for a rollback. */
static int unique_name(const struct ynode *at, const struct deployment *d, size_t hop, size_t node, struct err *e)
{
    const char *name = d->hops[hop].new_names[node];
    if (strcmp(name, d->nodes[node].old) == 0)
        return ynode_err(at, e,
                         "on node \"%s\" the container of this hop must not have the name of the old one, \"%s\"",
                         d->nodes[node].name, name);
    for (size_t k = 0; k < hop; k++)
        if (strcmp(name, d->hops[k].new_names[node]) == 0)
            return ynode_err(at, e,
                             "on node \"%s\" the containers of hops %zu and %zu must not both have the name \"%s\"",
                             d->nodes[node].name, k + 1, hop + 1, name);
    return 0;
}

static int hop_container(const struct ynode *m, struct deployment *d, size_t hop, struct err *e)
{
    static const char *const keys[] = {"new", "nodes", NULL};
    const struct ynode *c = NULL, *nodes = NULL;
    char *all = NULL;
    int rc = yget_map(m, "container", Y_REQUIRED, &c, e);
    rc = rc ? rc : ymap_known(c, keys, e);
    rc = rc ? rc : yget_str(c, "new", Y_REQUIRED, valid_container, &all, e);
    rc = rc ? rc : yget_map(c, "nodes", Y_OPTIONAL, &nodes, e);
    rc = rc ? rc : known_nodes(nodes, d, e);
    char **names = d->hops[hop].new_names = xcalloc(d->n_nodes, sizeof *names);
    for (size_t i = 0; !rc && i < d->n_nodes; i++) {
        const struct ynode *own = name_of_node(nodes, d->nodes[i].name);
        rc = own ? yget_str(nodes, d->nodes[i].name, Y_REQUIRED, valid_container, &names[i], e) : 0;
        if (!own)
            names[i] = xstrdup(all);
        rc = rc ? rc : unique_name(own ? own : ymap_get(c, "new"), d, hop, i, e);
    }
    free(all);
    return rc;
}

static int unique_image(const struct ynode *m, const struct deployment *d, size_t hop, struct err *e)
{
    for (size_t k = 0; k < hop; k++)
        if (strcmp(d->hops[k].image.name, d->hops[hop].image.name) == 0)
            return ynode_err(ymap_get(ymap_get(m, "image"), "name"), e,
                             "hops %zu and %zu must not have the same image, \"%s\"", k + 1, hop + 1,
                             d->hops[hop].image.name);
    return 0;
}

static int parse_hop(const struct ynode *m, struct deployment *d, struct version *before, struct err *e)
{
    static const char *const keys[] = {"target", "image", "container", NULL};
    struct version target;
    if (m->kind != Y_MAP)
        return ynode_err(m, e, "a hop must be a mapping with \"target\", \"image\" and \"container\"");
    size_t hop = d->n_hops++;
    struct deploy_hop *h = &d->hops[hop];
    int rc = ymap_known(m, keys, e);
    rc = rc ? rc : deployment_version(m, "target", &h->target, &target, e);
    if (!rc && version_cmp(&target, before) < 0)
        rc = ynode_err(ymap_get(m, "target"), e,
                       "the target must not be older than %s, the version before this hop, but %s is",
                       hop ? d->hops[hop - 1].target : d->source, h->target);
    rc = rc ? rc : deployment_image(m, &h->image, e);
    rc = rc ? rc : unique_image(m, d, hop, e);
    if (rc)
        return rc;
    *before = target;
    return hop_container(m, d, hop, e);
}

int deployment_hops(const struct ynode *root, struct deployment *d, struct err *e)
{
    const struct ynode *list = NULL;
    struct version before;
    int rc = refuse_single(root, e);
    rc = rc ? rc : yget_seq(root, "hops", Y_REQUIRED, &list, e);
    if (!rc && (list->n == 0 || list->n > DEPLOY_HOPS_MAX))
        rc = ynode_err(list, e, "there must be 1 to %d hops", DEPLOY_HOPS_MAX);
    rc = rc ? rc : version_parse(d->source, &before, e);
    if (rc)
        return rc;
    d->hops = xcalloc(list->n, sizeof *d->hops);
    for (size_t i = 0; !rc && i < list->n; i++)
        rc = parse_hop(list->items[i], d, &before, e);
    if (!rc)
        deployment_hop(d, 1);
    return rc;
}

static void set(char **at, const char *value)
{
    free(*at);
    *at = xstrdup(value);
}

void deployment_hop(struct deployment *d, unsigned hop)
{
    const struct deploy_hop *h = &d->hops[hop - 1], *before = hop > 1 ? h - 1 : NULL;
    d->hop = hop;
    if (before)
        set(&d->source, before->target);
    set(&d->target, h->target);
    set(&d->image_archive, h->image.archive);
    set(&d->image_on, h->image.on);
    set(&d->image_name, h->image.name);
    set(&d->image_sha256, h->image.sha256);
    set(&d->image_dir, h->image.directory);
    for (size_t i = 0; i < d->n_nodes; i++) {
        if (before)
            set(&d->nodes[i].old, before->new_names[i]);
        set(&d->nodes[i].new_name, h->new_names[i]);
    }
}

const char *deployment_hop_source(const struct deployment *d, unsigned hop)
{
    return hop > d->hop ? d->hops[hop - 2].target : d->source;
}

void deployment_hops_free(struct deployment *d)
{
    for (size_t k = 0; k < d->n_hops; k++) {
        struct deploy_hop *h = &d->hops[k];
        free(h->target);
        free(h->image.archive);
        free(h->image.on);
        free(h->image.name);
        free(h->image.sha256);
        free(h->image.directory);
        for (size_t i = 0; h->new_names && i < d->n_nodes; i++)
            free(h->new_names[i]);
        free(h->new_names);
    }
    free(d->hops);
}
