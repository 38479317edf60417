/* Everything outside of this process: hosts, scripts on some of them, the MetaDB. Knows no job; reports by callbacks.
 *
 * Calling order: reach_init() before anything else; host_get() … host_put() around the use of a host, inquiries and
 * calls as needed; hosts_forget() after each commit and hosts_close_unused() in each turn of the loop; reach_close() at
 * the end, which gives up what is under way and calls back when all of it has ended.
 *
 * Each inquiry and call is answered exactly once, from the loop and never from inside the call that made it; after
 * reach_close() with an error. Ownership: what is passed in is copied unless it says otherwise; results are valid
 * during the callback. Errors arrive with the answer. Threads: loop thread only, but for the `work` of a call. */
#pragma once
#include <uv.h>

#include "daemon/metadb/metadb.h"
#include "daemon/node/node.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"

struct host;

struct reach {
    uv_loop_t *loop;
    const char *run_dir,
        *instance; /* directory of runs on hosts without another; name of the journal, a part of each token */
    /* Is the end of this attempt in the journal? Then its run files may be removed. */
    bool (*ended)(void *ctx, const char *token);
    /* A host has come up: what must be asked of it before all else. And a node tells of a job that was taken over. Both
     * may be NULL. */
    void (*up)(void *ctx, struct host *h);
    void (*taken)(void *ctx, const struct node_fence *f);
    void *ctx;
    /* The rest is the room's own. */
    struct host *hosts;
    struct forgotten *forgotten; /* hosts.c */
    struct inquiry *inquiries;   /* inquiry.c */
    struct reach_call *calls;    /* calls.c */
    bool changed;                /* a host went up or down; reset by whoever reports it */
    bool closing;
    void (*part_closed)(struct reach *r);
    void (*closed)(void *ctx);
    void *closed_ctx;
};
/* Borrows run_dir and instance. */
void reach_init(struct reach *r, uv_loop_t *loop, const char *run_dir, const char *instance,
                bool (*ended)(void *ctx, const char *token), void *ctx);
void reach_close(struct reach *r, void (*closed)(void *ctx), void *ctx);

/* --- hosts.c: one channel per way to reach a host, shared --- */

struct host {
    struct host *next;
    struct reach *reach;
    char *name, *ssh, *run_dir;
    unsigned port, refs;
    unsigned cleaning; /* requests about run files whose answers are awaited before it is closed */
    bool sudo, closing;
    bool listed; /* since it came up it has listed its run files, so whatever it tells by itself has been heard */
    bool kick;   /* it has come up; reset by whoever retries what waits for it */
    struct node *node;
    struct host_watch *watches;
};
struct host *host_get(struct reach *r, const struct plan_host *p); /* connects when new */
/* One that there is already; NULL: there is none. Never connects. Give it back as one of host_get(). */
struct host *host_find(struct reach *r, const struct plan_host *p);
void host_put(struct host *h); /* NULL is fine */
bool host_up(const struct host *h);
/* told() is called at each change of the host's state. It must not end the watch. */
struct host_watch {
    struct host_watch *next;
    void (*told)(struct host_watch *w);
};
void host_watch(struct host *h, struct host_watch *w);
void host_unwatch(struct host *h, struct host_watch *w);
/* The files of an attempt that has ended are removed after the next commit. */
void host_forget(struct host *h, const char *token);
void hosts_forget(struct reach *r);
void hosts_close_unused(struct reach *r, bool at_once);

/* --- inquiry.c: one read-only script on each of some hosts --- */

struct inquiry_item {
    struct plan_host host; /* borrowed until `done` */
    char **env;            /* NULL-terminated; taken, freed with the inquiry */
    const char *script;
    unsigned limit_ms; /* of the script; 0: a minute */
    bool sent;         /* results, also of one that ends with an error: the script may have run */
    int exit;          /* likewise; valid during `done` */
    char *output;
    size_t len;
};
/* Takes `items` (malloc). Ends with all answers or with the first error, such as an unreachable host, which is named.
 * The caller interprets exit statuses. Outputs are zeroed afterwards: they may hold a password. */
typedef void inquiry_done(void *ctx, struct inquiry_item *items, size_t n, const struct err *e);
void inquiry_begin(struct reach *r, struct inquiry_item *items, size_t n, inquiry_done *done, void *ctx);
void inquiries_give_up(struct reach *r);

/* --- gather.c: what plan_expand() must know of every node of a deployment --- */

struct gathered {
    struct deployment *deployment;
    struct node_facts *facts; /* by node of the deployment */
    char **old_ids;           /* likewise: the id by which the container was asked for; NULL: by name */
};
/* Takes `d` and `old_ids` (NULL: all by name; each may be NULL). */
typedef void gather_done(void *ctx, struct gathered *g, const struct err *e);
void gather_begin(struct reach *r, struct deployment *d, char **old_ids, gather_done *done, void *ctx);
/* The environment of node_facts_script; id: of the old container, or NULL. Free with strv_free(). */
char **gather_env(const char *docker, const char *container, const char *id);

/* --- calls.c: the MetaDB --- */

/* metadb_work(), for which reach_close() waits: `done` is always called. */
void calls_metadb(struct reach *r, const struct metadb_login *l,
                  void (*work)(struct metadb *db, const struct err *e, void *arg), void (*done)(void *arg), void *arg);
void calls_cancel(struct reach *r);
