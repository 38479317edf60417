/* Shared by the files of prune: prune_collect.c → what the journal knows; prune_look.c → what is on the hosts, and the
 * removal of one thing; prune.c → from the request to its answer. Loop thread only; owns all that it points to. */
#pragma once
#include <cjson/cJSON.h>

#include "daemon/engine/engine.h"
#include "daemon/engine/job/job.h"
#include "daemon/house/house.h"
#include "daemon/house/prune_rules.h"

struct prune_node { /* a node of an upgrade */
    char *node, *docker, *old_id;
    char *image, *old_image; /* ids, by facts; NULL: not known */
    size_t host;             /* in the job's hosts */
};

struct prune_file { /* a dump of an upgrade, by facts */
    char *db, *file, *sha256;
    char *copy;          /* its path at the second place; NULL: none */
    size_t copy_host;    /* in the job's hosts */
    long long size;      /* -1: not recorded */
    long long seen;      /* -1: it does not exist */
    long long copy_seen; /* likewise */
};

/* What is beside a struct prune_job with the same index. */
struct prune_more {
    struct journal_job row;
    char *key, *oms, **old_ids;
    char **databases; /* borrowed from the files */
    struct plan_host *hosts;
    size_t n_hosts;
    struct prune_node *nodes;
    size_t n_nodes;
    struct prune_file *files;
    size_t n_files;
    bool unasked;  /* a host of it did not answer: its rows stay */
    bool given_up; /* by this prune */
    bool goes_row, went;
    unsigned goes; /* things */
};

/* What is beside a struct prune_thing with the same index. */
struct prune_info {
    char *host, *ref, *image, *name; /* what the thing borrows; the name that people know */
    size_t at;                       /* in the job's hosts */
    char *docker, *seen, *sha256;
    long long size; /* -1: not known */
    bool removed;
    bool unknown; /* whether it was: the host was told to remove it, and did not say what came of it */
    char *left;   /* why it was not removed */
};

struct pruner;
struct prune_ask {
    struct pruner *p;
    enum prune_do { DO_CONTAINERS, DO_FILES, DO_HASHES, DO_RUNS, DO_REMOVE } what;
    size_t job, host, node, thing;
    bool copies; /* (DO_FILES) the one at the second place, of file `node` */
};

struct pruner {
    struct pruner **self;
    struct engine *engine;
    struct jobs *jobs;
    uv_timer_t step;
    struct prune_options options;
    bool execute, forgotten, changed, partial;
    char *agree, *actor;
    house_reply *reply;
    void *ctx;
    struct prune_job *list;
    struct prune_more *more;
    size_t n, next;
    struct prune_thing *things;
    struct prune_info *info;
    size_t n_things, cap;
    cJSON *unasked; /* what could not be looked at, and why */
    char **wanted;  /* images of jobs under way */
    size_t n_wanted;
    int64_t *at_work; /* jobs under way at the selection */
    size_t n_at_work;
    struct prune_ask *asks;
    size_t n_asks, cap_asks, next_ask, in_flight;
    void (*then)(struct pruner *p); /* when all asks are answered */
    size_t stage;
};

/* --- prune.c --- */
/* *out: NULL again when it has ended, just before it answers. */
void prune_begin(struct engine *en, uv_loop_t *loop, const struct house_prune *what, house_reply *reply, void *ctx,
                 struct pruner **out);
/* Answers now. What runs on a host ends with its channel, and the next prune continues; frees itself. */
void prune_forget(struct pruner *p);

/* --- prune_collect.c --- */
int prune_rows(struct pruner *p, struct err *e);
void prune_load(struct pruner *p, size_t i); /* plan and facts of one job */
bool prune_interrupted(struct jobs *js, int64_t job);
void prune_rows_free(struct pruner *p);
/* Jobs that have begun since the selection; 0: none. */
int64_t prune_began(const struct pruner *p);
/* Is there a job now that is new since the selection, and belongs to this one? */
bool prune_joined(const struct pruner *p, size_t i);

/* --- prune_look.c --- */
void prune_add(struct pruner *p, struct prune_ask a);
void prune_asks(struct pruner *p, void (*then)(struct pruner *p)); /* then() comes from the timer */
struct prune_info *prune_thing_new(struct pruner *p, enum prune_what what, size_t job, size_t at, const char *ref);
void prune_things_sort(struct pruner *p);
