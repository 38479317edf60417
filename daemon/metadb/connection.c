#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/metadb/internal.h"

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_failed;
static void library_init(void) { library_failed = mysql_library_init(0, NULL, NULL); }

void metadb_login_copy(struct metadb_login *to, const struct metadb_login *from)
{
    *to = (struct metadb_login){xstrdup(from->host),         xstrdup(from->user), from->port,
                                secret_copy(from->password), xstrdup(from->rm),   xstrdup(from->cm)};
}

void metadb_login_wipe(struct metadb_login *l)
{
    free((char *)l->host);
    free((char *)l->user);
    free((char *)l->rm);
    free((char *)l->cm);
    secret_wipe((struct secret *)l->password);
    *l = (struct metadb_login){0};
}

/* One of the client's own errors: the connection is unusable. */
static bool connection_lost(unsigned no)
{
    return no == 0 || (no >= CR_MIN_ERROR && no <= CR_MAX_ERROR) || (no >= 5000 && no <= 5999);
}

static void set_options(MYSQL *my)
{
    unsigned seconds = METADB_TIMEOUT_S, tcp = MYSQL_PROTOCOL_TCP, no = 0;
    unsigned long packet = METADB_PACKET_MAX;
    my_bool off = 0;
    mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_RECONNECT, &off);
    mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &no);
    mysql_options(my, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    /* OMS connects by TCP; here "localhost" would otherwise mean a socket, perhaps another server's. */
    mysql_options(my, MYSQL_OPT_PROTOCOL, &tcp);
    mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    /* Excludes the plug-ins with which a server could ask for the password in clear. */
    mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH,
                  "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519");
}

/* Settings of this session. A server may not know a variable, which is fine; a lost connection is not. */
static int set_session(struct metadb *db, struct err *e)
{
    static const char *const sets[] = {
        "sql_mode='STRICT_ALL_TABLES'", /* a value that is too long is an error, not cut; backslash escapes */
        "innodb_lock_wait_timeout=5",   "lock_wait_timeout=5", "max_statement_time=%d", /* MariaDB, seconds */
        "ob_query_timeout=%d000000",                                                    /* OceanBase, microseconds */
    };
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        unsigned no = 0;
        char *set = strchr(sets[i], '%') ? NULL : xstrdup(sets[i]);
        if (!set)
            set = xasprintf("%.*s%d%s", (int)strcspn(sets[i], "%"), sets[i], METADB_STATEMENT_S,
                            strchr(sets[i], '%') + 2);
        int rc = metadb_query(db, NULL, &no, e, "SET SESSION %s", set);
        free(set);
        if (rc && connection_lost(no))
            return rc;
    }
    return OK;
}

int metadb_open(const struct metadb_login *l, struct metadb **out, struct err *e)
{
    *out = NULL;
    pthread_once(&library_once, library_init);
    if (library_failed)
        return err_set(e, ERR_INTERNAL, "cannot initialize the MySQL client library");
    if (!l->password)
        return err_set(e, ERR_METADB, "the MetaDB login has no password");
    if (strlen(secret_use(l->password)) != secret_len(l->password))
        return err_set(e, ERR_METADB, "the MetaDB password contains a NUL byte");
    struct metadb *db = xcalloc(1, sizeof *db);
    metadb_login_copy(&db->login, l);
    db->my = mysql_init(NULL);
    if (!db->my)
        abort(); /* out of memory */
    set_options(db->my);
    int rc = OK;
    if (!mysql_real_connect(db->my, l->host, l->user, secret_use(l->password), NULL, l->port, NULL, 0)) {
        rc = metadb_error(db, e);
        err_prefix(e, "MetaDB %s:%u", l->host, l->port);
    } else {
        /* The library keeps a copy for reconnecting, which is switched off. */
        if (db->my->passwd)
            explicit_bzero(db->my->passwd, strlen(db->my->passwd));
        if (mysql_autocommit(db->my, 1))
            rc = metadb_error(db, e);
        else
            rc = set_session(db, e);
    }
    if (rc) {
        metadb_close(db);
        return rc;
    }
    *out = db;
    return OK;
}

void metadb_close(struct metadb *db)
{
    if (!db)
        return;
    mysql_close(db->my);
    metadb_login_wipe(&db->login);
    free(db);
}

const struct metadb_login *metadb_login(const struct metadb *db) { return &db->login; }
