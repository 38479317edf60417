/* The deployment file that discover writes: what was found, and questions where that is not enough. Never guesses. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/strv.h"

#include "daemon/engine/request/internal.h"

struct file {
    const struct discover_found *found;
    struct buf *yaml;
    cJSON *questions;
    char **regions; /* the names that are written */
    size_t n_regions;
};

__attribute__((format(printf, 2, 3))) static void question(struct file *d, const char *fmt, ...)
{
    char s[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s, sizeof s, fmt, ap);
    va_end(ap);
    for (char *p = s; *p; p++) /* it is a comment of one line */
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    cJSON_AddItemToArray(d->questions, cJSON_CreateString(s));
    buf_printf(d->yaml, "# QUESTION: %s\n", s);
}

/* A word as every YAML parser reads it: in quotes, unless it can be nothing but a string. */
static void put_word(struct buf *b, const char *s)
{
    static const char *const special[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    bool plain = isalpha((unsigned char)*s);
    for (const char *p = s; *p && plain; p++)
        plain = isalnum((unsigned char)*p) || strchr("._-/@", *p);
    for (size_t i = 0; i < ARRAY_LEN(special); i++)
        plain = plain && strcasecmp(s, special[i]) != 0;
    if (plain) {
        buf_puts(b, s);
        return;
    }
    buf_puts(b, "\"");
    for (; *s; s++)
        buf_printf(b, strchr("\"\\", *s) ? "\\%c" : "%c", *s);
    buf_puts(b, "\"");
}

static bool same_region(const struct discover_node *a, const struct discover_node *b)
{
    return strcmp(a->facts.config->hb_db, b->facts.config->hb_db) == 0;
}

static bool first_of_region(const struct file *d, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (same_region(&d->found->nodes[k], &d->found->nodes[i]))
            return false;
    return true;
}

/* Has its container no OMS_HOST_IP? A node alone in its region and in cm_nodes can do without. */
static bool needs_ip(const struct file *d, size_t i)
{
    const struct discover_node *f = &d->found->nodes[i];
    bool alone = strv_len(f->facts.config->cm_nodes) == 1;
    for (size_t k = 0; k < d->found->n; k++)
        alone = alone && (k == i || d->found->nodes[k].same_as || !same_region(&d->found->nodes[k], f));
    return !*f->facts.host_ip && !alone;
}

static char *address_of(const struct oms_config *c)
{
    bool v6 = strchr(c->metadb_host, ':');
    return xasprintf("%s%s%s:%u", v6 ? "[" : "", c->metadb_host, v6 ? "]" : "", c->metadb_port);
}

/* The different addresses of the MetaDB. */
static char **addresses(const struct file *d)
{
    char **list = NULL;
    size_t n = 0;
    for (size_t i = 0; i < d->found->n; i++) {
        char *at = address_of(d->found->nodes[i].facts.config);
        if (strv_has(list, at))
            free(at);
        else
            strv_add(&list, &n, at);
    }
    return list;
}

static void write_metadb(struct file *d)
{
    const struct oms_config *c = d->found->nodes[0].facts.config;
    char **list = addresses(d);
    buf_printf(d->yaml, "metadb:\n  from: config   # %s:%u, databases %s, %s and one heartbeat database per region\n",
               c->metadb_host, c->metadb_port, c->rm_db, c->cm_db);
    for (size_t i = 0; strv_len(list) > 1 && list[i]; i++) {
        buf_puts(d->yaml, i ? ", " : "  addresses: [");
        put_word(d->yaml, list[i]);
        buf_puts(d->yaml, list[i + 1] ? "" : "]\n");
    }
    strv_free(list);
    buf_puts(d->yaml, "regions:\n");
}

static bool region_taken(const struct file *d, const char *name)
{
    bool taken = strv_has(d->regions, name);
    for (size_t i = 0; i < d->found->n; i++) {
        const char *other = d->found->nodes[i].facts.config->cm_region;
        taken = taken || (other && strcmp(other, name) == 0);
    }
    return taken;
}

/* cm_region, if it can be a name here and no earlier region has it; otherwise a number, which no region has. */
static char *region_name(const struct file *d, size_t first)
{
    const struct oms_config *c = d->found->nodes[first].facts.config;
    if (c->cm_region && deployment_region_ok(c->cm_region) && !strv_has(d->regions, c->cm_region))
        return xstrdup(c->cm_region);
    int number = c->cm_location >= 0 ? c->cm_location : (int)d->n_regions + 1;
    char *name = xasprintf("region-%d", number);
    for (unsigned i = 2; region_taken(d, name); i++) {
        free(name);
        name = xasprintf("region-%d-%u", number, i);
    }
    return name;
}

static void write_region(struct file *d, size_t first)
{
    const struct oms_config *c = d->found->nodes[first].facts.config;
    char *name = region_name(d, first);
    strv_add(&d->regions, &d->n_regions, name);
    buf_puts(d->yaml, "  - region: ");
    put_word(d->yaml, name);
    buf_puts(d->yaml, "   # ");
    if (!c->cm_region || strcmp(c->cm_region, name) != 0)
        buf_puts(d->yaml, "a name given here, ");
    if (c->cm_region && strcmp(c->cm_region, name) != 0)
        buf_printf(d->yaml, "cm_region %s, ", c->cm_region);
    if (c->cm_location >= 0)
        buf_printf(d->yaml, "cm_location %d, ", c->cm_location);
    else
        buf_puts(d->yaml, "no cm_location, ");
    buf_printf(d->yaml, "heartbeat database %s\n    nodes:\n", c->hb_db);
    for (size_t i = first; i < d->found->n; i++) {
        const struct discover_node *f = &d->found->nodes[i];
        if (f->same_as || !same_region(&d->found->nodes[first], f))
            continue;
        buf_puts(d->yaml, "      - node: ");
        put_word(d->yaml, f->name);
        if (needs_ip(d, i))
            buf_puts(d->yaml, "\n        host_ip: HOST_IP   # the old container has no OMS_HOST_IP\n");
        else
            buf_printf(d->yaml, "   # %s%s\n", *f->facts.host_ip ? "OMS_HOST_IP " : "no OMS_HOST_IP", f->facts.host_ip);
        if (f->dest) {
            buf_puts(d->yaml, "        ssh: ");
            put_word(d->yaml, f->dest);
            buf_puts(d->yaml, "\n");
        } else {
            buf_puts(d->yaml, "        local: true\n");
        }
        if (d->found->sudo && f->dest)
            buf_puts(d->yaml, "        sudo: true\n");
        if (strcmp(f->container, d->found->nodes[0].container) != 0 ||
            strcmp(f->docker, d->found->nodes[0].docker) != 0) {
            buf_puts(d->yaml, "        container: {command: ");
            put_word(d->yaml, f->docker);
            buf_puts(d->yaml, ", old: ");
            put_word(d->yaml, f->container);
            buf_puts(d->yaml, "}\n");
        }
    }
}

/* What the name of the image tells of the edition: community if its last part or its tag has the word ce; enterprise if
 * it is just oms and not; otherwise nothing. */
static const char *edition_of(const char *image)
{
    const char *slash = strrchr(image, '/'), *base = slash ? slash + 1 : image;
    size_t n = strcspn(base, "@");
    for (size_t i = 1; i + 2 <= n; i++)
        if (strncasecmp(base + i, "ce", 2) == 0 && !isalnum((unsigned char)base[i - 1]) &&
            (i + 2 == n || !isalnum((unsigned char)base[i + 2])))
            return "community";
    return strncmp(base, "oms:", 4) == 0 || strcmp(base, "oms") == 0 ? "enterprise" : NULL;
}

/* The address of one of these nodes: its OMS_HOST_IP; without that, the only one in cm_nodes. */
static bool known_ip(const struct file *d, const char *ip)
{
    for (size_t i = 0; i < d->found->n; i++) {
        const struct node_facts *f = &d->found->nodes[i].facts;
        const char *is = *f->host_ip || needs_ip(d, i) ? f->host_ip : f->config->cm_nodes[0];
        if (strcmp(is, ip) == 0)
            return true;
    }
    return false;
}

/* An address that is no OMS_HOST_IP of these nodes may be that of one which has none. */
static const char *whose(const struct file *d)
{
    for (size_t i = 0; i < d->found->n; i++)
        if (!d->found->nodes[i].same_as && needs_ip(d, i))
            return "is it a node without OMS_HOST_IP, another one to be included, or one that was removed?";
    return "should it be included, or has it been removed?";
}

/* Addresses come from the database: only what may be in a comment. */
static bool printable(const char *s)
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr(".:-_", *s))
            return false;
    return true;
}

static void missing_servers(struct file *d)
{
    if (d->found->metadb_said) {
        question(d, "the MetaDB could not be asked about further servers (%s): are these all?", d->found->metadb_said);
        return;
    }
    for (size_t r = 0; r < d->found->hosts.n_rows; r++) {
        const char *ip = d->found->hosts.cell[r][0], *group = d->found->hosts.cell[r][1];
        if (ip && printable(ip) && !known_ip(d, ip))
            question(d, "OMS knows a server that is the OMS_HOST_IP of no node here, %s (cm_location %s): %s", ip,
                     group && printable(group) ? group : "unknown", whose(d));
    }
    for (size_t i = 0; i < d->found->n; i++)
        for (char **ip = d->found->nodes[i].facts.config->cm_nodes; ip && *ip; ip++)
            if (printable(*ip) && !known_ip(d, *ip))
                question(d, "cm_nodes of %s contains an address that is the OMS_HOST_IP of no node here, %s: %s",
                         d->found->nodes[i].name, *ip, whose(d));
}

void discover_file(const struct discover_found *found, struct buf *yaml, cJSON *questions)
{
    struct file file = {.found = found, .yaml = yaml, .questions = questions}, *d = &file;
    const struct discover_node *f = &d->found->nodes[0];
    struct version v;
    char source[32] = "";
    if (version_of_image(f->image, &v, NULL) == 0 && v.n >= 3)
        snprintf(source, sizeof source, "%u.%u.%u", v.part[0], v.part[1], v.part[2]);
    const char *edition = edition_of(f->image);
    buf_puts(d->yaml, "# Written by `omsupctl discover`. Review it, answer the questions, then: omsupctl check FILE\n");
    buf_puts(d->yaml,
             "# The MetaDB password is not in this file: omsupd reads it from OMS's config.yaml when needed.\n");
    missing_servers(d);
    for (size_t i = 1; i < d->found->n; i++)
        if (d->found->nodes[i].same_as)
            question(d, "%s and %s show the same container, so they are written once: should there be another host?",
                     d->found->nodes[i].same_as, d->found->nodes[i].dest ? d->found->nodes[i].dest : "local");
    for (size_t i = 0; i < d->found->n; i++)
        if (!d->found->nodes[i].same_as && needs_ip(d, i))
            question(d, "the old container of %s has no OMS_HOST_IP: which of cm_nodes is this node? (host_ip)",
                     d->found->nodes[i].name);
    char **list = addresses(d);
    if (strv_len(list) > 1)
        question(d, "the nodes have different addresses of the MetaDB: are all of them one MetaDB? (metadb.addresses)");
    strv_free(list);
    if (!edition)
        question(d, "the name of image %s does not tell the edition: enterprise or community? (edition)", f->image);
    if (!*source)
        question(d, "the tag of image %s does not contain a version: which version is running now? (source)", f->image);
    for (size_t i = 1; i < d->found->n; i++)
        if (strcmp(d->found->nodes[i].image, f->image) != 0)
            question(d, "the nodes run different images: %s and %s", f->image, d->found->nodes[i].image);
    question(d, "which version do you upgrade to? (target, image, container.new)");
    buf_printf(d->yaml, "deployment: oms   # a name of your choice\nedition: %s", edition ? edition : "EDITION");
    if (edition)
        buf_printf(d->yaml, "   # the image's name %s: %s",
                   strcmp(edition, "community") == 0
                       ? "has \"ce\" in it"
                       : "has no \"ce\" in it, correct this if it is one of the community edition",
                   f->image);
    buf_puts(d->yaml, "\n");
    buf_printf(d->yaml, "source: %s%s\n", *source ? source : "SOURCE", *source ? "   # from the image's tag" : "");
    buf_puts(d->yaml,
             "target: TARGET\nha: console   # console: you switch HA in the console; sql: omsupd writes ha.config\n");
    buf_puts(d->yaml,
             "image:\n  archive: /path/to/the/new/image.tar\n  \"on\": control   # or nodes\n  name: REPOSITORY:TAG\n");
    buf_puts(d->yaml, "backup:\n  directory: /var/backups/oms   # choose one with room for the dumps of all databases\n"
                      "  # copy_to: NODE   # or a mounted path: a second, verified copy of every dump\n");
    buf_puts(d->yaml, "container:\n  command: ");
    put_word(d->yaml, f->docker);
    buf_puts(d->yaml, "\n  old: ");
    put_word(d->yaml, f->container);
    buf_puts(d->yaml, "\n  new: NEW_CONTAINER\n");
    write_metadb(d);
    for (size_t i = 0; i < d->found->n; i++) {
        if (first_of_region(d, i))
            write_region(d, i);
    }
    strv_free(d->regions);
}
