/* omsupd takeover: a job whose control host is lost continues on this one.
 *
 * It runs instead of the daemon, in a process of its own, and makes a journal where there is none: from the copies that
 * the lost host left on the nodes (journal/copy.h). In this order, so that it can be repeated after a crash anywhere:
 *   1. fetch.c: the newest copy of all nodes that can be reached, and the plans, into a journal below STATE/takeover
 *   2. ready.c: everything that is needed here, and every node
 *   3. metadb.c: the lease, by one statement that decides between two hosts which do this at the same time
 *   4. fence.c: a fence on each node; then the run files there, some of which may be newer than the copy
 *   5. adopt.c, doubt.c: what the journal says is put right: In Doubt is what nobody can know, and the job is Paused
 *   6. place.c: the journal becomes that of this host, by a rename
 * Until 3 nothing has changed anywhere. Whoever repeats it has the same name (STATE/takeover/id) and wins again.
 *
 * Errors: ERR_STATE, ERR_BUSY, ERR_NODE, ERR_METADB, ERR_INPUT, with what to type. Blocks: it runs a loop of its own.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct takeover_config {
    const char *state_dir, *run_dir, *host; /* as the daemon's */
    const char *from;                       /* for ssh: [USER@]HOST; and how it is reached, as a node of a deployment */
    const char *from_runs;                  /* NULL: run_dir */
    unsigned port;
    bool sudo;
    int64_t job; /* 0: the only one that there is */
    bool force;
    const char *reason; /* NULL: none */
    const char *actor;  /* who types it, for the events */
};

/* `say` gets lines for people, as things happen. */
int takeover(const struct takeover_config *c, void (*say)(const char *line), struct err *e);
