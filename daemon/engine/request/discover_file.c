/* The deployment file that discover writes: what was found, and questions where that is not enough. Never guesses. */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/engine/request/internal.h"

struct file {
    const struct discover_found *found;
    struct buf *yaml;
    cJSON *questions;
};

__attribute__((format(printf, 2, 3))) static void question(struct file *d, const char *fmt, ...)
{
    char s[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s, sizeof s, fmt, ap);
    va_end(ap);
    cJSON_AddItemToArray(d->questions, cJSON_CreateString(s));
    buf_printf(d->yaml, "# QUESTION: %s\n", s);
}

static bool same_region(const struct discover_node *a, const struct discover_node *b)
{
    return strcmp(a->facts.config->hb_db, b->facts.config->hb_db) == 0;
}

static void write_region(struct file *d, size_t first)
{
    const struct oms_config *c = d->found->nodes[first].facts.config;
    if (c->cm_region && *c->cm_region)
        buf_printf(d->yaml, "  - region: %s", c->cm_region);
    else
        buf_printf(d->yaml, "  - region: region-%d", c->cm_location);
    buf_printf(d->yaml, "   # cm_location %d, heartbeat database %s\n    nodes:\n", c->cm_location, c->hb_db);
    for (size_t i = first; i < d->found->n; i++) {
        const struct discover_node *f = &d->found->nodes[i];
        if (!same_region(&d->found->nodes[first], f))
            continue;
        buf_printf(d->yaml, "      - node: %s   # OMS_HOST_IP %s\n", f->name, f->facts.host_ip);
        if (f->dest)
            buf_printf(d->yaml, "        ssh: %s\n", f->dest);
        else
            buf_puts(d->yaml, "        local: true\n");
        if (d->found->sudo && f->dest)
            buf_puts(d->yaml, "        sudo: true\n");
        if (strcmp(f->container, d->found->nodes[0].container) != 0 ||
            strcmp(f->docker, d->found->nodes[0].docker) != 0)
            buf_printf(d->yaml, "        container: {command: %s, old: %s}\n", f->docker, f->container);
    }
}

static const char *known_ip(const struct file *d, const char *ip)
{
    for (size_t i = 0; i < d->found->n; i++)
        if (strcmp(d->found->nodes[i].facts.host_ip, ip) == 0)
            return d->found->nodes[i].name;
    return NULL;
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
            question(d, "OMS knows another server, %s (cm_location %s): should it be included, or has it been removed?",
                     ip, group && printable(group) ? group : "unknown");
    }
    for (size_t i = 0; i < d->found->n; i++)
        for (char **ip = d->found->nodes[i].facts.config->cm_nodes; ip && *ip; ip++)
            if (printable(*ip) && !known_ip(d, *ip))
                question(d,
                         "cm_nodes of %s contains another server, %s: should it be included, or has it been removed?",
                         d->found->nodes[i].name, *ip);
}

void discover_file(const struct discover_found *found, struct buf *yaml, cJSON *questions)
{
    struct file file = {found, yaml, questions}, *d = &file;
    const struct discover_node *f = &d->found->nodes[0];
    struct version v;
    char source[32] = "";
    if (version_of_image(f->facts.old_image, &v, NULL) == 0 && v.n >= 3)
        snprintf(source, sizeof source, "%u.%u.%u", v.part[0], v.part[1], v.part[2]);
    bool community =
        strstr(f->facts.old_image, "-ce") || strstr(f->facts.old_image, "_ce") || strstr(f->facts.old_image, "oms-ce");
    buf_puts(d->yaml, "# Written by `omsupctl discover`. Review it, answer the questions, then: omsupctl check FILE\n");
    buf_puts(d->yaml,
             "# The MetaDB password is not in this file: omsupd reads it from OMS's config.yaml when needed.\n");
    missing_servers(d);
    if (!*source)
        question(d, "the tag of image %s does not contain a version: which version is running now? (source)",
                 f->facts.old_image);
    for (size_t i = 1; i < d->found->n; i++)
        if (strcmp(d->found->nodes[i].facts.old_image, f->facts.old_image) != 0)
            question(d, "the nodes run different images: %s and %s", f->facts.old_image,
                     d->found->nodes[i].facts.old_image);
    question(d, "which version do you upgrade to? (target, image, container.new)");
    buf_printf(d->yaml, "deployment: oms\nedition: %s   # from the image name: %s\n",
               community ? "community" : "enterprise", f->facts.old_image);
    buf_printf(d->yaml, "source: %s%s\n", *source ? source : "SOURCE", *source ? "   # from the image's tag" : "");
    buf_puts(d->yaml,
             "target: TARGET\nha: console   # console: you switch HA in the console; sql: omsupd writes ha.config\n");
    buf_puts(d->yaml,
             "image:\n  archive: /path/to/the/new/image.tar\n  on: control   # or nodes\n  name: REPOSITORY:TAG\n");
    buf_puts(d->yaml, "backup:\n  directory: /var/backups/oms\n");
    buf_printf(d->yaml, "container:\n  command: %s\n  old: %s\n  new: NEW_CONTAINER\n", f->docker, f->container);
    buf_printf(d->yaml,
               "metadb:\n  from: config   # %s:%u, databases %s, %s and one heartbeat database per region\nregions:\n",
               f->facts.config->metadb_host, f->facts.config->metadb_port, f->facts.config->rm_db,
               f->facts.config->cm_db);
    for (size_t i = 0; i < d->found->n; i++) {
        bool first = true;
        for (size_t k = 0; k < i; k++)
            first &= !same_region(&d->found->nodes[k], &d->found->nodes[i]);
        if (first)
            write_region(d, i);
    }
}
