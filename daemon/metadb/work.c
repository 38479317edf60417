#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/metadb/internal.h"

struct metadb_call {
    uv_work_t req;
    struct metadb_login login;
    void (*work)(struct metadb *db, const struct err *e, void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void on_worker(uv_work_t *req)
{
    struct metadb_call *w = req->data;
    struct metadb *db;
    struct err e = {0};
    mysql_thread_init();
    metadb_open(&w->login, &db, &e);
    metadb_login_wipe(&w->login); /* the connection has a copy of its own */
    w->work(db, &e, w->arg);
    metadb_close(db);
    mysql_thread_end();
}

static void on_loop(uv_work_t *req, int status)
{
    struct metadb_call *w = req->data;
    if (status) {
        struct err e = {0};
        err_set(&e, ERR_METADB, "the MetaDB was not queried because omsupd is stopping");
        w->work(NULL, &e, w->arg);
    }
    w->done(w->arg);
    metadb_login_wipe(&w->login);
    free(w);
}

struct metadb_call *metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                                void (*work)(struct metadb *db, const struct err *e, void *arg),
                                void (*done)(void *arg), void *arg)
{
    struct metadb_call *w = xcalloc(1, sizeof *w);
    *w = (struct metadb_call){.work = work, .done = done, .arg = arg};
    metadb_login_copy(&w->login, l);
    w->req.data = w;
    if (uv_queue_work(loop, &w->req, on_worker, on_loop))
        abort(); /* only for a missing callback */
    return w;
}

void metadb_cancel(struct metadb_call *c) { uv_cancel((uv_req_t *)&c->req); }
