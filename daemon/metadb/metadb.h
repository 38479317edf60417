/* The MetaDB by libmysqlclient, with connect, read and write timeouts.
 *
 * metadb_open() and the calls on a connection block: worker threads only. metadb_work() runs a function with a
 * fresh connection on libuv's thread pool and answers on the loop. Results are copied; every byte from the server
 * is bounded (METADB_ROWS_MAX, METADB_CELL_MAX). Messages never contain the password. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "common/err.h"
#include "common/secret.h"

enum {
    METADB_ROWS_MAX = 10000,
    METADB_CELL_MAX = 64 * 1024,
    METADB_TIMEOUT_S = 10, /* connect, read, write; each */
};

struct metadb_login {
    const char *host, *user;
    unsigned port;
    const struct secret *password;
    const char *rm, *cm; /* names of databases */
};

struct metadb_server {
    const char *node, *region, *ip, *hb; /* name, region, OMS_HOST_IP, its region's heartbeat database */
};

struct metadb;                                                                     /* one connection */
int metadb_open(const struct metadb_login *l, struct metadb **out, struct err *e); /* no default database */
void metadb_close(struct metadb *db);
const struct metadb_login *metadb_login(const struct metadb *db);

struct metadb_rows {
    size_t n_rows, n_cols;
    char ***cell; /* cell[row][col], NULL for SQL NULL */
};
/* One statement; `out` may be NULL. On a SQL error ERR_METADB with "ERROR 1146: …"; *sql_errno (may be NULL) has its
 * number. */
int metadb_query(struct metadb *db, struct metadb_rows *out, unsigned *sql_errno, struct err *e, const char *sql, ...)
    __attribute__((format(printf, 5, 6)));
unsigned long long metadb_affected(const struct metadb *db); /* rows changed by the last statement */
void metadb_rows_free(struct metadb_rows *r);
/* Quotes for SQL: 'text' with escapes for the connection's charset; `identifier` with backticks. Caller frees. */
char *metadb_quote(struct metadb *db, const char *text);
char *metadb_name(const char *identifier);

/* Runs work(db, arg) on the thread pool with a fresh connection (db NULL and e set when it cannot connect), then
 * done(arg) on the loop. The login is copied and its copy wiped. The call is valid until done. */
struct metadb_call;
struct metadb_call *metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                                void (*work)(struct metadb *db, const struct err *e, void *arg),
                                void (*done)(void *arg), void *arg);
/* A call that no thread has started is never started; its work() is called on the loop, with an error. */
void metadb_cancel(struct metadb_call *c);
