/* The MetaDB by libmysqlclient or libmariadb.
 *
 * metadb_open() and the calls on a connection block: worker threads only. metadb_work() runs a function with a fresh
 * connection on a thread of its own and answers on the loop. Results are copied; every byte from the server is bounded
 * (METADB_ROWS_MAX, METADB_CELL_MAX, METADB_COLUMNS_BYTES). Messages never contain the password.
 *
 * The password goes only to methods that do not reveal it to whoever answers: auth.c. No call hangs: guard.c. */
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
    METADB_CALL_S = 60,    /* all of one metadb_work() */
};

/* The values of metadb.ssl_mode, with MySQL's meanings. */
enum metadb_tls {
    METADB_TLS_PREFERRED, /* when the server offers it */
    METADB_TLS_DISABLED,
    METADB_TLS_REQUIRED,
    METADB_TLS_VERIFY_CA,       /* and its certificate is signed by `ca` */
    METADB_TLS_VERIFY_IDENTITY, /* and it names the host */
};
bool metadb_tls_parse(const char *word, enum metadb_tls *out); /* NULL: preferred; false: no such word */

struct metadb_login {
    const char *host, *user;
    unsigned port;
    const struct secret *password;
    const char *rm, *cm; /* names of databases */
    enum metadb_tls tls;
    const char *ca, *public_key; /* files on this host, or NULL: the CA's certificates; the server's RSA key */
    unsigned call_s;             /* how long one metadb_work() may take; 0: METADB_CALL_S */
    bool first;                  /* does not wait for other calls to the same server */
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
enum { METADB_ANY = 0 };
/* One statement whose rows are wanted. An answer that has not exactly `cols` columns is an error (METADB_ANY: any
 * number is fine). On a SQL error ERR_METADB with "ERROR 1146: …"; *sql_errno (may be NULL) has its number. */
int metadb_select(struct metadb *db, size_t cols, struct metadb_rows *out, unsigned *sql_errno, struct err *e,
                  const char *sql, ...) __attribute__((format(printf, 6, 7)));
/* One statement without rows, or whose rows do not matter. */
int metadb_query(struct metadb *db, unsigned *sql_errno, struct err *e, const char *sql, ...)
    __attribute__((format(printf, 4, 5)));
unsigned long long metadb_affected(const struct metadb *db); /* rows changed by the last statement */
void metadb_rows_free(struct metadb_rows *r);
/* Quotes for SQL: 'text' with escapes for the connection's charset; `identifier` with backticks. Caller frees. */
char *metadb_quote(struct metadb *db, const char *text);
char *metadb_name(const char *identifier);

/* For clients that encrypt the password with whatever key they are given: makes the file, unless it is there, of a key
 * whose other half nobody has. */
int metadb_key_of_nobody(const char *path, struct err *e);

/* Runs work(db, arg) on a thread with a fresh connection (db NULL and e set when it cannot connect), then done(arg) on
 * the loop. The login is copied and its copy wiped. The call is valid until done. Of one server only a few calls run at
 * a time, the others wait; those with `first` do not. */
struct metadb_call;
struct metadb_call *metadb_work(uv_loop_t *loop, const struct metadb_login *l,
                                void (*work)(struct metadb *db, const struct err *e, void *arg),
                                void (*done)(void *arg), void *arg);
/* A call that no thread has started is never started; its work() is called on the loop, with an error. */
void metadb_cancel(struct metadb_call *c);
