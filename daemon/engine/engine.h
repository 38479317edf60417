/* The engine: jobs, and everything that makes them go on.
 *
 * Calling order: engine_new(), engine_recover() (start-up is the recovery path), then any call below; engine_close() at
 * the end leaves every run on its host as it is. Loop thread only.
 *
 * A change is committed to the journal before its effects start. When the journal cannot be written the process
 * exits: memory would be ahead of disk. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"
#include "common/verbs.h"
#include "daemon/journal/journal.h"
#include "daemon/plan/expand/expand.h"

struct engine;

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

/* Answers of calls that take time: exactly one; `result` is the callee's to free; NULL when e->code is set. */
typedef void engine_reply(void *ctx, cJSON *result, const struct err *e);

struct engine_caller {
    const char *actor; /* "root (uid 0, pid 123)" */
    const char *login; /* shown as operator */
};

void engine_submit(struct engine *en, const struct engine_caller *who, enum job_type type, const char *deployment,
                   const char *file, bool start, engine_reply *reply, void *ctx);
/* The plan's text without a job. */
void engine_plan(struct engine *en, enum job_type type, const char *deployment, const char *file, engine_reply *reply,
                 void *ctx);
/* A rollback of `job`: what it would do (plan_only), or the new job. `force`: also while the end of one of its attempts
 * was not seen. */
void engine_rollback(struct engine *en, const struct engine_caller *who, int64_t job, const char *reason, bool force,
                     bool plan_only, engine_reply *reply, void *ctx);
/* hosts: n ssh destinations, or "local"; container may be NULL. */
void engine_discover(struct engine *en, const char *const *hosts, size_t n, bool sudo, const char *container,
                     engine_reply *reply, void *ctx);
/* Gives the project `id` of OMS a new name; without `execute` only says by which SQL. */
struct engine_rename {
    const char *deployment, *file;
    bool synchronization; /* else a migration project */
    int64_t id;
    const char *name;
    bool execute;
};
void engine_rename_project(struct engine *en, const struct engine_caller *who, const struct engine_rename *what,
                           engine_reply *reply, void *ctx);

/* The verbs of common/verbs.def. step, subtask may be NULL. */
int engine_do(struct engine *en, const struct engine_caller *who, enum verb_id v, int64_t job, const char *step,
              const char *subtask, const char *reason, bool force, cJSON **result, struct err *e);

struct jobs *engine_jobs(struct engine *en); /* for the views */
const struct procedures *engine_procedures(const struct engine *en);
