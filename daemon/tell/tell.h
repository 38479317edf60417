/* Telling people: what is told (kind), to whom (target), by which document (document), how (deliver, journald), and the
 * metrics for Prometheus (metrics, textfile).
 *
 * Each event of a job is heard in the transaction that records it (jobs.heard), and a row of the journal is written
 * with it for each target that wants it. After the commit the targets are told, each on its own and one notice at a
 * time; the row goes when the target has taken it. So whatever happens to the daemon, each target is told at least
 * once. One that fails is tried again, later and later; what nobody has taken for a day is dropped, and so is the
 * oldest when more than QUEUE_MAX wait. A job never waits for any of this.
 *
 * Calling order: tell_open() after engine_new() and before engine_recover(); tell_close() before engine_close().
 * Ownership: the configuration is borrowed. Errors: failures of targets are states, not errors. Threads: loop thread
 * only. */
#pragma once
#include <cjson/cJSON.h>
#include <uv.h>

#include "daemon/engine/engine.h"
#include "daemon/tell/target.h"

enum { QUEUE_MAX = 200 };

struct tell;
struct tell_config {
    const struct targets *targets;
    const char *journald; /* path of its socket; NULL: none */
    const char *metrics;  /* path of the textfile; NULL: none */
    const char *journal;  /* path of the journal, whose size is a metric */
};
int tell_open(uv_loop_t *loop, const struct tell_config *c, struct engine *en, struct tell **out, struct err *e);
void tell_close(struct tell *t, void (*closed)(void *ctx), void *ctx);

/* The targets and how it goes with them. Caller deletes. */
cJSON *tell_status(const struct tell *t);
/* Tells a target (NULL: each) that this is a test, and replies when all have answered. e->code is set, and the result
 * NULL, when there is no such target, or another test is under way. The reply's receiver deletes the result. */
typedef void tell_reply(void *ctx, cJSON *result, const struct err *e);
void tell_test(struct tell *t, const char *target, const char *actor, tell_reply *reply, void *ctx);
