/* Shared by the files that read a deployment file: deployment.c, hops.c for the key `hops`, site_hooks.c for `hooks`
 * and `on_failure`, and deployment_parts.c for what several of them use. Errors name FILE:LINE:COLUMN; what was read
 * before one is in the struct, and is freed with it.
 */
#pragma once
#include "daemon/plan/inputs/inputs.h"
#include "daemon/yaml/yaml_tree.h"

/* deployment_parts.c */
int deployment_version(const struct ynode *map, const char *key, char **out, struct version *v, struct err *e);
int deployment_image(const struct ynode *map, struct deploy_image *image, struct err *e);
int deployment_node_places(const struct ynode *map, struct deploy_node *n, struct err *e);
int deployment_metadb_addresses(const struct ynode *metadb, char ***out, struct err *e);
int deployment_copy_to(const struct ynode *backup, struct deployment *d, struct err *e); /* after the nodes */

int deployment_approve(const struct ynode *root, char ***out, struct err *e);

/* run_options.c: of a mapping `container`; replaces *out when the key is there. */
int deployment_run_options(const struct ynode *container, char ***out, struct err *e);

/* hops.c: after all else, for it needs source and nodes. The deployment is at its first hop then. */
int deployment_hops(const struct ynode *root, struct deployment *d, struct err *e);
void deployment_hops_free(struct deployment *d);
/* The key must not be there, because every hop has its own. */
int deployment_of_hops(const struct ynode *key, const char *name, struct err *e);

/* site_hooks.c */
int deployment_site(const struct ynode *root, struct deployment *d, struct err *e);
void deployment_site_free(struct deployment *d);
