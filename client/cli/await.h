/* Waiting for a job: until it ends or needs an operator. */
#pragma once
#include <stdint.h>

#include <cjson/cJSON.h>

#include "client/wire/wire.h"
#include "common/err.h"

struct cli;

/* Takes the connection of `c`, if it has one. */
void await_begin(struct cli *c, struct follow *f, int64_t job, int64_t since);
/* Blocks until something has changed (f has it), saying once when the daemon does not respond; or an error: it did not
 * come back. */
int await_change(const struct cli *c, struct follow *f, struct err *e);
/* Follows the job until it rests; the last snapshot's JSON is the caller's. The status tells its state. */
int await_job(struct cli *c, int64_t job, cJSON **snapshot, struct err *e);
/* await_job(), then one line about it, or with --json the snapshot. */
int await_and_tell(struct cli *c, int64_t job, struct err *e);
