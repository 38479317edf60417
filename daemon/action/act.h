/* What the built-ins share: reporting what they saw, and classifying errors. */
#pragma once
#include <stdbool.h>

#include "daemon/action/action.h"

/* Adds one line. Control characters become spaces, so that no byte from the database can start a line of its own (and
 * pass for "omsup: fact …"): a line always starts with the format's text, never with the server's. Cut at 8 KiB. */
void act_say(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A read-only built-in whose query failed. */
enum verdict act_look_failed(struct buf *out, const struct err *e);
/* A built-in whose changing statement failed: NO when the server says so itself, UNKNOWN when it may still have
 * happened. */
enum verdict act_failed(struct buf *out, unsigned sql_errno, const struct err *e);

/* The number in a cell, or `otherwise` for NULL and for anything that is not a number. The text of a cell, "NULL" for
 * NULL. */
long long act_cell_number(const struct metadb_rows *r, size_t row, size_t col, long long otherwise);
const char *act_cell_text(const struct metadb_rows *r, size_t row, size_t col);

/* The same, but ERR_METADB for anything that is not a number. */
int act_number(const struct metadb_rows *r, size_t row, size_t col, long long *out, struct err *e);
/* One row of so many values, none of them NULL; otherwise ERR_METADB and no rows. */
int act_one_row(struct metadb *db, size_t cols, struct metadb_rows *r, struct err *e, const char *sql, ...)
    __attribute__((format(printf, 5, 6)));

/* Calls fn for each line of a list variable (HB_DBS) until it returns false. */
void act_each_line(const char *list, bool (*fn)(void *ctx, const char *line), void *ctx);
