/* Rows: how a column of columns.h is bound, read, copied and freed, by its type. */
#include <stdlib.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/journal/internal.h"

enum type { TEXT, NUMBER, LINK, COUNT, FLAG, STATUS };

struct column {
    const char *parameter;
    enum type type;
    size_t offset;
};

struct columns {
    const struct column *list;
    size_t n;
};

#define COLUMN(type, column, member) {":" #column, type, offsetof(row, member)},
#define COLUMNS_OF(table, LIST)                                                                                        \
    static struct columns columns_of_##table(void)                                                                     \
    {                                                                                                                  \
        typedef struct journal_##table row;                                                                            \
        static const struct column list[] = {LIST(COLUMN, COLUMN)};                                                    \
        return (struct columns){list, ARRAY_LEN(list)};                                                                \
    }
JOURNAL_TABLES(COLUMNS_OF)

static struct columns columns_of(enum table t)
{
    switch (t) {
#define CASE(table, LIST)                                                                                              \
    case TABLE_##table:                                                                                                \
        return columns_of_##table();
        JOURNAL_TABLES(CASE)
#undef CASE
    }
    abort();
}

static int bind(sqlite3_stmt *s, int i, enum type type, const void *p)
{
    switch (type) {
    case TEXT:
        return sqlite3_bind_text(s, i, *(char *const *)p, -1, SQLITE_STATIC);
    case NUMBER:
        return sqlite3_bind_int64(s, i, *(const int64_t *)p);
    case LINK:
        return *(const int64_t *)p ? sqlite3_bind_int64(s, i, *(const int64_t *)p) : sqlite3_bind_null(s, i);
    case COUNT:
        return sqlite3_bind_int64(s, i, *(const unsigned *)p);
    case FLAG:
        return sqlite3_bind_int(s, i, *(const bool *)p);
    case STATUS:
        return *(const int *)p >= 0 ? sqlite3_bind_int(s, i, *(const int *)p) : sqlite3_bind_null(s, i);
    }
    abort();
}

int row_bind(sqlite3_stmt *s, enum table t, const void *row)
{
    struct columns c = columns_of(t);
    int rc = SQLITE_OK;
    for (size_t k = 0; k < c.n && rc == SQLITE_OK; k++) {
        int i = sqlite3_bind_parameter_index(s, c.list[k].parameter);
        if (i > 0)
            rc = bind(s, i, c.list[k].type, (const char *)row + c.list[k].offset);
    }
    return rc;
}

static void read_column(sqlite3_stmt *s, int i, enum type type, void *p)
{
    switch (type) {
    case TEXT:
        *(char **)p = (char *)sqlite3_column_text(s, i);
        return;
    case NUMBER:
    case LINK:
        *(int64_t *)p = sqlite3_column_int64(s, i);
        return;
    case COUNT:
        *(unsigned *)p = (unsigned)sqlite3_column_int64(s, i);
        return;
    case FLAG:
        *(bool *)p = sqlite3_column_int(s, i) != 0;
        return;
    case STATUS:
        *(int *)p = sqlite3_column_type(s, i) == SQLITE_NULL ? -1 : sqlite3_column_int(s, i);
        return;
    }
    abort();
}

void row_read(sqlite3_stmt *s, enum table t, void *row)
{
    struct columns c = columns_of(t);
    for (size_t k = 0; k < c.n; k++)
        read_column(s, (int)k, c.list[k].type, (char *)row + c.list[k].offset);
}

void row_own(enum table t, void *row)
{
    struct columns c = columns_of(t);
    for (size_t k = 0; k < c.n; k++)
        if (c.list[k].type == TEXT) {
            char **text = (char **)((char *)row + c.list[k].offset);
            *text = xstrdup(*text);
        }
}

void row_clear(enum table t, void *row)
{
    struct columns c = columns_of(t);
    for (size_t k = 0; k < c.n; k++)
        if (c.list[k].type == TEXT) {
            char **text = (char **)((char *)row + c.list[k].offset);
            free(*text);
            *text = NULL;
        }
}
