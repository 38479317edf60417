/* The inside of a connection. */
#pragma once
#include "daemon/metadb/connector.h"
#include "daemon/metadb/metadb.h"

enum {
    METADB_PACKET_MAX = 4 * 1024 * 1024,       /* one row, or one statement */
    METADB_BYTES_MAX = 16 * 1024 * 1024,       /* all cells of one result */
    METADB_COLUMNS_BYTES = 1024 * 1024,        /* what comes before the rows, and what a login takes */
    METADB_STATEMENT_S = METADB_TIMEOUT_S - 2, /* the server gives a statement up before we stop listening */
};

struct metadb {
    MYSQL *my;
    struct metadb_login login; /* own copies */
    unsigned long long affected;
};

void metadb_login_copy(struct metadb_login *to, const struct metadb_login *from);
void metadb_login_wipe(struct metadb_login *l); /* zeroes the password, frees all */
/* query.c: ERR_METADB "ERROR N: what the server said", one bounded line without the password. */
int metadb_error(const struct metadb *db, struct err *e);

/* --- guard.c: what a thread waits for, and how much it takes, is bounded ---
 * The worker's reads and writes ask guard_wait() before they wait, where the library lets them. A server that always
 * has something ready is never waited for, so the loop looks too, by guard_look(), and ends the connection. */
struct guard;
struct guard *guard_new(unsigned seconds); /* from now on */
void guard_free(struct guard *g);
void guard_use(struct guard *g);                       /* the calling thread's; NULL: none */
int guard_wait(my_socket fd, my_bool reading, int ms); /* for MARIADB_OPT_IO_WAIT */
/* For libraries without: from the first to the second call the loop looks for the socket of the connection that is
 * made. */
void guard_connecting(const MYSQL *my, unsigned port);
void guard_connected(void);
void guard_allow(MYSQL *my, size_t bytes); /* so many more bytes may come */
void guard_look(struct guard *g);          /* any thread */
const char *guard_why(void);               /* why the thread's connection was ended; NULL: it was not */

/* --- auth.c: methods of authentication --- */
void auth_library(void); /* once, after mysql_library_init() */
void auth_options(MYSQL *my);
/* Around mysql_real_connect(). auth_end() says why the account's method was refused; NULL: it was not. Caller frees. */
void auth_begin(const struct metadb_login *l);
char *auth_end(MYSQL *my);
