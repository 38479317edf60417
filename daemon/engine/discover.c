/* discover: what an operator would otherwise type in. Asks the named hosts for their OMS containers, then OMS's own
 * metadata for the servers that were not named, and writes a deployment file for review. Never guesses, never writes a
 * password. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/engine/internal.h"

/* Lists containers, one a line: `container DOCKER STATE NAME IMAGE`. */
static const char list_script[] =
    "set -u\n"
    "for docker in docker podman; do\n"
    "  command -v \"$docker\" >/dev/null 2>&1 || continue\n"
    "  if said=$(timeout 20 \"$docker\" ps -a --no-trunc --format '{{.State}} {{.Names}} {{.Image}}' 2>&1); then\n"
    "    printf '%s\\n' \"$said\" | sed -n \"s/^./container $docker &/p\"\n"
    "    exit 0\n"
    "  fi\n"
    "done\n"
    "printf 'error no container engine answers: %s\\n' \"${said:-neither docker nor podman is installed}\" | head -n "
    "1\n";

struct found {
    char *dest; /* ssh destination; NULL: local */
    char *name; /* node name */
    char *docker, *container;
    struct node_facts facts;
};

struct discover {
    struct engine *en;
    struct found *nodes;
    size_t n;
    bool sudo;
    char *container; /* NULL: the one whose image is of OMS */
    struct err err;
    cJSON *questions;
    struct buf yaml;
    /* what the MetaDB says, collected on a worker thread */
    struct metadb_rows hosts;
    char *metadb_said;
    engine_reply *reply;
    void *ctx;
};

__attribute__((format(printf, 2, 3))) static void question(struct discover *d, const char *fmt, ...)
{
    char s[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s, sizeof s, fmt, ap);
    va_end(ap);
    cJSON_AddItemToArray(d->questions, cJSON_CreateString(s));
    buf_printf(&d->yaml, "# QUESTION: %s\n", s);
}

static void finish(struct discover *d)
{
    cJSON *r = NULL;
    if (!d->err.code) {
        r = cJSON_CreateObject();
        cJSON_AddStringToObject(r, "deployment", buf_str(&d->yaml));
        cJSON_AddItemToObject(r, "questions", d->questions);
        d->questions = NULL;
    }
    d->reply(d->ctx, r, &d->err);
    for (size_t i = 0; i < d->n; i++) {
        free(d->nodes[i].dest);
        free(d->nodes[i].name);
        free(d->nodes[i].docker);
        free(d->nodes[i].container);
        node_facts_free(&d->nodes[i].facts);
    }
    cJSON_Delete(d->questions);
    metadb_rows_free(&d->hosts);
    buf_free(&d->yaml);
    free(d->metadb_said);
    free(d->container);
    free(d->nodes);
    free(d);
}

/* --- the file ---------------------------------------------------------------------------------------- */

static bool same_region(const struct found *a, const struct found *b)
{
    return strcmp(a->facts.config->hb_db, b->facts.config->hb_db) == 0;
}

static void write_region(struct discover *d, size_t first)
{
    const struct oms_config *c = d->nodes[first].facts.config;
    if (c->cm_region && *c->cm_region)
        buf_printf(&d->yaml, "  - region: %s", c->cm_region);
    else
        buf_printf(&d->yaml, "  - region: region-%d", c->cm_location);
    buf_printf(&d->yaml, "   # cm_location %d, heartbeat database %s\n    nodes:\n", c->cm_location, c->hb_db);
    for (size_t i = first; i < d->n; i++) {
        const struct found *f = &d->nodes[i];
        if (!same_region(&d->nodes[first], f))
            continue;
        buf_printf(&d->yaml, "      - node: %s   # OMS_HOST_IP %s\n", f->name, f->facts.host_ip);
        if (f->dest)
            buf_printf(&d->yaml, "        ssh: %s\n", f->dest);
        else
            buf_puts(&d->yaml, "        local: true\n");
        if (d->sudo && f->dest)
            buf_puts(&d->yaml, "        sudo: true\n");
        if (strcmp(f->container, d->nodes[0].container) != 0 || strcmp(f->docker, d->nodes[0].docker) != 0)
            buf_printf(&d->yaml, "        container: {command: %s, old: %s}\n", f->docker, f->container);
    }
}

static const char *known_ip(const struct discover *d, const char *ip)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->nodes[i].facts.host_ip, ip) == 0)
            return d->nodes[i].name;
    return NULL;
}

/* Addresses are from the database: only what can stand in a comment. */
static bool printable(const char *s)
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr(".:-_", *s))
            return false;
    return true;
}

static void missing_servers(struct discover *d)
{
    if (d->metadb_said) {
        question(d, "the MetaDB could not be asked for servers that were not named (%s): are these all?",
                 d->metadb_said);
        return;
    }
    for (size_t r = 0; r < d->hosts.n_rows; r++) {
        const char *ip = d->hosts.cell[r][0], *group = d->hosts.cell[r][1];
        if (ip && printable(ip) && !known_ip(d, ip))
            question(d,
                     "OMS knows the server %s (cm_location %s), which was not named: discover it too, or is it gone?",
                     ip, group && printable(group) ? group : "unknown");
    }
    for (size_t i = 0; i < d->n; i++)
        for (char **ip = d->nodes[i].facts.config->cm_nodes; ip && *ip; ip++)
            if (printable(*ip) && !known_ip(d, *ip))
                question(d, "cm_nodes of %s has %s, which was not named: discover it too, or is it gone?",
                         d->nodes[i].name, *ip);
}

static void write_file(struct discover *d)
{
    const struct found *f = &d->nodes[0];
    struct version v;
    char source[32] = "";
    if (version_of_image(f->facts.old_image, &v, NULL) == 0 && v.n >= 3)
        snprintf(source, sizeof source, "%u.%u.%u", v.part[0], v.part[1], v.part[2]);
    bool community =
        strstr(f->facts.old_image, "-ce") || strstr(f->facts.old_image, "_ce") || strstr(f->facts.old_image, "oms-ce");
    buf_puts(&d->yaml,
             "# Written by `omsupctl discover`. Review it, answer the questions, then: omsupctl check FILE\n");
    buf_puts(&d->yaml,
             "# The MetaDB password is not here: omsupd reads it from OMS's own config.yaml when it needs it.\n");
    missing_servers(d);
    if (!*source)
        question(d, "the image %s does not tell its version: which version runs now? (source)", f->facts.old_image);
    for (size_t i = 1; i < d->n; i++)
        if (strcmp(d->nodes[i].facts.old_image, f->facts.old_image) != 0)
            question(d, "the nodes run different images: %s and %s", f->facts.old_image, d->nodes[i].facts.old_image);
    question(d, "to which version? (target, image, container.new)");
    buf_printf(&d->yaml, "deployment: oms\nedition: %s   # as the image name has it: %s\n",
               community ? "community" : "enterprise", f->facts.old_image);
    buf_printf(&d->yaml, "source: %s%s\n", *source ? source : "SOURCE", *source ? "   # from the image's tag" : "");
    buf_puts(&d->yaml,
             "target: TARGET\nha: console   # console: you switch HA in the console; sql: omsupd writes ha.config\n");
    buf_puts(&d->yaml,
             "image:\n  archive: /path/to/the/new/image.tar\n  on: control   # or nodes\n  name: REPOSITORY:TAG\n");
    buf_puts(&d->yaml, "backup:\n  directory: /var/backups/oms\n");
    buf_printf(&d->yaml, "container:\n  command: %s\n  old: %s\n  new: NEW_CONTAINER\n", f->docker, f->container);
    buf_printf(
        &d->yaml, "metadb:\n  from: config   # %s:%u, databases %s, %s and one heartbeat database a region\nregions:\n",
        f->facts.config->metadb_host, f->facts.config->metadb_port, f->facts.config->rm_db, f->facts.config->cm_db);
    for (size_t i = 0; i < d->n; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first &= !same_region(&d->nodes[k], &d->nodes[i]);
        if (first)
            write_region(d, i);
    }
}

/* --- the MetaDB ---------------------------------------------------------------------------------------- */

static void ask_metadb(struct metadb *db, const struct err *failed, void *arg)
{
    struct discover *d = arg;
    struct err e = {0};
    if (!db) {
        e = *failed;
    } else {
        char *cm = metadb_name(metadb_login(db)->cm);
        metadb_query(db, &d->hosts, NULL, &e,
                     "SELECT h.ip, g.name FROM %s.host h LEFT JOIN %s.resource_group g ON g.id = h.resource_group_id "
                     "ORDER BY h.ip",
                     cm, cm);
        free(cm);
    }
    if (e.code)
        d->metadb_said = xstrdup(e.msg);
}

static void metadb_done(void *arg)
{
    write_file(arg);
    finish(arg);
}

static void on_facts(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct discover *d = ctx;
    d->err = *failed;
    for (size_t i = 0; i < n && !d->err.code; i++)
        node_facts_parse(items[i].output, items[i].len, d->nodes[i].name, &d->nodes[i].facts, &d->err);
    if (d->err.code) {
        finish(d);
        return;
    }
    const struct oms_config *c = d->nodes[0].facts.config;
    struct metadb_login l = {c->metadb_host, c->metadb_user, c->metadb_port, c->password, c->rm_db, c->cm_db};
    calls_metadb(&d->en->reach, &l, ask_metadb, metadb_done, d);
}

/* --- the containers -------------------------------------------------------------------------------------- */

/* The one container of OMS on a node: the named one, or the only running one whose image is called oms. */
static void choose(struct discover *d, struct found *f, const char *text)
{
    unsigned fits = 0;
    char *copy = xstrdup(text), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line && !d->err.code; line = strtok_r(NULL, "\n", &save)) {
        char docker[16], state[32], name[256], image[512];
        if (strncmp(line, "error ", 6) == 0)
            err_set(&d->err, ERR_NODE, "node %s: %s", f->name, line + 6);
        if (sscanf(line, "container %15s %31s %255s %511s", docker, state, name, image) != 4)
            continue;
        const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image;
        bool fit = d->container ? strcmp(name, d->container) == 0
                                : strncmp(base, "oms", 3) == 0 && strcmp(state, "running") == 0;
        if (!fit)
            continue;
        fits++;
        free(f->docker);
        free(f->container);
        f->docker = xstrdup(docker);
        f->container = xstrdup(name);
    }
    free(copy);
    if (d->err.code)
        return;
    if (fits == 0)
        err_set(&d->err, ERR_NOT_FOUND,
                d->container ? "node %s has no container %s"
                             : "node %s runs no container of an OMS image%s: name it with --container",
                f->name, d->container ? d->container : "");
    else if (fits > 1)
        err_set(&d->err, ERR_STATE, "node %s runs %u containers of OMS images: name one with --container", f->name,
                fits);
}

static struct plan_host host_of(const struct discover *d, const struct found *f)
{
    return (struct plan_host){.name = f->name, .ssh = f->dest, .sudo = d->sudo && f->dest};
}

static void on_containers(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct discover *d = ctx;
    d->err = *failed;
    for (size_t i = 0; i < n && !d->err.code; i++)
        choose(d, &d->nodes[i], items[i].output);
    if (d->err.code) {
        finish(d);
        return;
    }
    struct inquiry_item *next = xcalloc(n, sizeof *next);
    for (size_t i = 0; i < n; i++) {
        next[i].host = host_of(d, &d->nodes[i]);
        next[i].env = gather_env(d->nodes[i].docker, d->nodes[i].container, NULL);
        next[i].script = node_facts_script;
    }
    inquiry_begin(&d->en->reach, next, n, on_facts, d);
}

static bool destination_ok(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > 255 || s[0] == '-')
        return false;
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("@.:_-[]%", *s))
            return false;
    return true;
}

/* A node's name from its destination: what is behind the @. */
static char *node_name_of(const char *dest)
{
    const char *at = strrchr(dest, '@');
    char *s = xstrdup(at ? at + 1 : dest);
    for (char *p = s; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            *p = '-';
    return s;
}

void engine_discover(struct engine *en, const char *const *hosts, size_t n, bool sudo, const char *container,
                     engine_reply *reply, void *ctx)
{
    struct discover *d = xcalloc(1, sizeof *d);
    *d = (struct discover){.en = en,
                           .sudo = sudo,
                           .container = xstrdup(container),
                           .reply = reply,
                           .ctx = ctx,
                           .questions = cJSON_CreateArray()};
    d->nodes = xcalloc(n, sizeof *d->nodes);
    struct inquiry_item *items = xcalloc(n, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        struct found *f = &d->nodes[i];
        const char *dest = hosts[i];
        if (!destination_ok(dest))
            err_set(&d->err, ERR_PARAMS, "\"%.64s\" is not an ssh destination", dest);
        f->dest = strcmp(dest, "local") == 0 ? NULL : xstrdup(dest);
        f->name = f->dest ? node_name_of(dest) : xstrdup(en->host);
        items[i].host = host_of(d, f);
        items[i].env = xcalloc(1, sizeof(char *));
        items[i].script = list_script;
    }
    d->n = n;
    if (d->err.code) {
        for (size_t i = 0; i < n; i++)
            strv_free(items[i].env);
        free(items);
        finish(d);
        return;
    }
    inquiry_begin(&en->reach, items, n, on_containers, d);
}
