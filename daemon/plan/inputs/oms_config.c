/* OMS's own config.yaml, as its documentation and its installers write it: with tags, with everything in quotes, and
 * with keys that are unknown here. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/yaml/text.h"
#include "daemon/yaml/yaml_tree.h"

enum { CM_NODES_MAX = 128, CM_LOCATION_MAX = 127, PASSWORD_MAX = 1024, SECRETS_MAX = 64 };

static const char *valid_password(const char *s) { return strchr(s, '\n') ? "one line" : NULL; }

/* The password is never shown in a message, not even when it has the wrong type. */
static int get_password(const struct ynode *root, struct oms_config *c, struct err *e)
{
    static const char key[] = "oms_meta_password";
    const struct ynode *n = ymap_get(root, key);
    if (!n)
        return ynode_err(root, e, "\"%s\" is missing", key);
    if (n->kind != Y_SCALAR || (n->style == Y_PLAIN && n->len == 0))
        return ynode_err(ymap_key(root, key), e, "\"%s\" must be a string", key);
    if (valid_password(n->text) || n->len > PASSWORD_MAX)
        return ynode_err(ymap_key(root, key), e, "\"%s\" must be one line of at most %d bytes", key, PASSWORD_MAX);
    c->password = secret_new(n->text, n->len);
    return 0;
}

/* Whether a key names something that must not be shown: tsdb_password, apsara_audit_sls_access_secret, … */
static bool names_secret(const char *key)
{
    static const char *const parts[] = {"password",   "passwd", "secret",     "access_key",  "accesskey",
                                        "access-key", "token",  "credential", "private_key", "privatekey"};
    static const char *const ends[] = {"_pwd", "_pass", "_ak", "_sk"};
    size_t n = strlen(key);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strcasestr(key, parts[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        size_t k = strlen(ends[i]);
        if (n >= k && strcasecmp(key + n - k, ends[i]) == 0)
            return true;
    }
    return strcasecmp(key, "pwd") == 0 || strcasecmp(key, "ak") == 0 || strcasecmp(key, "sk") == 0;
}

/* Of all scalars below a key that names a secret. Bounded by the tree. */
static void add_secrets(const struct ynode *n, bool secret, struct oms_config *c)
{
    if (n->kind == Y_SCALAR && secret && n->len > 0 && c->n_secrets < SECRETS_MAX) {
        c->secrets = xrealloc(c->secrets, c->n_secrets + 1, sizeof *c->secrets);
        c->secrets[c->n_secrets++] = secret_new(n->text, n->len);
    }
    for (size_t i = 0; n->kind != Y_SCALAR && i < n->n; i++)
        add_secrets(n->items[i], secret || (n->kind == Y_MAP && names_secret(n->keys[i]->text)), c);
}

/* An optional key with an empty value means the same as an absent key. */
static bool given(const struct ynode *root, const char *key)
{
    const struct ynode *n = ymap_get(root, key);
    return n && (n->kind != Y_SCALAR || n->len > 0);
}

static int get_cm_nodes(const struct ynode *root, struct oms_config *c, struct err *e)
{
    const struct ynode *list = NULL;
    int rc = yget_seq(root, "cm_nodes", Y_REQUIRED, &list, e);
    if (!rc && (list->n == 0 || list->n > CM_NODES_MAX))
        rc = ynode_err(list, e, "\"cm_nodes\" must have 1 to %d entries", CM_NODES_MAX);
    size_t n = 0;
    for (size_t i = 0; !rc && i < list->n; i++) {
        char *ip = NULL;
        rc = ynode_str(list->items[i], "cm_nodes", valid_host, &ip, e);
        if (!rc)
            strv_add(&c->cm_nodes, &n, ip);
    }
    return rc;
}

static int parse(const struct ynode *root, struct oms_config *c, struct err *e)
{
    unsigned location = 0;
    c->cm_location = -1;
    c->is_default = true;
    int rc = yget_str(root, "oms_meta_host", Y_REQUIRED, valid_host, &c->metadb_host, e);
    rc = rc ? rc : yget_uint(root, "oms_meta_port", Y_REQUIRED, 1, PORT_MAX, &c->metadb_port, e);
    rc = rc ? rc : yget_str(root, "oms_meta_user", Y_REQUIRED, valid_user, &c->metadb_user, e);
    rc = rc ? rc : get_password(root, c, e);
    rc = rc ? rc : yget_str(root, "drc_rm_db", Y_REQUIRED, valid_database, &c->rm_db, e);
    rc = rc ? rc : yget_str(root, "drc_cm_db", Y_REQUIRED, valid_database, &c->cm_db, e);
    rc = rc ? rc : yget_str(root, "drc_cm_heartbeat_db", Y_REQUIRED, valid_database, &c->hb_db, e);
    rc = rc ? rc : yget_str(root, "cm_url", Y_REQUIRED, valid_line, &c->cm_url, e);
    if (!rc && given(root, "cm_location")) {
        rc = yget_uint(root, "cm_location", Y_OPTIONAL, 0, CM_LOCATION_MAX, &location, e);
        c->cm_location = (int)location;
    }
    if (!rc && given(root, "cm_region"))
        rc = yget_str(root, "cm_region", Y_OPTIONAL, valid_line, &c->cm_region, e);
    if (!rc && given(root, "cm_is_default"))
        rc = yget_bool(root, "cm_is_default", Y_OPTIONAL, &c->is_default, e);
    if (!rc && given(root, "tsdb_url"))
        rc = yget_str(root, "tsdb_url", Y_OPTIONAL, valid_line, &c->tsdb_url, e);
    return rc ? rc : get_cm_nodes(root, c, e);
}

int oms_config_parse(const char *text, size_t len, const char *file, struct oms_config **out, struct err *e)
{
    *out = NULL;
    struct ytree *t;
    int rc = ytree_load(text, len, OMS_CONFIG_MAX, file, Y_TAGS, &t, e);
    if (rc)
        return rc;
    struct oms_config *c = xcalloc(1, sizeof *c);
    rc = parse(ytree_root(t), c, e);
    add_secrets(ytree_root(t), false, c);
    ytree_free(t);
    if (rc)
        oms_config_free(c);
    else
        *out = c;
    return rc;
}

void oms_config_free(struct oms_config *c)
{
    if (!c)
        return;
    char *const own[] = {c->metadb_host, c->metadb_user, c->rm_db,     c->cm_db,
                         c->hb_db,       c->cm_url,      c->cm_region, c->tsdb_url};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        free(own[i]);
    secret_wipe(c->password);
    for (size_t i = 0; i < c->n_secrets; i++)
        secret_wipe(c->secrets[i]);
    free(c->secrets);
    strv_free(c->cm_nodes);
    free(c);
}
