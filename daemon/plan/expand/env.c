/* The environment of a target: the table of schema/procedure.md, see also script_env.c. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"
#include "daemon/plan/expand/internal.h"

struct env {
    char **v;
    size_t n;
};

static void set(struct env *env, const char *name, const char *value)
{
    strv_add(&env->v, &env->n, xasprintf("%s=%s", name, value ? value : ""));
}

static void set_number(struct env *env, const char *name, long value)
{
    char s[32];
    snprintf(s, sizeof s, "%ld", value);
    set(env, name, s);
}

static void set_lines(struct env *env, const char *name, char *const *lines)
{
    struct buf b = {0};
    for (size_t i = 0; lines && lines[i]; i++)
        buf_printf(&b, "%s%s", i ? "\n" : "", lines[i]);
    set(env, name, buf_str(&b));
    buf_free(&b);
}

/* The other addresses by which nodes reach the MetaDB: HOST PORT, one per line. */
static void set_addresses(struct env *env, const struct expand *x)
{
    const struct plan_metadb *m = &x->plan->metadb;
    char **lines = NULL;
    size_t n = 0;
    for (size_t i = 0; x->d->metadb_addresses && i < x->d->n_nodes; i++) {
        const struct oms_config *c = x->facts[i].config;
        char *line = xasprintf("%s %u", c->metadb_host, c->metadb_port);
        if ((strcmp(c->metadb_host, m->host) == 0 && c->metadb_port == m->port) || strv_has(lines, line))
            free(line);
        else
            strv_add(&lines, &n, line);
    }
    set_lines(env, "METADB_ADDRESSES", lines);
    strv_free(lines);
}

/* Where the second copies of the backups go, one per line: the place (PATH, or NODE:PATH), and how the node is reached:
 * its ssh destination, port, and 1 for sudo. */
static void set_copy_to(struct env *env, const struct deployment *d)
{
    struct buf b = {0};
    if (d->copy_to && d->copy_node) {
        const struct deploy_node *n = &d->nodes[d->copy_node - 1];
        buf_printf(&b, "%s\n%s\n", d->copy_to, n->ssh);
        if (n->port)
            buf_printf(&b, "%u", n->port);
        buf_printf(&b, "\n%s", n->sudo ? "1" : "");
    } else if (d->copy_to) {
        buf_puts(&b, d->copy_to);
    }
    set(env, "COPY_TO", buf_str(&b));
    buf_free(&b);
}

static void set_all(struct env *env, const struct expand *x)
{
    const struct deployment *d = x->d;
    const struct plan_metadb *m = &x->plan->metadb;
    set(env, "SOURCE", d->source);
    set(env, "TARGET", d->target);
    set(env, "EDITION", d->edition);
    set(env, "IMAGE", d->image_name);
    set(env, "IMAGE_ARCHIVE", d->image_archive);
    set(env, "IMAGE_ON", d->image_on);
    set(env, "IMAGE_SHA256", d->image_sha256);
    set(env, "CORRECTION_PACKAGE", d->correction_package);
    set(env, "BACKUP_DIR", d->backup_dir);
    set_copy_to(env, d);
    set(env, "SLIM", d->slim);
    set_number(env, "INIT_WAIT", d->init_wait_s);
    set(env, "METADB_HOST", m->host);
    set_number(env, "METADB_PORT", m->port);
    set_addresses(env, x);
    set(env, "METADB_USER", m->user);
    set(env, "RM_DB", m->rm);
    set(env, "CM_DB", m->cm);
    set_lines(env, "HB_DBS", m->hb);
    struct buf b = {0};
    for (size_t i = 0; i < d->n_nodes; i++)
        buf_printf(&b, "%s%s %s %s", i ? "\n" : "", d->nodes[i].name, d->regions[d->nodes[i].region].name, x->ips[i]);
    set(env, "NODES", buf_str(&b));
    buf_free(&b);
    if (x->rb)
        set(env, "T1", x->rb->t1);
}

/* Only what docker update takes: the fact is the output of a node. */
static void set_restart(struct env *env, const struct rollback_of *rb, const char *node)
{
    static const char *const words[] = {"no", "always", "unless-stopped", "on-failure"};
    static const char counted[] = "on-failure:";
    char *name = xasprintf("restart.%s", node);
    const char *is = rb->fact ? rb->fact(rb->ctx, name) : NULL;
    bool ok = is && strncmp(is, counted, sizeof counted - 1) == 0 && is[sizeof counted - 1] &&
              strspn(is + sizeof counted - 1, "0123456789") == strlen(is + sizeof counted - 1);
    for (size_t i = 0; is && i < ARRAY_LEN(words); i++)
        ok = ok || strcmp(is, words[i]) == 0;
    set(env, "OLD_RESTART", ok ? is : NULL);
    free(name);
}

static void set_node(struct env *env, const struct expand *x, size_t node)
{
    const struct deploy_node *n = &x->d->nodes[node];
    const struct node_facts *f = &x->facts[node];
    set(env, "NODE", n->name);
    set(env, "NODE_SSH", n->ssh);
    if (n->port)
        set_number(env, "NODE_PORT", n->port);
    else
        set(env, "NODE_PORT", "");
    set(env, "NODE_SUDO", n->sudo ? "1" : "");
    set(env, "DOCKER", n->docker);
    set(env, "OLD_CONTAINER", n->old);
    set(env, "NEW_CONTAINER", n->new_name);
    set_lines(env, "RUN_OPTIONS", n->run_options);
    if (x->rb)
        set_restart(env, x->rb, n->name);
    set(env, "OLD_ID", f->old_id);
    set(env, "OLD_IMAGE", f->old_image);
    set(env, "OMS_HOST_IP", x->ips[node]);
    set_lines(env, "BINDS", f->binds);
    set(env, "LOGS_DIR", f->logs_dir);
    set(env, "STORE_DIR", f->store_dir);
    set(env, "RUN_DIR", f->run_dir);
    set(env, "CONFIG_FILE", f->config_file);
    set(env, "CONFIG_STATE", f->config_state);
}

/* `node`: the one whose config.yaml tells; the region's first for targets without a node. */
static void set_region(struct env *env, const struct expand *x, size_t region, size_t node)
{
    const struct oms_config *c = x->facts[node].config;
    set(env, "REGION", x->d->regions[region].name);
    if (c->cm_location >= 0)
        set_number(env, "CM_LOCATION", c->cm_location);
    else
        set(env, "CM_LOCATION", "");
    set_lines(env, "CM_NODES", c->cm_nodes);
    set(env, "CM_URL", c->cm_url);
    set(env, "HB_DB", c->hb_db);
    set(env, "LAST_REGION", region + 1 == x->d->n_regions ? "true" : "false");
    set(env, "DEFAULT_REGION", c->is_default ? "true" : "false");
}

/* The old containers, for a script on the control host that asks each node. */
static void set_containers(struct env *env, const struct expand *x)
{
    struct buf b = {0};
    for (size_t i = 0; i < x->d->n_nodes; i++) {
        const struct deploy_node *n = &x->d->nodes[i];
        buf_printf(&b, "%s%s %s %s %s %s ", i ? "\n" : "", n->name, x->facts[i].old_id, n->docker, n->sudo ? "1" : "-",
                   n->ssh ? n->ssh : "-");
        if (n->port)
            buf_printf(&b, "%u", n->port);
        else
            buf_puts(&b, "-");
    }
    set(env, "OLD_CONTAINERS", buf_str(&b));
    buf_free(&b);
}

static void set_backup(struct env *env, const struct rollback_of *rb, const char *db)
{
    static const char *const facts[][2] = {
        {"DB_CHARSET", "charset"}, {"DB_COLLATION", "collation"}, {"BACKUP_FILE", "file"},
        {"BACKUP_SIZE", "size"},   {"BACKUP_SHA256", "sha256"},   {"BACKUP_COPY", "copy"},
    };
    for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
        char *name = xasprintf("backup.%s.%s", db, facts[i][1]);
        set(env, facts[i][0], rb->fact ? rb->fact(rb->ctx, name) : NULL);
        free(name);
    }
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

char **expand_env(const struct expand *x, const struct proc_step *s, const struct target *t)
{
    struct env env = {0};
    set_all(&env, x);
    set(&env, "IMAGE_DIR",
        t->node != NONE && x->d->nodes[t->node].image_dir ? x->d->nodes[t->node].image_dir : x->d->image_dir);
    if (t->node != NONE)
        set_node(&env, x, t->node);
    if (t->region != NONE)
        set_region(&env, x, t->region, t->node != NONE ? t->node : first_node_of(x->d, t->region));
    if (t->db) {
        set(&env, "DB", t->db);
        set(&env, "DB_ROLE", t->db_role);
    }
    if (s->target == FOR_DATABASE)
        set_containers(&env, x);
    if (x->rb && s->target == FOR_DATABASE)
        set_backup(&env, x->rb, t->db);
    qsort(env.v, env.n, sizeof *env.v, by_name);
    return env.v;
}

static const char *value_in(char *const *env, const char *name, size_t len)
{
    for (; *env; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    return "";
}

char *expand_notice(const char *text, char *const *env)
{
    struct buf b = {0};
    for (const char *s = text; *s;) {
        const char *end = strncmp(s, "${", 2) == 0 ? strchr(s, '}') : NULL;
        if (end) {
            buf_puts(&b, value_in(env, s + 2, (size_t)(end - s - 2)));
            s = end + 1;
        } else {
            buf_add(&b, s++, 1);
        }
    }
    buf_add(&b, "", 0);
    return b.data ? buf_take(&b) : xstrdup("");
}
