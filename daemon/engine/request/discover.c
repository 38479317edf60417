/* discover writes a deployment file, so that an operator need not type one. It asks the named hosts for their OMS
 * containers, and OMS's metadata for servers that were not named. Never guesses, never writes a password. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/engine/request/internal.h"

extern const char list_containers_script[]; /* list_containers.sh */

struct discover {
    struct jobs *jobs;
    struct discover_found found; /* the answer of the MetaDB is collected on a worker thread */
    char *container;             /* NULL: the one with an OMS image */
    struct err err;
    request_reply *reply;
    void *ctx;
};

static void finish(struct discover *d)
{
    cJSON *r = NULL;
    if (!d->err.code) {
        struct buf yaml = {0};
        cJSON *questions = cJSON_CreateArray();
        discover_file(&d->found, &yaml, questions);
        r = cJSON_CreateObject();
        cJSON_AddStringToObject(r, "deployment", buf_str(&yaml));
        cJSON_AddItemToObject(r, "questions", questions);
        buf_free(&yaml);
    }
    d->reply(d->ctx, r, &d->err);
    for (size_t i = 0; i < d->found.n; i++) {
        free(d->found.nodes[i].dest);
        free(d->found.nodes[i].name);
        free(d->found.nodes[i].docker);
        free(d->found.nodes[i].container);
        free(d->found.nodes[i].image);
        free(d->found.nodes[i].same_as);
        node_facts_free(&d->found.nodes[i].facts);
    }
    metadb_rows_free(&d->found.hosts);
    free(d->found.metadb_said);
    free(d->container);
    free(d->found.nodes);
    free(d);
}

/* --- the MetaDB --- */

static void ask_metadb(struct metadb *db, const struct err *failed, void *arg)
{
    struct discover *d = arg;
    struct err e = {0};
    if (!db) {
        e = *failed;
    } else {
        char *cm = metadb_name(metadb_login(db)->cm);
        metadb_select(db, 2, &d->found.hosts, NULL, &e,
                      "SELECT h.ip, g.name FROM %s.host h LEFT JOIN %s.resource_group g ON g.id = h.resource_group_id "
                      "ORDER BY h.ip",
                      cm, cm);
        free(cm);
    }
    if (e.code)
        d->found.metadb_said = xstrdup(e.msg);
}

static void metadb_done(void *arg) { finish(arg); }

static void on_facts(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct discover *d = ctx;
    d->err = *failed;
    for (size_t i = 0; i < n && !d->err.code; i++)
        node_facts_parse(items[i].output, items[i].len, d->found.nodes[i].name, &d->found.nodes[i].facts, &d->err);
    if (d->err.code) {
        finish(d);
        return;
    }
    /* One host under two names: no two hosts have a container of one id. */
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i && !d->found.nodes[i].same_as; k++)
            if (!d->found.nodes[k].same_as &&
                strcmp(d->found.nodes[k].facts.old_id, d->found.nodes[i].facts.old_id) == 0)
                d->found.nodes[i].same_as = xstrdup(d->found.nodes[k].dest ? d->found.nodes[k].dest : "local");
    const struct oms_config *c = d->found.nodes[0].facts.config;
    struct metadb_login l = {.host = c->metadb_host,
                             .user = c->metadb_user,
                             .port = c->metadb_port,
                             .password = c->password,
                             .rm = c->rm_db,
                             .cm = c->cm_db};
    calls_metadb(d->jobs->reach, &l, ask_metadb, metadb_done, d);
}

/* --- the containers --- */

static bool named_oms(const char *image)
{
    const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image;
    return strncmp(base, "oms", 3) == 0;
}

/* The OMS container of a node: the named one, or the only running one that has OMS's config.yaml or an image called
 * oms. */
static void choose(struct discover *d, struct discover_node *f, const char *text)
{
    unsigned fits = 0;
    struct buf names = {0};
    char *copy = xstrdup(text), *save = NULL, *note = NULL, **ids = NULL;
    size_t n_ids = 0;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char docker[16], running[8], name[256], id[80], oms[8], image[512], tag[512];
        if (strncmp(line, "note ", 5) == 0) {
            free(note);
            note = xstrdup(line + 5);
        }
        if (sscanf(line, "container %15s %7s %255s %79s %7s %511s %511s", docker, running, name, id, oms, image, tag) !=
            7)
            continue;
        const char *called = strcmp(tag, "-") == 0 ? image : tag;
        bool fit = d->container ? strcmp(name, d->container) == 0
                                : strcmp(running, "true") == 0 && (named_oms(called) || strcmp(oms, "yes-") == 0);
        if (!fit || strv_has(ids, id)) /* where docker is a name for podman, both list the same */
            continue;
        buf_printf(&names, "%s%s", fits++ ? ", " : "", name);
        strv_add(&ids, &n_ids, xstrdup(id));
        free(f->docker);
        free(f->container);
        free(f->image);
        f->docker = xstrdup(docker);
        f->container = xstrdup(name);
        f->image = xstrdup(called);
    }
    free(copy);
    strv_free(ids);
    if (fits == 0 && note)
        err_set(&d->err, ERR_NODE, "node %s: %s", f->name, note);
    else if (fits == 0)
        err_set(&d->err, ERR_NOT_FOUND,
                d->container ? "node %s has no container %s"
                             : "node %s runs no container with an OMS image%s; name the container with --container",
                f->name, d->container ? d->container : "");
    else if (fits > 1)
        err_set(&d->err, ERR_STATE, "node %s runs %u containers with OMS images (%s); name one with --container",
                f->name, fits, buf_str(&names));
    buf_free(&names);
    free(note);
}

static struct plan_host host_of(const struct discover *d, const struct discover_node *f)
{
    return (struct plan_host){.name = f->name, .ssh = f->dest, .sudo = d->found.sudo && f->dest};
}

static void on_containers(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct discover *d = ctx;
    d->err = *failed;
    for (size_t i = 0; i < n && !d->err.code; i++)
        choose(d, &d->found.nodes[i], items[i].output);
    if (d->err.code) {
        finish(d);
        return;
    }
    struct inquiry_item *next = xcalloc(n, sizeof *next);
    for (size_t i = 0; i < n; i++) {
        next[i].host = host_of(d, &d->found.nodes[i]);
        next[i].env = gather_env(d->found.nodes[i].docker, d->found.nodes[i].container, NULL);
        next[i].script = node_facts_script;
    }
    inquiry_begin(d->jobs->reach, next, n, on_facts, d);
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

/* A node's name: its destination, without the user, as the deployment file allows it. */
static char *node_name_of(const char *dest)
{
    const char *at = strrchr(dest, '@');
    char *s = xstrdup(at ? at + 1 : dest);
    for (char *p = s; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
            *p = '-';
    const char *start = s;
    while (*start && !isalnum((unsigned char)*start))
        start++;
    bool taken = !*start || strcmp(start, "control") == 0; /* the control host's own */
    char *name = xasprintf("%s%.*s", taken ? "node-" : "", 58, start);
    free(s);
    return name;
}

void discover_oms(struct engine *en, const char *const *hosts, size_t n, bool sudo, const char *container,
                  request_reply *reply, void *ctx)
{
    struct discover *d = xcalloc(1, sizeof *d);
    *d = (struct discover){
        .jobs = engine_jobs(en), .found.sudo = sudo, .container = xstrdup(container), .reply = reply, .ctx = ctx};
    d->found.nodes = xcalloc(n, sizeof *d->found.nodes);
    struct inquiry_item *items = xcalloc(n, sizeof *items);
    for (size_t i = 0; i < n; i++) {
        struct discover_node *f = &d->found.nodes[i];
        const char *dest = hosts[i];
        if (!destination_ok(dest))
            err_set(&d->err, ERR_PARAMS, "\"%.64s\" is not an ssh destination", dest);
        f->dest = strcmp(dest, "local") == 0 ? NULL : xstrdup(dest);
        f->name = f->dest ? node_name_of(dest) : node_name_of(d->jobs->control);
        items[i].host = host_of(d, f);
        items[i].env = xcalloc(1, sizeof(char *));
        items[i].script = list_containers_script;
    }
    d->found.n = n;
    if (d->err.code) {
        for (size_t i = 0; i < n; i++)
            strv_free(items[i].env);
        free(items);
        finish(d);
        return;
    }
    inquiry_begin(d->jobs->reach, items, n, on_containers, d);
}
