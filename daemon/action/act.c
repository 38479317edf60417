#include "daemon/action/act.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/utf8.h"

enum { SAID_MAX = 8192 }; /* bytes of one line */

const char *action_env(const struct action_args *a, const char *name)
{
    size_t n = strlen(name);
    for (const char *const *v = a->env; v && *v; v++)
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
            return *v + n + 1;
    return "";
}

void act_say(struct buf *out, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *s = xvasprintf(fmt, ap);
    va_end(ap);
    size_t len = strlen(s), n = len > SAID_MAX ? utf8_whole(s, SAID_MAX) : len;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < 0x20 || s[i] == 0x7F)
            s[i] = ' ';
    buf_add(out, s, n);
    buf_puts(out, n < len ? "…\n" : "\n");
    free(s);
}

enum verdict act_look_failed(struct buf *out, const struct err *e)
{
    act_say(out, "cannot tell: %s", e->msg);
    return VERDICT_UNKNOWN;
}

/* The client's own errors, and statements that were interrupted or timed out. OceanBase's own numbers start at 4000; it
 * is not documented which of them leave a transaction undecided, so all of them count. */
static bool undecided(unsigned no)
{
    return no == 0 || no == 1053 || no == 1317 || no == 1927 || no == 1969 || (no >= 2000 && no <= 2999) || no >= 4000;
}

enum verdict act_failed(struct buf *out, unsigned sql_errno, const struct err *e)
{
    act_say(out, "%s", e->msg);
    return undecided(sql_errno) ? VERDICT_UNKNOWN : VERDICT_NO;
}

long long act_cell_number(const struct metadb_rows *r, size_t row, size_t col, long long otherwise)
{
    if (row >= r->n_rows || col >= r->n_cols || !r->cell[row][col])
        return otherwise;
    char *end;
    long long n = strtoll(r->cell[row][col], &end, 10);
    return end == r->cell[row][col] ? otherwise : n;
}

const char *act_cell_text(const struct metadb_rows *r, size_t row, size_t col)
{
    return row < r->n_rows && col < r->n_cols && r->cell[row][col] ? r->cell[row][col] : "NULL";
}

int act_number(const struct metadb_rows *r, size_t row, size_t col, long long *out, struct err *e)
{
    const char *text = act_cell_text(r, row, col);
    char *end;
    *out = strtoll(text, &end, 10);
    return *text && !*end ? OK : err_set(e, ERR_METADB, "the MetaDB answered \"%.40s\", which is not a number", text);
}

int act_one_row(struct metadb *db, size_t cols, struct metadb_rows *r, struct err *e, const char *sql, ...)
{
    va_list ap;
    va_start(ap, sql);
    char *text = xvasprintf(sql, ap);
    va_end(ap);
    int rc = metadb_select(db, cols, r, NULL, e, "%s", text);
    if (!rc && r->n_rows != 1)
        rc = err_set(e, ERR_METADB, "the MetaDB answered with %zu rows instead of one to: %.200s", r->n_rows, text);
    for (size_t i = 0; !rc && i < cols; i++)
        if (!r->cell[0][i])
            rc = err_set(e, ERR_METADB, "the MetaDB answered with NULL to: %.200s", text);
    if (rc)
        metadb_rows_free(r);
    free(text);
    return rc;
}

void act_each_line(const char *list, bool (*fn)(void *ctx, const char *line), void *ctx)
{
    bool more = true;
    while (*list && more) {
        size_t n = strcspn(list, "\n");
        if (n > 0) {
            char *line = xstrndup(list, n);
            more = fn(ctx, line);
            free(line);
        }
        list += n + (list[n] == '\n');
    }
}
