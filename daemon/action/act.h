/* What the built-ins share: saying what they saw, and what an error means. */
#pragma once
#include <stdbool.h>

#include "daemon/action/action.h"

/* One line. Control characters become spaces, so that no byte of the database can begin a line of its own (and be
 * taken for "omsup: fact …"): a line begins with the format's text, never with the server's. Cut at 8 KiB. */
void say(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A look that could not look. */
enum verdict look_failed(struct buf *out, const struct err *e);
/* An act whose statement failed: NO when the server says so itself, UNKNOWN when it may yet have been done. */
enum verdict act_failed(struct buf *out, unsigned sql_errno, const struct err *e);

/* Of rows: the number in a cell, `otherwise` for NULL and for what is none; its text, "NULL" for NULL. */
long long cell_number(const struct metadb_rows *r, size_t row, size_t col, long long otherwise);
const char *cell_text(const struct metadb_rows *r, size_t row, size_t col);

/* How long ago a UTC time YYYY-MM-DDThh:mm:ssZ was by the MetaDB's clock. ERR_INPUT when it is not such a time. */
int seconds_since(struct metadb *db, const char *utc, long long *seconds, struct err *e);

/* Calls fn for each line of a list variable (HB_DBS) until it returns false. */
void each_line(const char *list, bool (*fn)(void *ctx, const char *line), void *ctx);
