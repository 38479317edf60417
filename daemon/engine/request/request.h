/* Requests of operators: jobs from deployment files, rollbacks, verbs, discovery, new names for projects.
 *
 * Calling order: any time between engine_recover() and engine_close(). A call with a reply function answers exactly
 * once: from the loop, or at once when it is refused. A change is answered when it is durable; a refused request
 * changes nothing. Errors say what is wrong and what to type. Ownership: what is passed in is copied; `result` is the
 * callee's to free, and NULL when e->code is set. Threads: loop thread only. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/job_types.h"
#include "common/verbs.h"
#include "daemon/engine/engine.h"

typedef void request_reply(void *ctx, cJSON *result, const struct err *e);

enum { PERSON_UNKNOWN = -1, PERSON_ENGINE = -2 };
struct request_caller {
    const char *actor; /* "root (uid 0, pid 123)" */
    const char *login; /* shown as operator */
    int64_t person;    /* as struct peer has it, or one of these */
    const char *name;  /* of the person */
};

/* When the steps that cannot be taken back may begin. */
struct request_window {
    const char *text; /* NULL: at any time */
    int64_t expect;   /* seconds; 0: not given */
};

/* Steps before which a job is to be paused; their names. */
struct request_steps {
    const char *const *at;
    size_t n;
};

/* --- submit.c: an upgrade or a check from a deployment file --- */
/* carry_on: the jobs of the next hops are started by omsupd; for a file with hops. agreed: NULL, or the hash of the
 * plan whose `on_failure` the caller has agreed to; without it such a plan is only told, and there is no job.
 * at: when it is started, or NULL. */
void submit_job(struct engine *en, const struct request_caller *who, enum job_type type, const char *deployment,
                const char *file, bool start, bool carry_on, const char *agreed, struct request_steps before,
                const char *at, struct request_window window, request_reply *reply, void *ctx);
/* Only the text of the plan. */
void submit_plan(struct engine *en, enum job_type type, const char *deployment, const char *file, request_reply *reply,
                 void *ctx);

/* --- next_hop.c: the jobs of a chained upgrade --- */
/* Once, after engine_recover(): from now on the job of the next hop is created when one is Successful. */
int next_hop_open(struct engine *en, struct err *e);
/* `retry` of a Successful job, when that of the next hop could not be created. false: it is not such a job. */
bool next_hop_retry(struct engine *en, const struct request_caller *who, int64_t job, request_reply *reply, void *ctx);

/* --- rollback.c --- */
/* Rolls `job` back, or only tells what that would do (plan_only). `force`: even if the end of one of its attempts was
 * never observed. */
void rollback_job(struct engine *en, const struct request_caller *who, int64_t job, const char *reason, bool force,
                  bool plan_only, request_reply *reply, void *ctx);

/* --- undo.c --- */
/* Once, after engine_recover(): from now on the rollbacks are made that on_failure asks for. */
void undo_open(struct engine *en);

/* --- leftovers.c --- */
/* Once, after engine_recover(): from now on a canceled rehearsal is followed by the job that drops what it has left. */
void leftovers_open(struct engine *en);

/* --- verbs.c: the verbs of common/verbs.def --- */
struct request_verb {
    enum verb_id verb;
    int64_t job;
    const char *step, *subtask, *reason; /* each may be NULL */
    bool force;
    bool carry_on;                /* of `start`, as of submit_job() */
    bool one_step;                /* of `resume`: pause again after the next step */
    struct request_steps before;  /* of `start` and `pause`: breakpoints; `pause` with some does nothing else */
    bool remove;                  /* of `pause`: removes these */
    struct request_window window; /* of `start` */
    const char *at;               /* of `start`: when; NULL: now. A time of the protocol */
};
int verbs_do(struct engine *en, const struct request_caller *who, const struct request_verb *what, cJSON **result,
             struct err *e);

/* --- approve.c: two persons --- */
/* Says that what the caller has looked at may be done: the next attempt of a step ("start-new"), or once and within an
 * hour "skip STEP", "done STEP", "rollback" or "--force", when another person asks for it. Refused when nothing of that
 * needs it, and to who has asked for it. */
int approve_do(struct engine *en, const struct request_caller *who, int64_t job, const char *what, cJSON **result,
               struct err *e);

/* --- discover.c --- */
/* hosts: n ssh destinations, or "local"; container may be NULL. */
void discover_oms(struct engine *en, const char *const *hosts, size_t n, bool sudo, const char *container,
                  request_reply *reply, void *ctx);

/* --- noted.c --- */
/* An event of no job (0): something was asked that a job does not tell of. It is durable when this returns. Only the
 * newest ones are kept. */
void request_noted(struct engine *en, const char *actor, const char *event, const char *reason);

/* --- rename.c --- */
/* Renames the project `id` of OMS; without `execute` only tells the SQL. */
struct rename_what {
    const char *deployment, *file;
    bool synchronization; /* otherwise a migration project */
    int64_t id;
    const char *name;
    bool execute;
};
void rename_project(struct engine *en, const struct rename_what *what, request_reply *reply, void *ctx);
