#include "daemon/house/nodes.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/house/finding.h"

enum { NODES_MAX = 160, OFF_MAX_S = 5 };

struct node_look {
    struct nodes *nodes;
    struct plan_host at; /* copied */
    struct host *host;   /* its channel stays between the two answers */
    int64_t asked;
    bool second;
};

struct nodes {
    struct jobs *jobs;
    cJSON *found; /* NULL: nobody wants to know any more */
    void (*ended)(void *ctx);
    void *ctx;
    struct node_look *looks[NODES_MAX];
    size_t n, left;
};

struct nodes *nodes_new(struct jobs *js, cJSON *found, void (*ended)(void *ctx), void *ctx)
{
    struct nodes *n = xcalloc(1, sizeof *n);
    *n = (struct nodes){.jobs = js, .found = found, .ended = ended, .ctx = ctx};
    return n;
}

static void nodes_free(struct nodes *n)
{
    for (size_t i = 0; i < n->n; i++) {
        struct node_look *k = n->looks[i];
        host_put(k->host);
        free(k->at.name);
        free(k->at.ssh);
        free(k->at.run_dir);
        free(k);
    }
    free(n);
}

static bool has(const struct nodes *n, const struct plan_host *p)
{
    for (size_t i = 0; i < n->n; i++)
        if (strcmp(n->looks[i]->at.ssh, p->ssh) == 0 && n->looks[i]->at.port == p->port)
            return true;
    return false;
}

void nodes_add(struct nodes *n, const struct plan *p)
{
    for (size_t i = 0; i < p->n_hosts && n->n < NODES_MAX; i++) {
        const struct plan_host *h = &p->hosts[i];
        if (!h->ssh || has(n, h))
            continue;
        struct node_look *k = n->looks[n->n++] = xcalloc(1, sizeof *k);
        k->nodes = n;
        k->at = *h;
        k->at.name = xstrdup(h->name);
        k->at.ssh = xstrdup(h->ssh);
        k->at.run_dir = xstrdup(h->run_dir);
    }
}

/* The time first, then the tokens of this journal that have files. */
static const char look_script[] = "date +%s\n"
                                  "for file in \"$DIR\"/omsup-*-\"$INSTANCE\"-*.go; do\n"
                                  "  [ -f \"$file\" ] || continue\n"
                                  "  at=${file##*/}\n"
                                  "  printf '%s\\n' \"${at%.go}\"\n"
                                  "done | head -n 2000\n";

static void clock_of(struct node_look *k, int64_t there)
{
    int64_t now = times_wall(), off = there < k->asked ? k->asked - there : there > now ? there - now : 0;
    if (off > OFF_MAX_S)
        finding_add(k->nodes->found, FOUND_CLOCK_OFF, k->at.name, "timedatectl",
                    "the clock of %s is %lld s %s that of this control host: OMS needs NTP on every host", k->at.name,
                    (long long)off, there < k->asked ? "behind" : "ahead of");
}

static void runs_of(struct node_look *k, char *lines)
{
    char *save = NULL, *first = NULL;
    unsigned n = 0;
    for (char *token = strtok_r(lines, "\n", &save); token; token = strtok_r(NULL, "\n", &save))
        if (!journal_attempt_known(k->nodes->jobs->journal, token)) {
            first = first ? first : token;
            n++;
        }
    if (!n)
        return;
    const char *dir = k->at.run_dir ? k->at.run_dir : k->nodes->jobs->reach->run_dir;
    char *fix = xasprintf("pgrep -af omsup-run; ls %.80s", dir);
    finding_add(k->nodes->found, FOUND_RUNS_UNKNOWN, k->at.name, fix,
                "%u runs in %s of %s are not in the journal, such as %.100s: if no process omsup-run is running there, "
                "remove their files",
                n, dir, k->at.name, first);
    free(fix);
}

static void ask(struct node_look *k);

static void on_answer(void *ctx, struct inquiry_item *items, size_t n, const struct err *failed)
{
    struct node_look *k = ctx;
    struct nodes *all = k->nodes;
    if (all->found && !failed->code && !k->second) {
        k->second = true;
        ask(k);
        return;
    }
    if (all->found && failed->code)
        finding_add(all->found, FOUND_NODE_UNREACHABLE, k->at.name, failed->hint[0] ? failed->hint : NULL, "%s",
                    failed->msg);
    else if (all->found && items[0].exit != 0)
        finding_add(all->found, FOUND_NODE_UNREACHABLE, k->at.name, NULL, "node %s did not answer (status %d)",
                    k->at.name, items[0].exit);
    else if (all->found) {
        char *end, *text = xstrdup(items[0].output);
        long long there = strtoll(text, &end, 10);
        if (end > text && *end == '\n') {
            clock_of(k, there);
            runs_of(k, end);
        }
        free(text);
    }
    if (--all->left)
        return;
    if (all->found)
        all->ended(all->ctx);
    nodes_free(all);
}

static void ask(struct node_look *k)
{
    const struct jobs *js = k->nodes->jobs;
    struct inquiry_item *item = xcalloc(1, sizeof *item);
    item->host = k->at;
    item->env = xcalloc(3, sizeof *item->env);
    item->env[0] = xasprintf("DIR=%s", k->at.run_dir ? k->at.run_dir : js->reach->run_dir);
    item->env[1] = xasprintf("INSTANCE=%s", js->instance);
    item->script = look_script;
    k->asked = times_wall();
    inquiry_begin(js->reach, item, 1, on_answer, k);
}

bool nodes_ask(struct nodes *n)
{
    n->left = n->n;
    for (size_t i = 0; i < n->n; i++) {
        n->looks[i]->host = host_get(n->jobs->reach, &n->looks[i]->at);
        ask(n->looks[i]);
    }
    return n->n > 0;
}

void nodes_forget(struct nodes *n)
{
    if (!n)
        return;
    n->found = NULL;
    if (!n->left)
        nodes_free(n);
}
