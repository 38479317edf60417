/* The deployment file: schema/deployment.md. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/plan/plan.h"
#include "daemon/yaml/text.h"

static const char *const editions[] = {"enterprise", "community", NULL};

/* No key at any level may hold a password. */
static int refuse_passwords(const struct ynode *n, struct err *e)
{
    int rc = 0;
    for (size_t i = 0; i < n->n && !rc; i++) {
        const struct ynode *key = n->keys ? n->keys[i] : NULL;
        if (key && strcmp(key->text, "password_file") != 0 &&
            (strcasestr(key->text, "passw") || strcasestr(key->text, "pwd")))
            rc = ynode_err(key, e,
                           "this file must not contain a password: write it to a separate file that only root can "
                           "read, and name that file in metadb.password_file");
        if (!rc)
            rc = refuse_passwords(n->items[i], e);
    }
    return rc;
}

enum {
    INIT_WAIT_S = 300, /* CE V4.2.3 to V4.2.10, multi-node upgrade, step 6: `sleep 300` */
    INIT_WAIT_MAX_S = 24 * 3600
};

static int parse_rehearsal(const struct ynode *root, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {"before_start_new", "keep_dumps", NULL};
    const struct ynode *m = NULL;
    int rc = yget_map(root, "rehearsal", Y_OPTIONAL, &m, e);
    if (rc || !m)
        return rc;
    rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_bool(m, "before_start_new", Y_OPTIONAL, &d->rehearse, e);
    return rc ? rc : yget_bool(m, "keep_dumps", Y_OPTIONAL, &d->keep_rehearsed, e);
}

static int parse_head(const struct ynode *root, struct deployment *d, struct err *e)
{
    static const char *const has[] = {"console", "sql", NULL}, *const reboot[] = {"pause", "resume", NULL};
    static const char *const backup_keys[] = {"directory", "copy_to", NULL}, *const slims[] = {"delete", "swap", NULL};
    struct version from, to;
    const struct ynode *backup = NULL;
    d->ha = xstrdup("console");
    d->after_reboot = xstrdup("pause");
    int rc = yget_str(root, "deployment", Y_REQUIRED, valid_name, &d->name, e);
    rc = rc ? rc : yget_word(root, "edition", Y_REQUIRED, editions, &d->edition, e);
    rc = rc ? rc : deployment_version(root, "source", &d->source, &from, e);
    if (!rc && !ymap_get(root, "hops"))
        rc = deployment_version(root, "target", &d->target, &to, e);
    /* Equal versions: from one build to another, if there is a procedure for that. */
    if (!rc && d->target && version_cmp(&to, &from) < 0)
        rc = ynode_err(ymap_get(root, "target"), e, "the target must not be older than the source %s, but %s is",
                       d->source, d->target);
    rc = rc ? rc : yget_word(root, "ha", Y_OPTIONAL, has, &d->ha, e);
    rc = rc ? rc : yget_word(root, "after_reboot", Y_OPTIONAL, reboot, &d->after_reboot, e);
    d->init_wait_s = INIT_WAIT_S;
    rc = rc ? rc : yget_time(root, "init_wait", Y_OPTIONAL, INIT_WAIT_MAX_S, &d->init_wait_s, e);
    rc = rc ? rc : yget_word(root, "slim", Y_OPTIONAL, slims, &d->slim, e);
    if (!rc && !d->slim)
        d->slim = xstrdup(strcmp(d->edition, "community") == 0 ? "delete" : "swap");
    rc = rc ? rc : yget_str(root, "correction_package", Y_OPTIONAL, valid_path, &d->correction_package, e);
    rc = rc ? rc : parse_rehearsal(root, d, e);
    rc = rc ? rc : yget_map(root, "backup", Y_REQUIRED, &backup, e);
    rc = rc ? rc : ymap_known(backup, backup_keys, e);
    return rc ? rc : yget_str(backup, "directory", Y_REQUIRED, valid_path, &d->backup_dir, e);
}

static int parse_image(const struct ynode *root, struct deployment *d, struct err *e)
{
    struct deploy_image image;
    int rc = deployment_image(root, &image, e);
    d->image_archive = image.archive;
    d->image_on = image.on;
    d->image_name = image.name;
    d->image_sha256 = image.sha256;
    d->image_dir = image.directory;
    return rc;
}

/* Inside TLS caching_sha2_password sends the password itself, so there a key of the server's protects nothing. */
static int parse_metadb_tls(const struct ynode *m, struct deployment *d, struct err *e)
{
    static const char *const modes[] = {"disabled", "preferred", "required", "verify_ca", "verify_identity", NULL};
    int rc = yget_word(m, "ssl_mode", Y_OPTIONAL, modes, &d->metadb_ssl_mode, e);
    rc = rc ? rc : yget_str(m, "ssl_ca", Y_OPTIONAL, valid_path, &d->metadb_ssl_ca, e);
    rc = rc ? rc : yget_str(m, "server_public_key", Y_OPTIONAL, valid_path, &d->metadb_public_key, e);
    if (rc)
        return rc;
    const char *mode = d->metadb_ssl_mode ? d->metadb_ssl_mode : "preferred";
    bool verify = strncmp(mode, "verify_", 7) == 0;
    if (verify && !d->metadb_ssl_ca)
        return ynode_err(ymap_key(m, "ssl_mode"), e, "%s needs metadb.ssl_ca, the CA's certificate", mode);
    if (!verify && d->metadb_ssl_ca)
        return ynode_err(ymap_key(m, "ssl_ca"), e,
                         "\"ssl_ca\" is used only with ssl_mode verify_ca or verify_identity");
    if (d->metadb_public_key && strcmp(mode, "disabled") != 0 && strcmp(mode, "preferred") != 0)
        return ynode_err(ymap_key(m, "server_public_key"), e,
                         "\"server_public_key\" is used only without TLS (ssl_mode disabled or preferred)");
    return 0;
}

static int parse_metadb(const struct ynode *root, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {
        "from", "host", "port", "user", "password_file", "ssl_mode", "ssl_ca", "server_public_key", "addresses", NULL};
    static const char *const from[] = {"config", NULL};
    const struct ynode *m = NULL;
    d->metadb_from_config = true;
    int rc = yget_map(root, "metadb", Y_OPTIONAL, &m, e);
    if (rc || !m)
        return rc;
    if ((rc = ymap_known(m, keys, e)))
        return rc;
    char *word = NULL;
    rc = yget_word(m, "from", Y_OPTIONAL, from, &word, e);
    bool from_config = word != NULL;
    free(word);
    if (rc)
        return rc;
    rc = parse_metadb_tls(m, d, e);
    rc = rc ? rc : deployment_metadb_addresses(m, &d->metadb_addresses, e);
    if (rc)
        return rc;
    bool own = ymap_get(m, "host") || ymap_get(m, "port") || ymap_get(m, "user") || ymap_get(m, "password_file");
    if (from_config && own)
        return ynode_err(ymap_key(m, "from"), e, "give either \"from: config\", or host, port, user and password_file");
    if (!own && (from_config || m->n > 0))
        return 0;
    d->metadb_from_config = false;
    rc = yget_str(m, "host", Y_REQUIRED, valid_host, &d->metadb_host, e);
    rc = rc ? rc : yget_uint(m, "port", Y_REQUIRED, 1, PORT_MAX, &d->metadb_port, e);
    rc = rc ? rc : yget_str(m, "user", Y_REQUIRED, valid_user, &d->metadb_user, e);
    return rc ? rc : yget_str(m, "password_file", Y_REQUIRED, valid_path, &d->metadb_password_file, e);
}

/* The names of containers: `container:` at the top applies to every node, unless the node has its own. */
struct containers {
    char *command, *old, *new_name;
    char **run_options;
    bool hops; /* the new names are those of the hops */
};

static void containers_free(struct containers *c)
{
    free(c->command);
    free(c->old);
    free(c->new_name);
    strv_free(c->run_options);
}

static int parse_container(const struct ynode *map, struct containers *c, struct err *e)
{
    static const char *const keys[] = {"command", "old", "new", "run_options", NULL};
    const struct ynode *m = NULL;
    int rc = yget_map(map, "container", Y_OPTIONAL, &m, e);
    if (rc || !m)
        return rc;
    rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "command", Y_OPTIONAL, valid_command, &c->command, e);
    rc = rc ? rc : yget_str(m, "old", Y_OPTIONAL, valid_container, &c->old, e);
    rc = rc ? rc : yget_str(m, "new", Y_OPTIONAL, valid_container, &c->new_name, e);
    rc = rc ? rc : deployment_run_options(m, &c->run_options, e);
    if (!rc && c->hops && c->new_name)
        rc = deployment_of_hops(ymap_key(m, "new"), "container.new", e);
    if (!rc && c->old && c->new_name && strcmp(c->old, c->new_name) == 0)
        rc = ynode_err(m, e, "the old and the new container must have different names, not both \"%s\"", c->old);
    return rc;
}

static int node_container(const struct ynode *m, const struct containers *all, struct deploy_node *n, struct err *e)
{
    struct containers own = {xstrdup(all->command ? all->command : "docker"), xstrdup(all->old), xstrdup(all->new_name),
                             strv_copy(all->run_options), all->hops};
    int rc = parse_container(m, &own, e);
    if (!rc && (!own.old || (!own.new_name && !own.hops)))
        rc = ynode_err(m, e, "node \"%s\" does not name its %s container: set container.%s", n->name,
                       own.old ? "new" : "old", own.old ? "new" : "old");
    if (rc) {
        containers_free(&own);
        return rc;
    }
    n->docker = own.command;
    n->old = own.old;
    n->new_name = own.new_name;
    n->run_options = own.run_options;
    return 0;
}

static int node_place(const struct ynode *m, struct deploy_node *n, struct err *e)
{
    bool local = false;
    int rc = yget_str(m, "ssh", Y_OPTIONAL, valid_ssh, &n->ssh, e);
    rc = rc ? rc : yget_bool(m, "local", Y_OPTIONAL, &local, e);
    rc = rc ? rc : yget_uint(m, "port", Y_OPTIONAL, 1, PORT_MAX, &n->port, e);
    rc = rc ? rc : yget_bool(m, "sudo", Y_OPTIONAL, &n->sudo, e);
    if (rc)
        return rc;
    if (local == (n->ssh != NULL))
        return ynode_err(m, e, "node \"%s\" must have either \"ssh: [user@]host\" or \"local: true\"", n->name);
    if (local && n->port)
        return ynode_err(ymap_key(m, "port"), e, "\"port\" is the SSH port, which a local node does not have");
    return 0;
}

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static int node_unique(const struct ynode *m, const struct deployment *d, const struct deploy_node *n, struct err *e)
{
    if (strcmp(n->name, "control") == 0)
        return ynode_err(ymap_get(m, "node"), e, "\"control\" is the control host: give the node another name");
    for (const struct deploy_node *o = d->nodes; o < n; o++) {
        if (strcmp(o->name, n->name) == 0)
            return ynode_err(ymap_get(m, "node"), e, "node \"%s\" is given twice", n->name);
        if (same(o->ssh, n->ssh) && o->port == n->port && same(o->docker, n->docker) && same(o->old, n->old))
            return ynode_err(m, e, "nodes \"%s\" and \"%s\" are the same container: %s on %s", o->name, n->name, n->old,
                             n->ssh ? n->ssh : "the control host");
    }
    return 0;
}

static int parse_node(const struct ynode *m, const struct containers *all, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {"node",      "ssh",           "local",           "port",    "sudo",
                                       "container", "run_directory", "image_directory", "host_ip", NULL};
    if (m->kind != Y_MAP)
        return ynode_err(m, e, "a node must be a mapping such as {node: oms1, ssh: root@oms1}");
    if (d->n_nodes >= PLAN_HOSTS_MAX - 1)
        return ynode_err(m, e, "more than %d nodes", PLAN_HOSTS_MAX - 1);
    struct deploy_node *n = &d->nodes[d->n_nodes++];
    n->region = (unsigned)d->n_regions - 1;
    int rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "node", Y_REQUIRED, valid_name, &n->name, e);
    rc = rc ? rc : node_place(m, n, e);
    rc = rc ? rc : deployment_node_places(m, n, e);
    rc = rc ? rc : node_container(m, all, n, e);
    return rc ? rc : node_unique(m, d, n, e);
}

static int parse_region(const struct ynode *m, const struct containers *all, struct deployment *d, struct err *e)
{
    static const char *const keys[] = {"region", "nodes", NULL};
    if (m->kind != Y_MAP)
        return ynode_err(m, e, "a region must be a mapping with \"region\" and \"nodes\"");
    struct deploy_region *r = &d->regions[d->n_regions++];
    const struct ynode *nodes = NULL;
    int rc = ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "region", Y_REQUIRED, valid_region, &r->name, e);
    for (size_t i = 0; !rc && i + 1 < d->n_regions; i++)
        if (strcmp(d->regions[i].name, r->name) == 0)
            rc = ynode_err(ymap_get(m, "region"), e, "region \"%s\" is given twice", r->name);
    rc = rc ? rc : yget_seq(m, "nodes", Y_REQUIRED, &nodes, e);
    if (!rc && nodes->n == 0)
        rc = ynode_err(nodes, e, "region \"%s\" has no nodes", r->name);
    for (size_t i = 0; !rc && i < nodes->n; i++)
        rc = parse_node(nodes->items[i], all, d, e);
    return rc;
}

static int parse_regions(const struct ynode *root, struct deployment *d, struct err *e)
{
    const struct ynode *regions = NULL;
    int rc = yget_seq(root, "regions", Y_REQUIRED, &regions, e);
    if (!rc && (regions->n == 0 || regions->n > PLAN_HOSTS_MAX - 1))
        rc = ynode_err(regions, e, "there must be 1 to %d regions", PLAN_HOSTS_MAX - 1);
    if (rc)
        return rc;
    struct containers all = {.hops = ymap_get(root, "hops") != NULL};
    d->regions = xcalloc(regions->n, sizeof *d->regions);
    d->nodes = xcalloc(PLAN_HOSTS_MAX - 1, sizeof *d->nodes);
    rc = parse_container(root, &all, e);
    for (size_t i = 0; !rc && i < regions->n; i++)
        rc = parse_region(regions->items[i], &all, d, e);
    containers_free(&all);
    return rc;
}

int deployment_parse(const char *text, size_t len, const char *file, struct deployment **out, struct err *e)
{
    static const char *const keys[] = {"deployment", "edition",    "source",    "target",    "ha",
                                       "image",      "backup",     "container", "metadb",    "after_reboot",
                                       "regions",    "init_wait",  "slim",      "hops",      "correction_package",
                                       "hooks",      "on_failure", "approve",   "rehearsal", NULL};
    *out = NULL;
    struct ytree *t;
    int rc = ytree_load(text, len, DEPLOYMENT_MAX, file, Y_EMPTY, &t, e);
    if (rc)
        return rc;
    const struct ynode *root = ytree_root(t);
    struct deployment *d = xcalloc(1, sizeof *d);
    if (root->n == 0)
        rc = err_set(
            e, ERR_INPUT,
            "%s: the file is empty, or has nothing but comments; a deployment file must at least have deployment, "
            "edition, source, target, image, backup, container and regions",
            file);
    rc = rc ? rc : refuse_passwords(root, e);
    rc = rc ? rc : ymap_known(root, keys, e);
    rc = rc ? rc : parse_head(root, d, e);
    rc = rc || ymap_get(root, "hops") ? rc : parse_image(root, d, e);
    rc = rc ? rc : parse_metadb(root, d, e);
    rc = rc ? rc : parse_regions(root, d, e);
    rc = rc ? rc : deployment_copy_to(ymap_get(root, "backup"), d, e);
    rc = rc || !ymap_get(root, "hops") ? rc : deployment_hops(root, d, e);
    rc = rc ? rc : deployment_site(root, d, e);
    rc = rc ? rc : deployment_approve(root, &d->approve, e);
    if (!rc && d->n_undo && d->approve && strv_has(d->approve, "rollback"))
        rc = ynode_err(ymap_key(root, "on_failure"), e,
                       "\"on_failure\" rolls back without asking, but \"approve\" says that a rollback needs a second "
                       "operator: remove one of the two");
    ytree_free(t);
    if (rc)
        deployment_free(d);
    else
        *out = d;
    return rc;
}

void deployment_free(struct deployment *d)
{
    if (!d)
        return;
    char *const own[] = {d->name,
                         d->edition,
                         d->source,
                         d->target,
                         d->ha,
                         d->image_archive,
                         d->image_on,
                         d->image_name,
                         d->image_sha256,
                         d->backup_dir,
                         d->copy_to,
                         d->after_reboot,
                         d->slim,
                         d->metadb_host,
                         d->metadb_user,
                         d->metadb_password_file,
                         d->metadb_ssl_mode,
                         d->metadb_ssl_ca,
                         d->metadb_public_key,
                         d->image_dir,
                         d->correction_package};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    for (size_t i = 0; i < d->n_regions; i++)
        free(d->regions[i].name);
    for (size_t i = 0; i < d->n_nodes; i++) {
        struct deploy_node *n = &d->nodes[i];
        free(n->name);
        free(n->ssh);
        free(n->old);
        free(n->new_name);
        free(n->docker);
        free(n->run_dir);
        free(n->image_dir);
        free(n->host_ip);
        strv_free(n->run_options);
    }
    strv_free(d->metadb_addresses);
    strv_free(d->approve);
    deployment_hops_free(d);
    deployment_site_free(d);
    free(d->regions);
    free(d->nodes);
    free(d);
}
