#include <stdlib.h>

#include "common/alloc.h"
#include "daemon/metadb/internal.h"

struct work {
    uv_work_t req;
    struct metadb_login login;
    void (*work)(struct metadb *db, const struct err *e, void *arg);
    void (*done)(void *arg);
    void *arg;
};

static void on_worker(uv_work_t *req)
{
    struct work *w = req->data;
    struct metadb *db;
    struct err e = {0};
    mysql_thread_init();
    metadb_open(&w->login, &db, &e);
    login_wipe(&w->login); /* the connection has a copy of its own */
    w->work(db, &e, w->arg);
    metadb_close(db);
    mysql_thread_end();
}

static void on_loop(uv_work_t *req, int status)
{
    struct work *w = req->data;
    w->done(w->arg);
    login_wipe(&w->login);
    free(w);
}

void metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                 void (*work)(struct metadb *db, const struct err *e, void *arg), void (*done)(void *arg), void *arg)
{
    struct work *w = xcalloc(1, sizeof *w);
    *w = (struct work){.work = work, .done = done, .arg = arg};
    login_copy(&w->login, l);
    w->req.data = w;
    if (uv_queue_work(loop, &w->req, on_worker, on_loop))
        abort(); /* only for a missing callback */
}
