#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/utf8.h"
#include "daemon/metadb/internal.h"

int metadb_error(const struct metadb *db, struct err *e)
{
    char text[512];
    size_t len = strnlen(mysql_error(db->my), sizeof text - 1);
    memcpy(text, mysql_error(db->my), len);
    text[len] = '\0';
    secret_scrub(db->login.password, text, &len);
    size_t out = 0;
    for (size_t i = 0; i < len;) {
        size_t n = utf8_char(text + i, len - i);
        if (n == 0 || (unsigned char)text[i] < 0x20 || text[i] == 0x7F) {
            text[out++] = n ? ' ' : '?';
            i++;
        } else {
            memmove(text + out, text + i, n);
            out += n;
            i += n;
        }
    }
    while (out > 0 && (text[out - 1] == '.' || text[out - 1] == ' '))
        out--;
    text[out] = '\0';
    const char *why = guard_why();
    if (why)
        return err_set(e, ERR_METADB, "ERROR %u: the connection was given up: %s", mysql_errno(db->my), why);
    return err_set(e, ERR_METADB, "ERROR %u: %s", mysql_errno(db->my), text);
}

/* One row's cells, or NULL when one is too large. */
static char **copy_row(MYSQL_ROW row, const unsigned long *len, size_t n, size_t *bytes)
{
    char **cell = xcalloc(n ? n : 1, sizeof *cell);
    for (size_t i = 0; i < n; i++) {
        if (!row[i])
            continue;
        *bytes += len[i];
        if (len[i] > METADB_CELL_MAX || *bytes > METADB_BYTES_MAX) {
            while (i-- > 0)
                free(cell[i]);
            free(cell);
            return NULL;
        }
        cell[i] = xcalloc(1, len[i] + 1);
        memcpy(cell[i], row[i], len[i]);
    }
    return cell;
}

static int read_rows(struct metadb *db, MYSQL_RES *res, struct metadb_rows *out, unsigned *no, struct err *e)
{
    size_t cap = 0, bytes = 0;
    const char *excess = NULL;
    MYSQL_ROW row;
    out->n_cols = mysql_num_fields(res);
    while ((row = mysql_fetch_row(res))) {
        char **cell = NULL;
        if (out->n_rows == METADB_ROWS_MAX)
            excess = "more rows";
        else if (!(cell = copy_row(row, mysql_fetch_lengths(res), out->n_cols, &bytes)))
            excess = "a larger value";
        if (excess) {
            /* The rest is not read, because freeing the result must not wait for it; the connection is lost. */
            shutdown(connector_socket(db->my), SHUT_RDWR);
            *no = CR_UNKNOWN_ERROR;
            return err_set(e, ERR_METADB, "the MetaDB sent %s than omsupd accepts", excess);
        }
        if (out->n_rows == cap) {
            cap = cap ? 2 * cap : 16;
            out->cell = xrealloc(out->cell, cap, sizeof *out->cell);
        }
        out->cell[out->n_rows++] = cell;
    }
    if (!mysql_errno(db->my))
        return OK;
    *no = mysql_errno(db->my);
    return metadb_error(db, e);
}

/* Answers that are not what the statement asks for. The connection cannot be used further. */
static int odd_answer(struct metadb *db, size_t want, size_t got, unsigned *no, struct err *e)
{
    shutdown(connector_socket(db->my), SHUT_RDWR);
    *no = CR_MALFORMED_PACKET;
    return err_set(e, ERR_METADB, "ERROR %u: the MetaDB's answer has %zu columns, not %zu", *no, got, want);
}

__attribute__((format(printf, 6, 0))) static int ask(struct metadb *db, size_t cols, struct metadb_rows *out,
                                                     unsigned *sql_errno, struct err *e, const char *sql, va_list ap)
{
    unsigned no = 0;
    struct metadb_rows rows = {0};
    struct buf text = {0};
    char *body = xvasprintf(sql, ap);
    buf_printf(&text, "/* omsup */ %s", body); /* for whoever reads the process list */
    free(body);

    int rc = OK;
    db->affected = 0;
    guard_allow(db->my, METADB_COLUMNS_BYTES);
    if (mysql_real_query(db->my, text.data, text.len)) {
        no = mysql_errno(db->my);
        rc = metadb_error(db, e);
    } else {
        guard_allow(db->my, 2 * METADB_BYTES_MAX);
        MYSQL_RES *res = mysql_use_result(db->my);
        size_t got = res ? mysql_num_fields(res) : 0;
        if (!res && mysql_errno(db->my)) {
            no = mysql_errno(db->my);
            rc = metadb_error(db, e);
        } else if (out && cols != METADB_ANY && got != cols) {
            rc = odd_answer(db, cols, got, &no, e);
        } else if (res) {
            rc = read_rows(db, res, &rows, &no, e);
        } else {
            db->affected = mysql_affected_rows(db->my);
        }
        mysql_free_result(res);
    }
    buf_free(&text);
    /* The statement as it is written in the code: what was put in it may be data. */
    if (rc)
        log_debug("MetaDB: %s: error %u", sql, no);
    else
        log_debug("MetaDB: %s: %zu rows, %llu changed", sql, rows.n_rows, db->affected);
    if (rc || !out)
        metadb_rows_free(&rows);
    else
        *out = rows;
    if (sql_errno)
        *sql_errno = no;
    return rc;
}

int metadb_select(struct metadb *db, size_t cols, struct metadb_rows *out, unsigned *sql_errno, struct err *e,
                  const char *sql, ...)
{
    va_list ap;
    va_start(ap, sql);
    *out = (struct metadb_rows){0};
    int rc = ask(db, cols, out, sql_errno, e, sql, ap);
    va_end(ap);
    return rc;
}

int metadb_query(struct metadb *db, unsigned *sql_errno, struct err *e, const char *sql, ...)
{
    va_list ap;
    va_start(ap, sql);
    int rc = ask(db, METADB_ANY, NULL, sql_errno, e, sql, ap);
    va_end(ap);
    return rc;
}

unsigned long long metadb_affected(const struct metadb *db) { return db->affected; }

void metadb_rows_free(struct metadb_rows *r)
{
    for (size_t i = 0; i < r->n_rows; i++) {
        for (size_t j = 0; j < r->n_cols; j++)
            free(r->cell[i][j]);
        free(r->cell[i]);
    }
    free(r->cell);
    *r = (struct metadb_rows){0};
}

char *metadb_quote(struct metadb *db, const char *text)
{
    size_t len = strlen(text);
    char *q = xcalloc(2 * len + 3, 1);
    q[0] = '\'';
    unsigned long n = mysql_real_escape_string(db->my, q + 1, text, len);
    q[n + 1] = '\'';
    return q;
}

char *metadb_name(const char *identifier)
{
    char *q = xcalloc(2 * strlen(identifier) + 3, 1), *to = q;
    *to++ = '`';
    for (const char *s = identifier; *s; s++) {
        if (*s == '`')
            *to++ = '`';
        *to++ = *s;
    }
    *to = '`';
    return q;
}
