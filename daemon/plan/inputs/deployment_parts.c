/* Parts of a deployment file: what is read in several places of it (a version, an image), the places of a node, the
 * addresses of the MetaDB, the place of the backups' copies. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/plan/inputs/deployment.h"
#include "daemon/plan/plan.h"
#include "daemon/yaml/text.h"

/* Versions are kept without "V" and "-CE", so that they are compared and printed the same way everywhere. */
static const char *valid_version(const char *s)
{
    struct version v;
    return version_parse(s, &v, NULL) ? "a version such as 4.2.3" : NULL;
}

int deployment_version(const struct ynode *root, const char *key, char **out, struct version *v, struct err *e)
{
    char *s = NULL;
    int rc = yget_str(root, key, Y_REQUIRED, valid_version, &s, e);
    rc = rc ? rc : version_parse(s, v, e);
    if (!rc)
        *out = version_text(v);
    free(s);
    return rc;
}

bool deployment_region_ok(const char *s) { return !valid_region(s); }

int deployment_node_places(const struct ynode *m, struct deploy_node *n, struct err *e)
{
    int rc = yget_str(m, "run_directory", Y_OPTIONAL, valid_path, &n->run_dir, e);
    rc = rc ? rc : yget_str(m, "image_directory", Y_OPTIONAL, valid_path, &n->image_dir, e);
    rc = rc ? rc : yget_str(m, "host_ip", Y_OPTIONAL, valid_host, &n->host_ip, e);
    /* Commands of the control host and of a node that is the same host share one channel. */
    if (!rc && n->run_dir && !n->ssh)
        rc = ynode_err(ymap_key(m, "run_directory"), e,
                       "a local node has the run directory of the control host: set run_directory in omsupd.yaml");
    return rc;
}

bool deployment_address(const char *s, char **host, unsigned *port)
{
    const char *colon = strrchr(s, ':');
    size_t n = colon ? (size_t)(colon - s) : 0;
    char *end = NULL;
    unsigned long number = colon && isdigit((unsigned char)colon[1]) ? strtoul(colon + 1, &end, 10) : 0;
    if (number < 1 || number > PORT_MAX || *end)
        return false;
    bool brackets = n > 2 && s[0] == '[' && s[n - 1] == ']';
    char *name = brackets ? xstrndup(s + 1, n - 2) : xstrndup(s, n);
    if (valid_host(name) || (!brackets && strchr(name, ':'))) {
        free(name);
        return false;
    }
    *host = name;
    *port = (unsigned)number;
    return true;
}

int deployment_metadb_addresses(const struct ynode *metadb, char ***out, struct err *e)
{
    const struct ynode *list = NULL;
    size_t n = 0;
    int rc = yget_seq(metadb, "addresses", Y_OPTIONAL, &list, e);
    if (!rc && list && (list->n < 2 || list->n > 32))
        rc = ynode_err(list, e, "\"addresses\" must have 2 to 32 addresses of the MetaDB, as config.yaml has them");
    for (size_t i = 0; !rc && list && i < list->n; i++) {
        const struct ynode *at = list->items[i];
        char *host = NULL, shown[TEXT_SHOWN];
        unsigned port = 0;
        if (at->kind != Y_SCALAR) {
            rc = ynode_err(at, e, "an address must be written as \"HOST:PORT\"");
        } else if (!deployment_address(at->text, &host, &port)) {
            text_shown(at->text, shown);
            rc = ynode_err(at, e, "an address must be written as \"HOST:PORT\", or \"[V6]:PORT\", not \"%s\"", shown);
        } else if (strv_has(*out, at->text)) {
            rc = ynode_err(at, e, "\"%s\" is given twice", at->text);
        } else {
            strv_add(out, &n, xstrdup(at->text));
        }
        free(host);
    }
    return rc;
}

int deployment_image(const struct ynode *map, struct deploy_image *image, struct err *e)
{
    static const char *const keys[] = {"archive", "on", "name", "sha256", "directory", NULL};
    static const char *const on[] = {"control", "nodes", NULL};
    const struct ynode *m = NULL;
    *image = (struct deploy_image){.on = xstrdup("control"), .directory = xstrdup("/var/lib/omsup/image")};
    int rc = yget_map(map, "image", Y_REQUIRED, &m, e);
    rc = rc ? rc : ymap_known(m, keys, e);
    rc = rc ? rc : yget_str(m, "archive", Y_REQUIRED, valid_path, &image->archive, e);
    rc = rc ? rc : yget_word(m, "on", Y_OPTIONAL, on, &image->on, e);
    rc = rc ? rc : yget_str(m, "name", Y_REQUIRED, valid_image, &image->name, e);
    rc = rc ? rc : yget_str(m, "directory", Y_OPTIONAL, valid_path, &image->directory, e);
    return rc ? rc : yget_str(m, "sha256", Y_OPTIONAL, valid_sha256, &image->sha256, e);
}

static const char *valid_copy_to(const char *s)
{
    const char *colon = strchr(s, ':');
    char *node = colon && *s != '/' ? xstrndup(s, (size_t)(colon - s)) : xstrdup(*s == '/' ? "node" : s);
    bool ok = !valid_name(node) && !valid_path(*s == '/' ? s : colon ? colon + 1 : "/");
    free(node);
    return ok ? NULL : "an absolute path such as /mnt/nas/oms, a node, or NODE:/PATH";
}

/* On the control host itself, a copy would be lost together with the backup. */
static int copy_node(const struct ynode *at, const char *name, struct deployment *d, struct err *e)
{
    for (size_t i = 0; i < d->n_nodes; i++) {
        if (strcmp(d->nodes[i].name, name) != 0)
            continue;
        if (!d->nodes[i].ssh)
            return ynode_err(at, e,
                             "node \"%s\" is the control host, where the backups are: name another node, or a path "
                             "on another disk",
                             name);
        d->copy_node = (unsigned)i + 1;
        return 0;
    }
    return ynode_err(at, e, "there is no node \"%s\"; a path must be absolute", name);
}

int deployment_copy_to(const struct ynode *backup, struct deployment *d, struct err *e)
{
    char *s = NULL;
    int rc = yget_str(backup, "copy_to", Y_OPTIONAL, valid_copy_to, &s, e);
    if (rc || !s)
        return rc;
    const struct ynode *at = ymap_get(backup, "copy_to");
    if (*s == '/' && strcmp(s, d->backup_dir) == 0) {
        rc = ynode_err(at, e, "copy_to must not be backup.directory itself: name a path on another disk, or a node");
    } else if (*s == '/') {
        d->copy_to = xstrdup(s);
    } else {
        char *colon = strchr(s, ':'), *name = xstrndup(s, colon ? (size_t)(colon - s) : strlen(s));
        rc = copy_node(at, name, d, e);
        if (!rc)
            d->copy_to = xasprintf("%s:%s", name, colon ? colon + 1 : "/var/lib/omsup/backup");
        free(name);
    }
    free(s);
    return rc;
}

const char *deployment_copy_kind(const struct deployment *d)
{
    return !d->copy_to ? "none" : d->copy_node ? "node" : "path";
}

bool deployment_approve_verb(const char *what) { return strcmp(what, "rollback") == 0 || strcmp(what, "--force") == 0; }

/* Whether there is such a step is known when there is a plan. */
int deployment_approve(const struct ynode *root, char ***out, struct err *e)
{
    static const char what[] = "the step of a plan, \"rollback\" or \"--force\"";
    const struct ynode *list = NULL;
    size_t n = 0;
    int rc = yget_seq(root, "approve", Y_OPTIONAL, &list, e);
    if (!rc && list && (list->n < 1 || list->n > PLAN_STEPS_MAX))
        rc = ynode_err(list, e, "\"approve\" must have 1 to %d entries, each %s", PLAN_STEPS_MAX, what);
    for (size_t i = 0; !rc && list && i < list->n; i++) {
        const struct ynode *at = list->items[i];
        char shown[TEXT_SHOWN];
        if (at->kind != Y_SCALAR) {
            rc = ynode_err(at, e, "what is to be approved must be %s", what);
            continue;
        }
        text_shown(at->text, shown);
        if (strcmp(at->text, "--force") != 0 && valid_name(at->text))
            rc = ynode_err(at, e, "what is to be approved must be %s, not \"%s\"", what, shown);
        else if (strv_has(*out, at->text))
            rc = ynode_err(at, e, "\"%s\" is given twice", shown);
        else
            strv_add(out, &n, xstrdup(at->text));
    }
    return rc;
}
