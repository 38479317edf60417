#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/file.h"
#include "common/wipe.h"
#include "daemon/metadb/internal.h"

enum { CA_FILE_MAX = 1024 * 1024, ACCESS_DENIED = 1045, SECURE_TRANSPORT = 3159, OFFERS_TLS = 2048 };

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_failed;
static void library_init(void)
{
    unsetenv("MARIADB_TLS_DISABLE_PEER_VERIFICATION"); /* metadb.ssl_mode decides */
    library_failed = mysql_library_init(0, NULL, NULL);
    if (!library_failed)
        auth_library();
}

bool metadb_tls_parse(const char *word, enum metadb_tls *out)
{
    static const char *const words[] = {
        [METADB_TLS_PREFERRED] = "preferred",
        [METADB_TLS_DISABLED] = "disabled",
        [METADB_TLS_REQUIRED] = "required",
        [METADB_TLS_VERIFY_CA] = "verify_ca",
        [METADB_TLS_VERIFY_IDENTITY] = "verify_identity",
    };
    *out = METADB_TLS_PREFERRED;
    for (size_t i = 0; word && i < ARRAY_LEN(words); i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum metadb_tls)i;
            return true;
        }
    return word == NULL;
}

void metadb_login_copy(struct metadb_login *to, const struct metadb_login *from)
{
    *to = *from;
    to->host = xstrdup(from->host);
    to->user = xstrdup(from->user);
    to->password = secret_copy(from->password);
    to->rm = xstrdup(from->rm);
    to->cm = xstrdup(from->cm);
    to->ca = xstrdup(from->ca);
    to->public_key = xstrdup(from->public_key);
}

void metadb_login_wipe(struct metadb_login *l)
{
    free((char *)l->host);
    free((char *)l->user);
    free((char *)l->rm);
    free((char *)l->cm);
    free((char *)l->ca);
    free((char *)l->public_key);
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
    mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &no);
    mysql_options(my, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    /* OMS connects by TCP; here "localhost" would otherwise mean a socket, perhaps another server's. */
    mysql_options(my, MYSQL_OPT_PROTOCOL, &tcp);
    mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
#ifdef OMSUP_HAS_IO_WAIT
    mysql_options(my, MARIADB_OPT_IO_WAIT, guard_wait);
#endif
}

#ifdef OMSUP_HAS_SSL_MODE
#elif defined(MARIADB_PACKAGE_VERSION_ID) && MARIADB_PACKAGE_VERSION_ID >= 30402
/* From 3.4 on the library verifies certificate and name, or nothing; verify_ca is without the name. The library has
 * noted in the connection what is wrong with the certificate. */
static __thread const MYSQL *opening;
static int verify_ca(void *tls, unsigned flags) { return opening->net.tls_verify_status != 0; }
static void set_verify_ca(MYSQL *my)
{
    opening = my;
    mysql_optionsv(my, MARIADB_OPT_TLS_VERIFICATION_CALLBACK, (void *)verify_ca);
}
#elif !defined(MARIADB_PACKAGE_VERSION_ID) || MARIADB_PACKAGE_VERSION_ID < 30107
/* Before 3.1.7 the library verifies no certificate unless it is told to compare the name in it, too. */
static void set_verify_ca(MYSQL *my)
{
    my_bool verify = true;
    mysql_options(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}
#else
static void set_verify_ca(MYSQL *my) {} /* a certificate is verified when there is a CA */
#endif

/* Inside TLS caching_sha2_password sends the password as it is, so a key of the server's helps only without. */
static bool without_tls(const struct metadb_login *l)
{
    return l->tls == METADB_TLS_DISABLED || (l->tls == METADB_TLS_PREFERRED && l->public_key);
}

#ifdef OMSUP_HAS_SSL_MODE
static void set_tls(MYSQL *my, const struct metadb_login *l)
{
    static const unsigned modes[] = {
        [METADB_TLS_PREFERRED] = SSL_MODE_PREFERRED,
        [METADB_TLS_DISABLED] = SSL_MODE_DISABLED,
        [METADB_TLS_REQUIRED] = SSL_MODE_REQUIRED,
        [METADB_TLS_VERIFY_CA] = SSL_MODE_VERIFY_CA,
        [METADB_TLS_VERIFY_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
    };
    unsigned mode = modes[without_tls(l) ? METADB_TLS_DISABLED : l->tls];
    if (!without_tls(l) && l->ca)
        mysql_options(my, MYSQL_OPT_SSL_CA, l->ca);
    mysql_options(my, MYSQL_OPT_SSL_MODE, &mode);
}
#else
static void set_tls(MYSQL *my, const struct metadb_login *l)
{
    my_bool enforce = !without_tls(l), verify = l->tls == METADB_TLS_VERIFY_IDENTITY;
    if (enforce && l->ca)
        mysql_ssl_set(my, NULL, NULL, l->ca, NULL, NULL);
    mysql_options(my, MYSQL_OPT_SSL_ENFORCE, &enforce);
    mysql_options(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (l->tls == METADB_TLS_VERIFY_CA)
        set_verify_ca(my);
}
#endif

static int no_tls(const struct metadb_login *l, struct err *e)
{
    return err_set(e, ERR_METADB, "MetaDB %s:%u does not offer TLS, which metadb.ssl_mode requires", l->host, l->port);
}

/* MariaDB's library goes on without TLS if the server does not offer it. No method reveals the password there. */
static int check_tls(struct metadb *db, struct err *e)
{
    const struct metadb_login *l = &db->login;
    if (l->tls == METADB_TLS_DISABLED || l->tls == METADB_TLS_PREFERRED || mysql_get_ssl_cipher(db->my))
        return OK;
    return no_tls(l, e);
}

static int check_ca(const struct metadb_login *l, struct err *e)
{
    char text[CA_FILE_MAX + 1];
    size_t len;
    if (!l->ca || without_tls(l))
        return OK;
    if (file_read(l->ca, text, CA_FILE_MAX, &len, e)) {
        e->code = ERR_METADB;
        return err_prefix(e, "metadb.ssl_ca");
    }
    return OK;
}

/* Settings of this session, whatever init_connect has set. A server may not know a variable, which is fine; a lost
 * connection is not. The first two are known to all: without them text is another one, and nothing is committed. */
static int set_session(struct metadb *db, struct err *e)
{
    static const char *const sets[] = {
        "NAMES utf8mb4",
        "SESSION autocommit=1",
        "SESSION sql_mode='STRICT_ALL_TABLES'", /* a value that is too long is an error, not cut; backslash escapes */
        "SESSION sql_safe_updates=0",
        "SESSION sql_select_limit=DEFAULT",
        "SESSION innodb_lock_wait_timeout=5",
        "SESSION lock_wait_timeout=5",
        "SESSION max_statement_time=%d",     /* MariaDB, seconds */
        "SESSION max_execution_time=%d000",  /* MySQL, milliseconds */
        "SESSION ob_query_timeout=%d000000", /* OceanBase, microseconds */
    };
    enum { NEEDED = 2 };
    for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
        unsigned no = 0;
        char *set = strchr(sets[i], '%') ? NULL : xstrdup(sets[i]);
        if (!set)
            set = xasprintf("%.*s%d%s", (int)strcspn(sets[i], "%"), sets[i], METADB_STATEMENT_S,
                            strchr(sets[i], '%') + 2);
        int rc = metadb_query(db, &no, e, "SET %s", set);
        free(set);
        if (rc && (i < NEEDED || connection_lost(no)))
            return rc;
    }
    return OK;
}

/* "[::1]" is how an address is written where a port may follow; it is not the address. */
static char *address(const char *host)
{
    size_t n = strlen(host);
    return n > 2 && host[0] == '[' && host[n - 1] == ']' ? xstrndup(host + 1, n - 2) : xstrdup(host);
}

static int connect_to(struct metadb *db, struct err *e)
{
    const struct metadb_login *l = &db->login;
    char *host = address(l->host);
    auth_begin(l);
    guard_connecting(db->my, l->port);
    bool up = mysql_real_connect(db->my, host, l->user, secret_use(l->password), NULL, l->port, NULL, 0) != NULL;
    guard_connected();
    char *why = auth_end(db->my);
    int rc = up ? OK : metadb_error(db, e);
    unsigned no = mysql_errno(db->my);
    if (!up && why)
        err_set(e, ERR_METADB, "%s", why);
    else if (!up && without_tls(l) && (no == ACCESS_DENIED || no == SECURE_TRANSPORT)) {
        char *said = xstrdup(e->msg);
        err_set(e, ERR_METADB,
                "%s; the account or the server may require TLS, which omsupd does not use here: see "
                "metadb.ssl_mode",
                said);
        free(said);
    }
    if (!up)
        err_prefix(e, "MetaDB %s:%u", l->host, l->port);
    if (no == CR_SSL_CONNECTION_ERROR && !(db->my->server_capabilities & OFFERS_TLS))
        no_tls(l, e); /* Oracle's library says so, but not which key has asked for it */
    free(why);
    free(host);
    /* The library keeps a copy for reconnecting, which is switched off. */
    if (db->my->passwd)
        wipe(db->my->passwd, strlen(db->my->passwd));
    return rc;
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
    set_tls(db->my, &db->login);
    auth_options(db->my);
    int rc = check_ca(&db->login, e);
    rc = rc ? rc : connect_to(db, e);
    rc = rc ? rc : check_tls(db, e);
    rc = rc ? rc : set_session(db, e);
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
