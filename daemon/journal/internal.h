/* Shared by the files of the journal only. From the ground: row.c (a row and its columns), statement.c (prepare, bind,
 * run), transaction.c, then read.c and write.c beside each other, migrate.c (older schemas, and their copies), lost.c
 * (does it belong here?), check.c (is it sound?), journal.c (open). On top of them, copy_write.c and copy_read.c:
 * copy.h. */
#pragma once
#include <sqlite3.h>

#include "daemon/journal/journal.h"

/* schema/journal/NNN.sql in their order, by CMake. */
extern const char *const journal_migrations[];
extern const int journal_n_migrations;

enum statement {
#define STATEMENT(name, table, sql) ST_##name,
#include "daemon/journal/statements.def"
#undef STATEMENT
    N_STATEMENTS
};

struct journal {
    sqlite3 *db;
    char *path;
    bool in_tx;
    bool in_log;                       /* a job has ended, and the file without its log (-wal) does not know yet */
    sqlite3_stmt *cache[N_STATEMENTS]; /* NULL: not used yet */
};

/* The outcome of an attempt that nobody waits for any more. */
static const char journal_dropped[] = "dropped";

/* row.c: rows as the columns of columns.h. */
enum table {
#define ENUM_TABLE(name, LIST) TABLE_##name,
    JOURNAL_TABLES(ENUM_TABLE)
#undef ENUM_TABLE
};
/* Binds those columns whose names are parameters of the statement; text is borrowed until it is stepped. */
int row_bind(sqlite3_stmt *s, enum table t, const void *row);
/* Of a statement that selects all columns of the table, in the order of the list; text is the statement's. */
void row_read(sqlite3_stmt *s, enum table t, void *row);
void row_own(enum table t, void *row); /* its text becomes its own */
void row_clear(enum table t, void *row);

/* migrate.c */
int journal_number(struct journal *j, const char *sql, int64_t *out, struct err *e); /* of a query with one number */
int journal_version(struct journal *j, int64_t *version, struct err *e);             /* 0: there are no tables yet */
int journal_migrate(struct journal *j, int64_t version, struct err *e);

/* lost.c: ERR_INPUT when run files in `runs` show that another journal belongs here. */
int journal_check_missing(const char *path, const char *runs, struct err *e); /* for one without content */
int journal_check_outdated(struct journal *j, const char *runs, struct err *e);

void journal_rollback(struct journal *j); /* transaction.c: as if journal_begin() had not been called */

/* statement.c */
int journal_fail(struct journal *j, struct err *e, const char *what);
int journal_exec(struct journal *j, const char *sql, struct err *e);
int statement_new(struct journal *j, enum statement st, sqlite3_stmt **out, struct err *e); /* caller finalizes */
int statement_bind(struct journal *j, enum statement st, const void *row, sqlite3_stmt **out, struct err *e);
int statement_run(struct journal *j, sqlite3_stmt *s, struct err *e); /* one that returns no rows */
/* Parameters that are no columns. */
int bind_number(struct journal *j, sqlite3_stmt *s, const char *name, int64_t value, struct err *e);
int bind_text(struct journal *j, sqlite3_stmt *s, const char *name, const char *value, struct err *e);
int bind_blob(struct journal *j, sqlite3_stmt *s, const char *name, const void *data, size_t len, struct err *e);

/* The two above with the type of the row checked: bind_NAME() and, for those that return no rows, run_NAME(). */
#define STATEMENT(name, table, sql)                                                                                    \
    static inline int bind_##name(struct journal *j, const struct journal_##table *row, sqlite3_stmt **out,            \
                                  struct err *e)                                                                       \
    {                                                                                                                  \
        return statement_bind(j, ST_##name, row, out, e);                                                              \
    }                                                                                                                  \
    static inline int run_##name(struct journal *j, const struct journal_##table *row, struct err *e)                  \
    {                                                                                                                  \
        sqlite3_stmt *s;                                                                                               \
        int rc = statement_bind(j, ST_##name, row, &s, e);                                                             \
        return rc ? rc : statement_run(j, s, e);                                                                       \
    }
#include "daemon/journal/statements.def"
#undef STATEMENT
