/* Worlds in which the tests of plans expand the embedded procedures: shapes of deployments, and what their nodes say.
 */
#pragma once
#include "common/array.h"
#include "daemon/plan/procedure/model.h"
#include "tests/unit/test_plan_data.h"

enum { NODES_MAX = 3 };

struct world {
    struct deployment *d;
    struct node_facts facts[NODES_MAX];
};

static const struct shape {
    const char *name, *regions;
    bool own_cm_nodes; /* the second node has other cm_nodes than the first */
} shapes[] = {
    {"1 node", "[{region: r1, nodes: [{node: a, ssh: a}]}]", false},
    {"1 region, 2 nodes", "[{region: r1, nodes: [{node: a, ssh: a}, {node: b, ssh: b}]}]", false},
    {"2 regions, 3 nodes",
     "[{region: r1, nodes: [{node: a, local: true}, {node: b, ssh: b}]}, {region: r2, nodes: [{node: c, ssh: c}]}]",
     false},
    {"2 regions, 3 nodes, cm_nodes differ in one",
     "[{region: r1, nodes: [{node: a, local: true}, {node: b, ssh: b}]}, {region: r2, nodes: [{node: c, ssh: c}]}]",
     true},
};
enum { SHAPE_TWO_REGIONS = 2, N_SHAPES = ARRAY_LEN(shapes) };

static const char *const versions[] = {"3.2.0",  "3.2.1",  "3.2.2",  "3.3.0", "3.3.1", "3.4.0", "4.0.0",
                                       "4.0.1",  "4.0.2",  "4.1.0",  "4.1.1", "4.2.0", "4.2.1", "4.2.2",
                                       "4.2.3",  "4.2.4",  "4.2.5",  "4.2.6", "4.2.7", "4.2.8", "4.2.9",
                                       "4.2.10", "4.2.11", "4.2.12", NULL};

static inline void world_begin(struct world *w, const struct proc_version *v, const struct shape *shape,
                               const char *source, const char *ha, const char *image_on)
{
    static const char *const ips[] = {"10.0.0.1", "10.0.0.2", "10.0.1.1"};
    struct err e = {0};
    char *text =
        xasprintf("deployment: d\nedition: %s\nsource: %s\ntarget: %s\nha: %s\nimage: {archive: /a.tar, on: %s, "
                  "name: 'oms:new'}\nbackup: {directory: /b}\ncontainer: {old: oms-old, new: oms-new}\n"
                  "regions: %s\n",
                  v->of->edition, source, v->target, ha, image_on, shape->regions);
    if (deployment_parse(text, strlen(text), "d.yaml", &w->d, &e))
        fail_msg("%s", e.msg);
    free(text);
    for (size_t i = 0; i < w->d->n_nodes; i++)
        w->facts[i] = data_facts(i < 2 ? "region1" : "region2", ips[i], "oms:latest");
    if (shape->own_cm_nodes) {
        char **cm = w->facts[1].config->cm_nodes;
        free(cm[0]);
        cm[0] = cm[1];
        cm[1] = NULL;
    }
}

static inline void world_end(struct world *w)
{
    for (size_t i = 0; i < w->d->n_nodes; i++)
        node_facts_free(&w->facts[i]);
    deployment_free(w->d);
}

static inline bool is_source(const struct proc_version *v, const char *version)
{
    struct version source;
    struct err e = {0};
    assert_int_equal(version_parse(version, &source, &e), 0);
    return version_in(&source, v->source, &e) == 1;
}
