/* Metrics for Prometheus, as a file that node_exporter's textfile collector reads: schema/notice.md lists them. Written
 * a second after a change and every 15 seconds, by textfile.c, which never makes the loop wait.
 *
 * A label is a number, a name or a word of ours, and there are at most METRICS_JOBS jobs in it: the number of series is
 * bounded whatever runs. Loop thread only. */
#pragma once
#include <uv.h>

#include "common/buf.h"
#include "daemon/tell/queue.h"

enum { METRICS_JOBS = 20, METRICS_LABEL_MAX = 100 };

struct metrics;
/* path NULL: there are none, and everything here does nothing. All is borrowed. */
struct metrics *metrics_open(uv_loop_t *loop, const char *path, const char *journal, struct jobs *js,
                             const struct told *targets, size_t n);
void metrics_changed(struct metrics *m);
/* Calls `closed`, at once when there are no metrics. */
void metrics_close(struct metrics *m, void (*closed)(void *ctx), void *ctx);

/* The text. journal: path of the journal. */
void metrics_text(const struct jobs *js, const struct told *targets, size_t n, const char *journal, uint64_t unwritten,
                  struct buf *out);
/* Adds name{label="value",…}; the labels end with NULL. For tests. */
void metrics_name(struct buf *out, const char *name, const char *const *labels);
