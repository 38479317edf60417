/* Calls to the MetaDB that are under way. */
#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/engine/reach/reach.h"

struct reach_call {
    struct reach_call *next;
    struct reach *reach;
    struct metadb_call *call;
    void (*work)(struct metadb *db, const struct err *e, void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void call_work(struct metadb *db, const struct err *e, void *arg)
{
    const struct reach_call *c = arg;
    c->work(db, e, c->arg);
}

static void call_done(void *arg)
{
    struct reach_call *c = arg;
    struct reach *r = c->reach;
    struct reach_call **p = &r->calls;
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    c->done(c->arg);
    free(c);
    r->part_closed(r);
}

void calls_metadb(struct reach *r, const struct metadb_login *l,
                  void (*work)(struct metadb *db, const struct err *e, void *arg), void (*done)(void *arg), void *arg)
{
    struct reach_call *c = xcalloc(1, sizeof *c);
    *c = (struct reach_call){.next = r->calls, .reach = r, .work = work, .done = done, .arg = arg};
    r->calls = c;
    c->call = metadb_work(r->loop, l, call_work, call_done, c);
}

void calls_cancel(struct reach *r)
{
    for (struct reach_call *c = r->calls; c; c = c->next)
        metadb_cancel(c->call);
}
