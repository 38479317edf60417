/* Keeping house: what is wrong around the jobs, before an operator stumbles over it; and what nobody needs any more.
 *
 * house_doctor() only looks. What it finds is rows of findings.def, each with words of its own. It looks at jobs in
 * memory and at rows of the journal on the loop, a little in each turn; at files on a thread of its own, for a disk may
 * hang; and with `whole` at the nodes, by probes. The journal itself is copied a few pages at a time, and the copy is
 * examined on the thread. One examination at a time.
 *
 * Calling order: house_open() after engine_new(); house_close() before engine_close(). Each house_doctor() is answered
 * exactly once, from the loop or at once; ERR_BUSY while another one is under way. Ownership: the configuration is
 * borrowed; the result is the receiver's to delete, NULL when e->code is set. Threads: loop thread only. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"
#include "daemon/engine/engine.h"

struct house;
struct house_config {
    const char *journal, *state_dir, *run_dir;
    const char *config;     /* omsupd.yaml, if one was read; NULL: none */
    const char *procedures; /* the directory of the site's pages and scripts; NULL: none */
};
void house_open(uv_loop_t *loop, const struct house_config *c, struct engine *en, struct house **out);
void house_close(struct house *h, void (*closed)(void *ctx), void *ctx); /* NULL is fine */

typedef void house_reply(void *ctx, cJSON *result, const struct err *e);
/* whole: also what touches hosts, or reads much: clocks and run files of the nodes, hashes of backups. targets: as
 * tell_status() says; taken. */
void house_doctor(struct house *h, bool whole, cJSON *targets, house_reply *reply, void *ctx);

/* What may be removed: old jobs, containers and images that a finished upgrade has left, backups (prune_rules.h).
 * Without `agree` it is only listed. With it, the hash of a list, that is removed if it is still the same: first the
 * journal says what goes, so that a prune that was interrupted is known, and the next one completes it; each thing is
 * looked at again before it goes. One prune at a time. Answered with ERR_BUSY, ERR_STATE (the list has changed),
 * ERR_NOT_FOUND (job). */
struct house_prune {
    unsigned classes;     /* PRUNE_JOBS … */
    int64_t older_than_s; /* since the job has ended */
    int64_t job;          /* 0: all */
    const char *agree;    /* NULL: list */
    const char *actor;
};
void house_prune(struct house *h, const struct house_prune *what, house_reply *reply, void *ctx);
