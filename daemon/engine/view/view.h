/* What people see of jobs. Changes nothing.
 *
 * Calling order: any time between engine_recover() and engine_close(). Live jobs are read from memory, ended jobs
 * from the journal; the turn commits before it notifies watchers, so they see what is durable. Errors: an unknown job,
 * step or word. Ownership: the caller frees the results, which fit into one message of the protocol. Threads: loop
 * thread only.
 *
 * job 0: the newest that has not ended, else the newest. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct job;
struct jobs;

struct view_mark {
    int64_t job, last; /* whose snapshot it is, and its last event */
};
int view_snapshot(struct jobs *js, int64_t job, struct view_mark *mark, cJSON **out, struct err *e);
/* step NULL: the snapshot; subtask NULL: all of the step. */
int view_show(struct jobs *js, int64_t job, const char *step, const char *subtask, cJSON **out, struct err *e);
int view_plan(struct jobs *js, int64_t job, cJSON **out, struct err *e);
/* The subtasks from the number `offset` on with their attempts, as many as fit in an answer and take little of the
 * loop's time. */
int view_report(struct jobs *js, int64_t job, uint64_t offset, cJSON **out, struct err *e);
struct view_filter {
    int type, state;           /* enum job_type, enum state; -1: all */
    const char *login;         /* of the operator, in any case; NULL: all */
    const char *object;        /* a part of it; NULL: all */
    const char *since, *until; /* created then, "2026-03-01T21:04:05Z"; NULL: whenever */
    unsigned limit;
};
int view_list(struct jobs *js, const struct view_filter *filter, cJSON **out, struct err *e);
/* Fewer than `limit` when they are long; *more: for that reason. */
int view_events(struct jobs *js, int64_t job, int64_t since, unsigned limit, cJSON **events, int64_t *last, bool *more,
                struct err *e);
/* For a notice: members of a job, and of a step or a subtask of it (NULL: none), added to `o`. */
int view_about(struct jobs *js, int64_t job, const char *step, const char *subtask, cJSON *o, struct err *e);
/* How long OMS has been out of service for a job in memory, or was; negative: not yet, or never. */
double view_outage_s(const struct job *b);
/* Output of an attempt (0: the last one) from an offset on. Answers once, now or from the loop; `result` is the
 * callee's to free; NULL when e->code is set. ask_node: also while it runs, from its host. */
typedef void view_reply(void *ctx, cJSON *result, const struct err *e);
void view_logs(struct jobs *js, int64_t job, const char *step, const char *subtask, unsigned attempt, uint64_t offset,
               bool ask_node, view_reply *reply, void *ctx);
