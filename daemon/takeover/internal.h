/* Shared by the files of the room only: see takeover.h for what each does. */
#pragma once
#include "daemon/engine/drive/drive.h"
#include "daemon/journal/copy.h"
#include "daemon/takeover/takeover.h"

enum { TAKER_LEN = 16 };

/* A file of a copy, fetched from a node. */
struct fetched {
    char *file; /* for messages: NODE:PATH */
    char *data;
    size_t len;
    struct copy_head head;
};
void fetched_clear(struct fetched *f);

struct takeover {
    const struct takeover_config *c;
    void (*say)(const char *line);
    uv_loop_t loop;
    struct reach reach;
    char taker[TAKER_LEN + 1]; /* tells this host from others that do the same */
    char *dir, *path;          /* STATE/takeover, and the journal in it */
    struct fetched copy;       /* the one that counts */
    struct journal *journal;
    struct jobs jobs; /* valid while `open` */
    struct drive drive;
    bool open;
    struct job *job;   /* of the copy; in jobs, with others that have not ended */
    bool *unreachable; /* by host of its plan */
    unsigned epoch;    /* of the fences */
    char *time, *host; /* of the fences */
    struct told *told; /* what nodes have told: which jobs somebody else has */
};

/* A fence of somebody else; of each job the one with the highest epoch. */
struct told {
    struct told *next;
    unsigned epoch;
    char *job, *host, *time; /* job: as in struct node_fence */
};

void takeover_say(const struct takeover *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- ask.c: one question to one host --- */
struct answer {
    bool done;
    struct err err;
    int exit;
    char *output;
    size_t len;
};
/* Takes env. Waits for the host and for the answer; ERR_NODE when it cannot be reached. */
int ask_host(struct takeover *t, const struct plan_host *h, char **env, const char *script, struct answer *a,
             struct err *e);
void answer_clear(struct answer *a);
void spin(struct takeover *t, const bool *done); /* runs the loop until then */

/* --- place.c --- */
/* Refuses a host that has jobs. Makes STATE/takeover and reads or makes the name of this host. */
int place_open(struct takeover *t, struct err *e);
int place_empty(struct takeover *t, struct err *e); /* no journal there */
int place_install(struct takeover *t, struct err *e);

/* --- fetch.c --- */
int fetch_from(struct takeover *t, struct err *e); /* the copy on the node that was named */
/* Opens a journal with it, and its jobs. Its plans are on the node that was named, or on `from`; NULL: none. */
int fetch_fill(struct takeover *t, const struct plan_host *from, struct err *e);
int fetch_newer(struct takeover *t, struct err *e); /* the same of the other nodes, if one of theirs is newer */
void fetch_close(struct takeover *t);

/* --- ready.c --- */
int ready_here(struct takeover *t, struct err *e);
int ready_nodes(struct takeover *t, struct err *e);

/* --- metadb.c --- */
int take_leases(struct takeover *t, struct err *e);

/* --- fence.c --- */
void fence_hear(void *ctx, const struct node_fence *f);
/* The highest epoch that somebody else has of one of the jobs; NULL: nobody has one. */
const struct told *fence_told(const struct takeover *t);
void fence_free(struct takeover *t);
int fence_nodes(struct takeover *t, struct err *e);
/* Per subtask of a job the newest attempt that has files on its node; 0: none. */
int fence_runs(struct takeover *t, struct job *b, unsigned *found, struct err *e);

/* --- adopt.c --- */
int adopt_jobs(struct takeover *t, struct err *e);
