/* A deployment file with `hops`: what can be known of all of them before the first one is done. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

static char control_name[] = "control";

int hops_known(const struct procedures *ps, const struct deployment *d, struct err *e)
{
    const struct procedure *found;
    for (unsigned k = d->hop; k <= d->n_hops; k++) {
        const char *source = deployment_hop_source(d, k), *target = d->hops[k - 1].target;
        if (procedures_find(ps, d->edition, source, target, &found, e))
            return err_prefix(e, "hop %u of %zu", k, d->n_hops);
    }
    return 0;
}

void hops_suggest(const struct procedures *ps, const struct deployment *d, struct err *e)
{
    cJSON *chain = NULL;
    if (d->hop || procedures_path(ps, d->edition, d->source, d->target, &chain, NULL))
        return;
    if (cJSON_GetArraySize(chain) > 2) { /* the source and the target, and something between */
        char *was = xstrdup(e->msg);
        err_set(e, e->code,
                "%s; to do these upgrades one after the other, list them as \"hops\" in the deployment file", was);
        free(was);
    }
    cJSON_Delete(chain);
}

cJSON *hops_json(const struct deployment *d)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "hop", d->hop);
    cJSON *list = cJSON_AddArrayToObject(o, "hops");
    for (unsigned k = 1; k <= d->n_hops; k++) {
        cJSON *h = cJSON_CreateObject();
        cJSON_AddStringToObject(h, "source", deployment_hop_source(d, k));
        cJSON_AddStringToObject(h, "target", d->hops[k - 1].target);
        cJSON_AddItemToArray(list, h);
    }
    return o;
}

/* --- the image archives --- */

struct archives {
    struct submission *s;
    struct deployment *d;
    hops_done *done;
};

/* Prints the first hop whose archive is missing. */
static const char archives_script[] =
    "printf '%s\\n' \"$ARCHIVES\" | while IFS=' ' read -r hop file; do\n"
    "  [ -n \"$hop\" ] || continue\n"
    "  if ! [ -f \"$file\" ] || ! [ -r \"$file\" ]; then echo \"$hop $file\"; break; fi\n"
    "done\n";

static void on_archives(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct archives *a = ctx;
    struct err e = *failed;
    for (size_t i = 0; i < n && !e.code; i++) {
        char *file = NULL;
        unsigned long hop = strtoul(items[i].output, &file, 10);
        if (items[i].exit != 0)
            err_set(&e, ERR_NODE, "node %s cannot check the image archives: exit %d", items[i].host.name,
                    items[i].exit);
        else if (hop && *file == ' ')
            err_set(&e, ERR_INPUT, "hop %lu of %zu: the image archive %.*s is missing on %s, or cannot be read", hop,
                    a->d->n_hops, (int)strcspn(file + 1, "\n"), file + 1, items[i].host.name);
    }
    a->done(a->s, a->d, &e);
    free(a);
}

static void add_item(struct inquiry_item *item, struct plan_host host, const struct deployment *d, const char *on,
                     unsigned last)
{
    struct buf list = {0};
    for (unsigned k = d->hop; k <= last; k++)
        if (strcmp(d->hops[k - 1].image.on, on) == 0)
            buf_printf(&list, "%u %s\n", k, d->hops[k - 1].image.archive);
    item->host = host;
    item->env = xcalloc(2, sizeof *item->env);
    item->env[0] = xasprintf("ARCHIVES=%s", buf_str(&list));
    item->script = archives_script;
    buf_free(&list);
}

void hops_archives(struct submission *s, struct deployment *d, unsigned last, hops_done *done)
{
    struct archives *a = xcalloc(1, sizeof *a);
    struct inquiry_item *items = xcalloc(d->n_nodes + 1, sizeof *items);
    *a = (struct archives){s, d, done};
    add_item(&items[0], (struct plan_host){.name = control_name}, d, "control", last);
    for (size_t i = 0; i < d->n_nodes; i++) {
        const struct deploy_node *n = &d->nodes[i];
        struct plan_host host = {
            .name = n->name, .ssh = n->ssh, .port = n->port, .sudo = n->sudo, .run_dir = n->run_dir};
        add_item(&items[i + 1], host, d, "nodes", last);
    }
    inquiry_begin(s->jobs->reach, items, d->n_nodes + 1, on_archives, a);
}
