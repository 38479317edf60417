/* Calls on threads of their own, not on libuv's pool: a MetaDB that hangs must not keep other work from its threads. Of
 * one server only RUNNING_MAX calls run at a time; those that renew a lease do not wait for others. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/metadb/internal.h"

enum { RUNNING_MAX = 4, LOOK_MS = 200 };

struct metadb_call {
    struct metadb_call *next; /* of `calls` */
    struct metadb_login login;
    void (*work)(struct metadb *db, const struct err *e, void *arg);
    void (*done)(void *arg);
    void *arg;
    struct guard *guard;
    char *server;
    pthread_t thread;
    bool started, ended, first;
    unsigned handles;
    uv_async_t over; /* the thread has ended, or will not begin */
    uv_timer_t look;
};

static struct metadb_call *calls; /* of the loop thread; the oldest first */

static void *run(void *arg)
{
    struct metadb_call *c = arg;
    struct metadb *db;
    struct err e = {0};
    mysql_thread_init();
    guard_use(c->guard);
    metadb_open(&c->login, &db, &e);
    metadb_login_wipe(&c->login); /* the connection has a copy of its own */
    c->work(db, &e, c->arg);
    metadb_close(db);
    guard_use(NULL);
    mysql_thread_end();
    uv_async_send(&c->over);
    return NULL;
}

static void not_asked(struct metadb_call *c, const char *why)
{
    struct err e = {0};
    err_set(&e, ERR_METADB, "%s", why);
    c->started = c->ended = true;
    c->work(NULL, &e, c->arg);
    uv_async_send(&c->over);
}

static void on_look(uv_timer_t *t) { guard_look(((struct metadb_call *)t->data)->guard); }

static void start(struct metadb_call *c)
{
    sigset_t all, before;
    c->started = true;
    c->guard = guard_new(c->login.call_s ? c->login.call_s : METADB_CALL_S);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the loop */
    int rc = pthread_create(&c->thread, NULL, run, c);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc)
        not_asked(c, "the MetaDB was not queried: there is no room for another thread");
    else
        uv_timer_start(&c->look, on_look, LOOK_MS, LOOK_MS);
}

static void start_queued(void)
{
    for (struct metadb_call *c = calls; c; c = c->next) {
        unsigned running = 0;
        for (struct metadb_call *o = calls; o && !c->started; o = o->next)
            running += o->started && !o->first && strcmp(o->server, c->server) == 0;
        if (!c->started && (c->first || running < RUNNING_MAX))
            start(c);
    }
}

static void on_closed(uv_handle_t *h)
{
    struct metadb_call *c = h->data;
    if (--c->handles)
        return;
    for (struct metadb_call **p = &calls; *p; p = &(*p)->next)
        if (*p == c) {
            *p = c->next;
            break;
        }
    start_queued();
    c->done(c->arg);
    metadb_login_wipe(&c->login);
    guard_free(c->guard);
    free(c->server);
    free(c);
}

static void on_over(uv_async_t *a)
{
    struct metadb_call *c = a->data;
    if (uv_is_closing((uv_handle_t *)a))
        return;
    if (!c->ended)
        pthread_join(c->thread, NULL);
    uv_close((uv_handle_t *)&c->over, on_closed);
    uv_close((uv_handle_t *)&c->look, on_closed);
}

struct metadb_call *metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                                void (*work)(struct metadb *db, const struct err *e, void *arg),
                                void (*done)(void *arg), void *arg)
{
    struct metadb_call *c = xcalloc(1, sizeof *c), **end = &calls;
    *c = (struct metadb_call){.work = work, .done = done, .arg = arg, .first = l->first, .handles = 2};
    metadb_login_copy(&c->login, l);
    c->server = xasprintf("%s:%u", l->host, l->port);
    if (uv_async_init(loop, &c->over, on_over))
        abort(); /* out of descriptors at the first one of the loop, or of memory */
    uv_timer_init(loop, &c->look);
    c->over.data = c->look.data = c;
    while (*end)
        end = &(*end)->next;
    *end = c;
    start_queued();
    return c;
}

void metadb_cancel(struct metadb_call *c)
{
    if (!c->started)
        not_asked(c, "the MetaDB was not queried because omsupd is stopping");
}
