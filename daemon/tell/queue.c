#include "daemon/tell/queue.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"

void queue_init(struct told *q) { q->end = &q->first; }

void queue_add(struct told *q, struct notice *n)
{
    n->next = NULL;
    *q->end = n;
    q->end = &n->next;
    q->n++;
}

struct notice *queue_take(struct told *q)
{
    struct notice *n = q->first;
    q->first = n->next;
    if (!q->first)
        q->end = &q->first;
    q->n--;
    return n;
}

void queue_rotate(struct told *q) { queue_add(q, queue_take(q)); }

static bool same(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

bool queue_has(const struct told *q, const struct journal_event *ev, enum kind k)
{
    for (const struct notice *n = q->busy ? q->first->next : q->first; n; n = n->next)
        if (ev->step && n->kind == k && n->job == ev->job && same(n->step, ev->step))
            return true;
    return false;
}

struct notice *notice_new(int64_t id, int64_t event, enum kind k, int64_t job, const char *step, const char *time)
{
    struct notice *n = xcalloc(1, sizeof *n);
    *n = (struct notice){.id = id, .event = event, .kind = k, .job = job, .step = xstrdup(step), .time = xstrdup(time)};
    return n;
}

void notice_free(struct notice *n)
{
    free(n->step);
    free(n->time);
    free(n);
}
