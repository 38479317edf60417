/* Statements: prepared once, bound by the names of the columns, run. */
#include <string.h>

#include "common/array.h"
#include "daemon/journal/internal.h"

/* The SQL of statements.def, made from the lists of columns.h. */
#define NAME(type, column, member) #column
#define COMMA_NAME(type, column, member) ", " #column
#define VALUE(type, column, member) ":" #column
#define COMMA_VALUE(type, column, member) ", :" #column
#define SET(type, column, member) #column "=:" #column
#define COMMA_SET(type, column, member) ", " #column "=:" #column
#define SELECT(table, LIST) "SELECT " LIST(NAME, COMMA_NAME) " FROM " #table " "
#define INTO(table, LIST) "INTO " #table "(" LIST(NAME, COMMA_NAME) ") VALUES (" LIST(VALUE, COMMA_VALUE) ")"

static const struct {
    const char *sql;
    enum table table;
} statements[] = {
#define STATEMENT(name, table, sql) [ST_##name] = {sql, TABLE_##table},
#include "daemon/journal/statements.def"
#undef STATEMENT
};
_Static_assert(ARRAY_LEN(statements) == N_STATEMENTS, "a statement has no place in the cache");

/* SQLite says "disk I/O error" or "unable to open database file"; the system knows why. */
int journal_fail(struct journal *j, struct err *e, const char *what)
{
    int code = j->db ? sqlite3_errcode(j->db) & 0xff : SQLITE_NOMEM, number = 0;
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN)
        number = sqlite3_system_errno(j->db);
    return err_set(e, ERR_JOURNAL, "journal: %s: %s%s%s", what, j->db ? sqlite3_errmsg(j->db) : "out of memory",
                   number ? ": " : "", number ? strerror(number) : "");
}

int journal_exec(struct journal *j, const char *sql, struct err *e)
{
    if (sqlite3_exec(j->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return journal_fail(j, e, "cannot execute");
    return 0;
}

int statement_new(struct journal *j, enum statement st, sqlite3_stmt **out, struct err *e)
{
    if (sqlite3_prepare_v3(j->db, statements[st].sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) != SQLITE_OK)
        return journal_fail(j, e, "cannot prepare a statement");
    return 0;
}

int statement_bind(struct journal *j, enum statement st, const void *row, sqlite3_stmt **out, struct err *e)
{
    if (!j->cache[st]) {
        int rc = statement_new(j, st, &j->cache[st], e);
        if (rc)
            return rc;
    }
    sqlite3_stmt *s = *out = j->cache[st];
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return row_bind(s, statements[st].table, row) == SQLITE_OK ? 0 : journal_fail(j, e, "cannot bind a value");
}

int statement_run(struct journal *j, sqlite3_stmt *s, struct err *e)
{
    int rc = sqlite3_step(s) == SQLITE_DONE ? 0 : journal_fail(j, e, "cannot write");
    sqlite3_reset(s);
    return rc;
}

static int bound(struct journal *j, int rc, struct err *e)
{
    return rc == SQLITE_OK ? 0 : journal_fail(j, e, "cannot bind a value");
}

int bind_number(struct journal *j, sqlite3_stmt *s, const char *name, int64_t value, struct err *e)
{
    return bound(j, sqlite3_bind_int64(s, sqlite3_bind_parameter_index(s, name), value), e);
}

int bind_text(struct journal *j, sqlite3_stmt *s, const char *name, const char *value, struct err *e)
{
    return bound(j, sqlite3_bind_text(s, sqlite3_bind_parameter_index(s, name), value, -1, SQLITE_STATIC), e);
}

int bind_blob(struct journal *j, sqlite3_stmt *s, const char *name, const void *data, size_t len, struct err *e)
{
    int i = sqlite3_bind_parameter_index(s, name);
    return bound(j, sqlite3_bind_blob64(s, i, data ? data : "", len, SQLITE_STATIC), e);
}
