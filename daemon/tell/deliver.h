/* One try to tell one target one thing: its command, or curl for its webhook.
 *
 * deliver() → one call of `done`, before deliver() returns if it cannot even begin, otherwise from the loop. `why` is
 * NULL when the target has taken it; otherwise one line without any secret. delivery_end() gives it up; `done` is still
 * called. Loop thread only. */
#pragma once
#include <stdint.h>
#include <uv.h>

#include "daemon/tell/target.h"

struct jobs;

typedef void deliver_done(void *ctx, const char *why);
/* job: that the document is about, 0 for a test. NULL: `done` has been called already. The target's configuration is
 * borrowed until `done`. */
struct delivery *deliver(uv_loop_t *loop, const struct jobs *js, const struct target_config *t, const char *document,
                         int64_t job, deliver_done *done, void *ctx);
void delivery_end(struct delivery *d);
