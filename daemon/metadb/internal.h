/* The inside of a connection. */
#pragma once
#include <errmsg.h>
#include <mysql.h>

#include "daemon/metadb/metadb.h"

enum {
    METADB_PACKET_MAX = 4 * 1024 * 1024,       /* one row, or one statement */
    METADB_BYTES_MAX = 64 * 1024 * 1024,       /* all cells of one result */
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
