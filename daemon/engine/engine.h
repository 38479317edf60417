/* The engine: it owns the jobs and runs the turn of the loop that moves them forward.
 *
 * Calling order: engine_new(), engine_recover() (start-up is the recovery path), then any call below, of view/ and of
 * request/; engine_close() at the end leaves every run on its host as it is. Loop thread only.
 *
 * A change is committed to the journal before its effects start. When the journal cannot be written the process
 * exits: memory would be ahead of disk. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"

struct engine;
struct jobs;
struct journal;
struct procedures;

struct engine_config {
    const char *run_dir;      /* of runs on every host */
    const char *host;         /* name of this control host, in locks and events */
    bool resume_after_reboot; /* otherwise the deployment decides */
    bool no_copies;           /* of the journal on nodes: copies/copies.h */
};

/* The engine borrows journal and procedures: they must outlive it. */
int engine_new(uv_loop_t *loop, const struct engine_config *c, struct journal *j, const struct procedures *ps,
               struct engine **out, struct err *e);
int engine_recover(struct engine *en, struct err *e);
void engine_close(struct engine *en, void (*closed)(void *ctx), void *ctx);

/* `changed` is called at most once per turn for each job that has changed, after the commit (0: only hosts changed). */
void engine_on_change(struct engine *en, void (*changed)(void *ctx, int64_t job), void *ctx);

/* The same for a job that may have ended, at once: after engine_flush(). */
void engine_tell(struct engine *en, int64_t job);
/* `successful` is called for each job of a series that has become Successful, after the commit. */
void engine_on_success(struct engine *en, void (*successful)(void *ctx, int64_t series), void *ctx);

/* `canceled` is called for each job that has become Canceled, after the commit. */
void engine_on_canceled(struct engine *en, void (*canceled)(void *ctx, int64_t job), void *ctx);

/* `due` is called, after the commit, for each job whose rollback is due though nobody has asked for it (core.h). */
void engine_on_undo(struct engine *en, void (*due)(void *ctx, int64_t job), void *ctx);

/* One turn: commits, starts the effects, notifies watchers. Afterwards every change so far is durable. The loop does it
 * once per iteration; a request that answers at once calls it before it answers. */
void engine_flush(struct engine *en);
bool engine_at_work(const struct engine *en); /* a job is under way: its answers must not wait */
struct jobs *engine_jobs(struct engine *en);
const struct procedures *engine_procedures(const struct engine *en);
