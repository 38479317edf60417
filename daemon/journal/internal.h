/* Shared by the files of the journal only. */
#pragma once
#include <sqlite3.h>

#include "daemon/journal/journal.h"

enum { STMT_MAX = 24 };

struct journal {
    sqlite3 *db;
    bool in_tx;
    /* Statements are prepared once, keyed by the address of their SQL literal. */
    struct {
        const char *sql;
        sqlite3_stmt *stmt;
    } cache[STMT_MAX];
};

int journal_fail(struct journal *j, struct err *e, const char *what);
int journal_exec(struct journal *j, const char *sql, struct err *e);
/* Prepares (or reuses) and binds by `fmt`: s text or NULL, i int64_t, n int64_t or NULL when 0, x int or NULL when
 * negative, b blob (pointer, size_t). */
int journal_bind(struct journal *j, sqlite3_stmt **out, struct err *e, const char *sql, const char *fmt, ...);
/* Steps a statement that returns no rows. */
int journal_run(struct journal *j, struct err *e, const char *sql, const char *fmt, ...);
const char *journal_text(sqlite3_stmt *s, int col); /* NULL for SQL NULL */
