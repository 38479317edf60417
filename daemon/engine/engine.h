/* The engine: jobs, and everything that makes them go on.
 *
 * Calling order: engine_new(), engine_recover() (start-up is the recovery path), then any call below; engine_close() at
 * the end leaves every run on its host as it is. Loop thread only.
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
    bool resume_after_reboot; /* else what the deployment says */
};

/* The engine borrows journal and procedures: they must outlive it. */
int engine_new(uv_loop_t *loop, const struct engine_config *c, struct journal *j, const struct procedures *ps,
               struct engine **out, struct err *e);
int engine_recover(struct engine *en, struct err *e);
void engine_close(struct engine *en, void (*closed)(void *ctx), void *ctx);

/* `changed` is called once a loop turn after a commit in which this job changed (0: hosts only). */
void engine_on_change(struct engine *en, void (*changed)(void *ctx, int64_t job), void *ctx);

/* Commits, starts what follows, tells watchers: what has been asked for is durable then. Each turn of the loop does it
 * too.
 */
void engine_flush(struct engine *en);
struct jobs *engine_jobs(struct engine *en);
const struct procedures *engine_procedures(const struct engine *en);
