/* The fences on the nodes, and what the lost host has left running there. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/strv.h"
#include "daemon/takeover/internal.h"

void fence_hear(void *ctx, const struct node_fence *f)
{
    struct takeover *t = ctx;
    struct told *x = t->told;
    while (x && strcmp(x->job, f->job) != 0)
        x = x->next;
    if (strcmp(f->taker, t->taker) == 0 || (x && f->epoch <= x->epoch))
        return;
    if (!x) {
        x = xcalloc(1, sizeof *x);
        *x = (struct told){.next = t->told, .job = xstrdup(f->job)};
        t->told = x;
    }
    x->epoch = f->epoch;
    free(x->host);
    free(x->time);
    x->host = xstrdup(f->host);
    x->time = xstrdup(f->time);
}

const struct told *fence_told(const struct takeover *t)
{
    const struct told *highest = NULL;
    for (const struct job *b = t->jobs.first; b; b = b->next) {
        char *key = xasprintf("omsup-%s", b->key);
        for (const struct told *x = t->told; x; x = x->next)
            if (strcmp(x->job, key) == 0 && (!highest || x->epoch > highest->epoch))
                highest = x;
        free(key);
    }
    return highest;
}

void fence_free(struct takeover *t)
{
    while (t->told) {
        struct told *x = t->told;
        t->told = x->next;
        free(x->job);
        free(x->host);
        free(x->time);
        free(x);
    }
}

static int too_late(const struct takeover *t, struct err *e)
{
    const struct told *x = fence_told(t);
    return err_set(e, ERR_BUSY,
                   "job %" PRId64
                   " has already been taken over by %s%s%s: continue it there; if that host is lost, too, repeat "
                   "with --force --reason TEXT",
                   t->copy.head.job, x ? x->host : "another host", x ? " at " : "", x ? x->time : "");
}

struct fence_call {
    bool done;
    struct node_result r;
};

static void on_fence(void *ctx, const struct node_result *r)
{
    struct fence_call *c = ctx;
    c->done = true;
    c->r = (struct node_result){.outcome = r->outcome, .exit = r->exit};
}

static int fence_job(struct takeover *t, unsigned host, int64_t job, struct err *e)
{
    struct job *b = t->job;
    char *key = xasprintf("omsup-%" PRId64 "-%s", job, t->jobs.instance);
    struct fence_call c = {0};
    const struct node_fence f = {key, t->epoch, t->taker, t->time, t->host};
    node_fence(b->hosts[host]->node, &f, on_fence, &c);
    spin(t, &c.done);
    free(key);
    if (c.r.outcome == NODE_EXITED && c.r.exit == 0)
        return 0;
    return c.r.outcome == NODE_EXITED
               ? too_late(t, e)
               : err_set(e, ERR_NODE, "the connection to node %s broke: repeat the command", b->plan->hosts[host].name);
}

struct each {
    struct takeover *t;
    unsigned host;
    struct err *e;
    int rc;
};

static bool fence_row(void *ctx, const struct journal_job *row)
{
    struct each *x = ctx;
    x->rc = fence_job(x->t, x->host, row->id, x->e);
    return x->rc == 0;
}

/* One after the other: of two hosts that do this at the same time, the one that is first at the first node has all. */
int fence_nodes(struct takeover *t, struct err *e)
{
    struct job *b = t->job;
    const struct told *x = fence_told(t);
    if (x && x->epoch >= t->epoch && !t->c->force)
        return too_late(t, e);
    for (unsigned h = 1; h < b->plan->n_hosts; h++) {
        struct answer a;
        struct each each = {t, h, e, 0};
        if (t->unreachable[h])
            continue;
        b->hosts[h] = b->hosts[h] ? b->hosts[h] : host_get(&t->reach, &b->plan->hosts[h]);
        int rc = ask_host(t, &b->plan->hosts[h], NULL, ":", &a, e); /* it is up, and has told what it has to tell */
        answer_clear(&a);
        if (rc == 0)
            rc = journal_jobs(t->journal, false, fence_row, &each, e);
        rc = rc ? rc : each.rc;
        if (rc)
            return rc;
        takeover_say(t, "node %s is fenced: the lost host begins nothing there any more", b->plan->hosts[h].name);
    }
    return 0;
}

/* --- run files --- */

static const char runs_script[] = "cd \"$DIR\" 2>/dev/null || exit 0\n"
                                  "for file in \"$KEY\"-*; do\n"
                                  "  word=\n"
                                  "  case $file in\n"
                                  "  *.go) read -r word rest <\"$file\"; [ \"$word\" != fence ] || continue ;;\n"
                                  "  *.script | *.out) ;;\n"
                                  "  *) continue ;;\n"
                                  "  esac\n"
                                  "  printf '%s\\n' \"${file%.*}\"\n"
                                  "done\n";

static void take_run(const struct job *b, unsigned host, const char *line, unsigned *found)
{
    size_t n = strlen("omsup-") + strlen(b->key);
    unsigned seq, attempt;
    char end;
    if (strlen(line) <= n || sscanf(line + n, "-%u-%u%c", &seq, &attempt, &end) != 2 || seq >= b->core.n_subtasks ||
        b->subs[seq].plan->host != host || attempt > NODE_EPOCH_MAX)
        return;
    found[seq] = attempt > found[seq] ? attempt : found[seq];
}

int fence_runs(struct takeover *t, struct job *b, unsigned *found, struct err *e)
{
    for (unsigned h = 1; h < b->plan->n_hosts; h++) {
        const struct plan_host *p = &b->plan->hosts[h];
        struct answer a;
        char **env = NULL, *save = NULL;
        size_t n = 0;
        if (h < t->job->plan->n_hosts && t->unreachable[h])
            continue;
        strv_add(&env, &n, xasprintf("DIR=%s", p->run_dir ? p->run_dir : t->c->run_dir));
        strv_add(&env, &n, xasprintf("KEY=omsup-%s", b->key));
        int rc = ask_host(t, p, env, runs_script, &a, e);
        for (char *line = rc ? NULL : strtok_r(a.output, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
            take_run(b, h, line, found);
        answer_clear(&a);
        if (rc)
            return rc;
    }
    return 0;
}
