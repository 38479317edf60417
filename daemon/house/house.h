/* Keeping house: what is wrong around the jobs, before an operator stumbles over it.
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
