/* Hosts that jobs share, one channel for each way to reach one; and the run files that attempts leave there.
 *
 * Run files are removed as soon as the end of the attempt, outcome and output, is in the journal. From then on `logs`
 * reads the journal, and a command that printed a secret has not left it on the node. Not before the commit: a daemon
 * that dies first must look at the run again, and without its files the run would seem never to have started. Not as
 * late as the end of the job, which may be days away. If node or daemon is down at that moment, the files are found the
 * next time that any job reaches the node. Two kinds of files stay: of attempts whose end was never observed (given up,
 * or left by cancel --force), and of those whose output is longer than what the journal keeps. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/reach/reach.h"

enum { LIST_TIMEOUT_MS = 60000 };

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

struct forgotten {
    struct forgotten *next;
    struct host *host;
    char *token;
};

static void on_forgotten(void *ctx, const struct node_result *r)
{
    struct host *h = ctx;
    if (r->outcome == NODE_EXITED && r->exit != 0)
        log_warn("node %s: the files of a run could not be removed", h->name);
    h->cleaning--;
}

void host_forget(struct host *h, const char *token)
{
    struct forgotten *f = xcalloc(1, sizeof *f);
    *f = (struct forgotten){h->reach->forgotten, h, xstrdup(token)};
    h->reach->forgotten = f;
    h->cleaning++;
}

void hosts_forget(struct reach *r)
{
    struct forgotten *f;
    while ((f = r->forgotten)) {
        r->forgotten = f->next;
        node_forget(f->host->node, f->token, on_forgotten, f->host);
        free(f->token);
        free(f);
    }
}

/* Lists the tokens of this journal that have files here, but not fences and not outputs that the journal has cut. */
static const char list_script[] =
    "for file in \"$DIR\"/omsup-*-\"$INSTANCE\"-*; do\n"
    "  at=${file%.*} word=\n"
    "  case $file in\n"
    "  *.go) read -r word rest <\"$file\"; [ \"$word\" != fence ] || continue ;;\n"
    "  *.script | *.out) ;;\n"
    "  *) continue ;;\n"
    "  esac\n"
    "  if [ -s \"$at.out\" ] && [ \"$(wc -c <\"$at.out\")\" -gt \"$MAX\" ]; then continue; fi\n"
    "  printf '%s\\n' \"${at##*/}\"\n"
    "done\n";

static void on_list(void *ctx, const struct node_result *r)
{
    struct host *h = ctx;
    const char *at = r->output, *end;
    while (!h->reach->closing && r->outcome == NODE_EXITED && (end = strchr(at, '\n'))) {
        char *token = xstrndup(at, (size_t)(end - at));
        if (h->reach->ended(h->reach->ctx, token))
            host_forget(h, token); /* waits for the commit, because that row may not be committed yet */
        free(token);
        at = end + 1;
    }
    h->listed |= r->outcome == NODE_EXITED;
    h->kick |= h->listed;
    h->cleaning--;
}

static void list_run_files(struct host *h)
{
    char *dir = xasprintf("DIR=%s", h->run_dir), *instance = xasprintf("INSTANCE=%s", h->reach->instance);
    char *max = xasprintf("MAX=%d", NODE_OUTPUT_MAX);
    const char *env[] = {dir, instance, max, NULL};
    h->cleaning++;
    node_probe(h->node, &(struct node_script){.env = env, .script = list_script}, LIST_TIMEOUT_MS, on_list, h);
    free(dir);
    free(instance);
    free(max);
}

/* The node itself logs it. */
static void on_state(void *ctx, struct node *n, enum node_state state, const char *why)
{
    struct host *h = ctx;
    h->reach->changed = true;
    h->listed = false;
    if (state == NODE_UP) {
        if (h->reach->up)
            h->reach->up(h->reach->ctx, h);
        list_run_files(h);
        h->kick = true;
    }
    for (struct host_watch *w = h->watches, *next; w; w = next) {
        next = w->next;
        w->told(w);
    }
}

static void on_taken(void *ctx, struct node *n, const struct node_fence *f)
{
    struct host *h = ctx;
    if (n == h->node && h->reach->taken && !h->reach->closing)
        h->reach->taken(h->reach->ctx, f);
}

void host_watch(struct host *h, struct host_watch *w)
{
    w->next = h->watches;
    h->watches = w;
}

void host_unwatch(struct host *h, struct host_watch *w)
{
    for (struct host_watch **p = &h->watches; *p; p = &(*p)->next)
        if (*p == w) {
            *p = w->next;
            return;
        }
}

struct host *host_find(struct reach *r, const struct plan_host *p)
{
    for (struct host *h = r->hosts; h; h = h->next)
        if (!h->closing && same(h->ssh, p->ssh) && h->port == p->port && h->sudo == p->sudo &&
            strcmp(h->run_dir, p->run_dir ? p->run_dir : r->run_dir) == 0) {
            h->refs++;
            return h;
        }
    return NULL;
}

struct host *host_get(struct reach *r, const struct plan_host *p)
{
    struct host *h = host_find(r, p);
    if (h)
        return h;
    h = xcalloc(1, sizeof *h);
    *h = (struct host){.next = r->hosts,
                       .reach = r,
                       .name = xstrdup(p->name),
                       .ssh = xstrdup(p->ssh),
                       .port = p->port,
                       .sudo = p->sudo,
                       .run_dir = xstrdup(p->run_dir ? p->run_dir : r->run_dir),
                       .refs = 1};
    r->hosts = h;
    struct node_target t = {.name = h->name, .ssh = h->ssh, .port = h->port, .sudo = h->sudo, .run_dir = h->run_dir};
    h->node = node_new(r->loop, &t, on_state, h);
    node_on_taken(h->node, on_taken);
    node_connect(h->node);
    return h;
}

static void host_closed(void *ctx)
{
    struct host *h = ctx;
    struct reach *r = h->reach;
    for (struct host **p = &r->hosts; *p; p = &(*p)->next)
        if (*p == h) {
            *p = h->next;
            break;
        }
    free(h->name);
    free(h->ssh);
    free(h->run_dir);
    free(h);
    r->part_closed(r);
}

void host_put(struct host *h)
{
    if (h && --h->refs == 0 && h->reach->closing) /* otherwise the turn closes it */
        hosts_close_unused(h->reach, true);
}

void hosts_close_unused(struct reach *r, bool at_once)
{
    for (struct host *h = r->hosts, *next; h; h = next) {
        next = h->next;
        if (h->refs || h->closing || (h->cleaning && !at_once))
            continue;
        h->closing = true;
        node_close(h->node, host_closed, h);
    }
}

bool host_up(const struct host *h) { return node_state(h->node) == NODE_UP; }
