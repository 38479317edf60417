/* Asks every node of a deployment what plan_expand() must know: the old container and OMS's config.yaml. Read-only. */
#pragma once
#include "daemon/engine/internal.h"

struct gathered {
    struct deployment *deployment;
    struct node_facts *facts; /* by node of the deployment */
    char **old_ids;           /* the same: the id by which the container was asked for; NULL: by its name */
};

/* Takes `d` and `old_ids` (NULL: all by name; each may be NULL). `done` is called once, from the loop, never from
 * inside this call; g is valid during the call. */
typedef void gather_done(void *ctx, struct gathered *g, const struct err *e);
void gather_begin(struct engine *en, struct deployment *d, char **old_ids, gather_done *done, void *ctx);

/* The environment of node_facts_script; id: NULL, or that of the container which is meant. Free with strv_free(). */
char **gather_env(const char *docker, const char *container, const char *id);
