/* Cross-checks each node's facts against the other nodes and the deployment file. */
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

static bool same(const char *a, const char *b) { return strcmp(a, b) == 0; }
static const char *name_of(const struct expand *x, size_t node) { return x->d->nodes[node].name; }
static const char *region_of(const struct expand *x, size_t node)
{
    return x->d->regions[x->d->nodes[node].region].name;
}
static const struct oms_config *config_of(const struct expand *x, size_t node) { return x->facts[node].config; }

static int refuse_two(const struct expand *x, const char *what, size_t a, const char *va, size_t b, const char *vb)
{
    return err_set(x->e, ERR_INPUT, "%s must be the same everywhere: node %s has %s, node %s has %s", what,
                   name_of(x, a), va, name_of(x, b), vb);
}

/* A rollback starts the very container that the upgrade stopped, not another one that has its name now. */
static int check_container(const struct expand *x, size_t i)
{
    const char *id = x->rb && x->rb->old_ids ? x->rb->old_ids[i] : NULL;
    const struct node_facts *f = &x->facts[i];
    if (!id || same(id, f->old_id))
        return 0;
    return err_set(x->e, ERR_STATE,
                   "the old container %.12s of node %s no longer exists: %s is now container %.12s (image %s)", id,
                   name_of(x, i), x->d->nodes[i].old, f->old_id, f->old_image);
}

static int check_mounts(const struct expand *x, size_t i)
{
    const struct node_facts *f = &x->facts[i];
    const struct {
        const char *path, *inside;
    } mounts[] = {
        {f->config_file, "/home/admin/conf/config.yaml"},
        {f->logs_dir, "/home/admin/logs"},
        {f->store_dir, "/home/ds/store"},
        {f->run_dir, "/home/ds/run"},
    };
    for (size_t m = 0; m < ARRAY_LEN(mounts); m++)
        if (!mounts[m].path)
            return err_set(x->e, ERR_INPUT,
                           "container %s of node %s has no host path mounted at %s, as OMS's documentation requires",
                           x->d->nodes[i].old, name_of(x, i), mounts[m].inside);
    return 0;
}

/* Compared as far as both go: 4.0.2 matches 4.0.2.1. */
static int check_version(const struct expand *x, size_t i)
{
    struct version image, source;
    if (version_of_image(x->facts[i].old_image, &image, NULL) || version_parse(x->d->source, &source, NULL))
        return 0;
    for (unsigned p = 0; p < image.n && p < source.n; p++)
        if (image.part[p] != source.part[p])
            return err_set(x->e, ERR_INPUT,
                           "the deployment file says source %s, but container %s of node %s runs image %s",
                           x->d->source, x->d->nodes[i].old, name_of(x, i), x->facts[i].old_image);
    return 0;
}

/* Does the deployment file say that this address is one of the MetaDB's? */
static bool metadb_named(const struct deployment *d, const struct oms_config *c)
{
    bool found = false;
    for (char **s = d->metadb_addresses; s && *s && !found; s++) {
        char *host = NULL;
        unsigned port = 0;
        found = deployment_address(*s, &host, &port) && same(host, c->metadb_host) && port == c->metadb_port;
        free(host);
    }
    return found;
}

static int check_same(const struct expand *x, size_t i)
{
    const struct oms_config *a = config_of(x, 0), *b = config_of(x, i);
    if (!same(a->rm_db, b->rm_db))
        return refuse_two(x, "drc_rm_db", 0, a->rm_db, i, b->rm_db);
    if (!same(a->cm_db, b->cm_db))
        return refuse_two(x, "drc_cm_db", 0, a->cm_db, i, b->cm_db);
    if (!same(a->metadb_user, b->metadb_user))
        return refuse_two(x, "oms_meta_user", 0, a->metadb_user, i, b->metadb_user);
    if ((!same(a->metadb_host, b->metadb_host) || a->metadb_port != b->metadb_port) &&
        !(metadb_named(x->d, a) && metadb_named(x->d, b)))
        return err_set(x->e, ERR_INPUT,
                       "the MetaDB must be the same everywhere: node %s has %s:%u, node %s has %s:%u; if these are "
                       "addresses of one MetaDB, list them in metadb.addresses of the deployment file",
                       name_of(x, 0), a->metadb_host, a->metadb_port, name_of(x, i), b->metadb_host, b->metadb_port);
    for (size_t o = 0; o < i; o++) /* some regions may have no TSDB */
        if (config_of(x, o)->tsdb_url && b->tsdb_url && !same(config_of(x, o)->tsdb_url, b->tsdb_url))
            return refuse_two(x, "tsdb_url", o, config_of(x, o)->tsdb_url, i, b->tsdb_url);
    return 0;
}

static int refuse_region(const struct expand *x, const char *what, size_t a, size_t b)
{
    return err_set(x->e, ERR_INPUT, "%s must be the same within region %s: nodes %s and %s differ", what,
                   region_of(x, a), name_of(x, a), name_of(x, b));
}

/* Node b against an earlier node a. */
static int check_pair(const struct expand *x, size_t a, size_t b)
{
    const struct oms_config *ca = config_of(x, a), *cb = config_of(x, b);
    bool one_region = x->d->nodes[a].region == x->d->nodes[b].region;
    if (same(x->ips[a], x->ips[b]))
        return err_set(x->e, ERR_INPUT, "OMS_HOST_IP %s is used by nodes %s and %s", x->ips[a], name_of(x, a),
                       name_of(x, b));
    if (one_region && !same(ca->hb_db, cb->hb_db))
        return refuse_region(x, "drc_cm_heartbeat_db", a, b);
    if (one_region && ca->cm_location != cb->cm_location)
        return refuse_region(x, "cm_location", a, b);
    if (one_region && ca->is_default != cb->is_default)
        return refuse_region(x, "cm_is_default", a, b);
    if (one_region)
        return 0;
    if (same(ca->hb_db, cb->hb_db))
        return err_set(x->e, ERR_INPUT, "drc_cm_heartbeat_db %s is used by regions %s (node %s) and %s (node %s)",
                       ca->hb_db, region_of(x, a), name_of(x, a), region_of(x, b), name_of(x, b));
    if (ca->cm_location < 0 || cb->cm_location < 0)
        return err_set(x->e, ERR_INPUT,
                       "config.yaml of node %s has no cm_location, which is needed to tell the regions apart",
                       name_of(x, ca->cm_location < 0 ? a : b));
    if (ca->cm_location == cb->cm_location)
        return err_set(x->e, ERR_INPUT, "cm_location %d is used by regions %s (node %s) and %s (node %s)",
                       ca->cm_location, region_of(x, a), name_of(x, a), region_of(x, b), name_of(x, b));
    if (ca->is_default && cb->is_default)
        return err_set(
            x->e, ERR_INPUT,
            "cm_is_default is true in regions %s (node %s) and %s (node %s); it must be true in exactly one region",
            region_of(x, a), name_of(x, a), region_of(x, b), name_of(x, b));
    return 0;
}

static int check_node(const struct expand *x, size_t i)
{
    const struct oms_config *c = config_of(x, i);
    int rc = check_container(x, i);
    rc = rc ? rc : check_mounts(x, i);
    rc = rc ? rc : check_version(x, i);
    rc = rc ? rc : check_same(x, i);
    if (rc)
        return rc;
    if (same(c->rm_db, c->cm_db) || same(c->rm_db, c->hb_db) || same(c->cm_db, c->hb_db))
        return err_set(
            x->e, ERR_INPUT,
            "config.yaml of node %s names the same database twice (drc_rm_db %s, drc_cm_db %s, drc_cm_heartbeat_db %s)",
            name_of(x, i), c->rm_db, c->cm_db, c->hb_db);
    if (x->d->nodes[i].host_ip && *x->facts[i].host_ip && !same(x->facts[i].host_ip, x->ips[i]))
        return err_set(x->e, ERR_INPUT,
                       "the deployment file says host_ip %s of node %s, but container %s has OMS_HOST_IP %s: remove "
                       "host_ip from the deployment file",
                       x->ips[i], name_of(x, i), x->d->nodes[i].old, x->facts[i].host_ip);
    if (!*x->ips[i])
        return err_set(x->e, ERR_INPUT,
                       "container %s of node %s has no OMS_HOST_IP: set host_ip of the node in the deployment file to "
                       "the node's address in cm_nodes",
                       x->d->nodes[i].old, name_of(x, i));
    if (!strv_has(c->cm_nodes, x->ips[i]))
        return err_set(x->e, ERR_INPUT, "OMS_HOST_IP %s of node %s is not in cm_nodes of its config.yaml", x->ips[i],
                       name_of(x, i));
    for (size_t o = 0; o < i && !rc; o++)
        rc = check_pair(x, o, i);
    return rc;
}

int expand_check(const struct expand *x)
{
    bool any_default = false;
    for (size_t i = 0; i < x->d->n_nodes; i++) {
        int rc = check_node(x, i);
        if (rc)
            return rc;
        any_default = any_default || config_of(x, i)->is_default;
    }
    if (!any_default)
        return err_set(x->e, ERR_INPUT,
                       "cm_is_default is false in every region; it must be true in exactly one region");
    return 0;
}
