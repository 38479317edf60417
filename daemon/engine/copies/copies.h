/* Copies of each job's newest state on the nodes of its deployment, for a control host that is lost (journal/copy.h).
 *
 * A copy is made after the commit, in the turn, and sent through channels that are open anyway: none is opened for it.
 * The newest state takes the place of one that was not sent yet; one is under way per node. A job never waits for any
 * of this, and no failure is one of the job. The node replaces its file by rename, so that it has the earlier state
 * until the newer one is whole; the plans of the job are there before the state that needs them. Wanted where a plan
 * has two nodes or more; nodes that are this host get none. Copies of jobs that this journal no longer has are removed
 * when a node is reached.
 *
 * Calling order: copies_open() after jobs_open(); copies_changed() for each job that a commit has changed, then
 * copies_turn() once per turn, outside of a transaction; copies_close() before reach_close(), copies_free() after it.
 * Loop thread only. Errors: none; copies_trouble() says what is wrong. */
#pragma once
#include "daemon/engine/job/job.h"

struct copies;
/* off: nothing is ever sent. */
struct copies *copies_open(uv_loop_t *loop, struct jobs *js, bool off);
void copies_changed(struct copies *c, const struct job *b);
void copies_turn(struct copies *c);
void copies_close(struct copies *c);
void copies_free(struct copies *c);

/* Is the newest state of this job on no other node, for longer than sending takes? Says of each node why, and what it
 * has; NULL: all is well, or no copies are wanted. Caller frees. */
char *copies_trouble(const struct jobs *js, int64_t job);
/* The nodes that have a copy: `cb` for each, with the time of its state. */
void copies_each(const struct jobs *js, int64_t job,
                 void (*cb)(void *ctx, const char *node, const char *time, bool newest), void *ctx);
