/* Methods of authentication. Whoever can answer as the MetaDB chooses the method, so only those are taken that prove
 * the password without revealing it. caching_sha2_password sends the password itself: inside TLS as it is, otherwise
 * encrypted with an RSA key, which the library's own plug-in takes from whoever answers. So this one stands in for it:
 * it needs TLS with a verified certificate, or the server's key in a file, and asks nobody for a key.
 *
 * A library of Connector/C 3.3 or newer is told which methods it may use. Others load whatever lies in their directory
 * of plug-ins under the name that the server says; so what is harmless is loaded from there first, then they are given
 * a directory that is none, and methods inside the library that reveal the password are made to refuse. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/file.h"
#include "daemon/metadb/internal.h"
#include "daemon/metadb/sha2.h"

#ifdef OMSUP_HAS_SSL_MODE /* Oracle's */
#ifdef OMSUP_HAS_PLUGIN_FOLDER
#include <mysql/client_plugin.h>
#else
#include <client_plugin.h>
#endif
#define INTERFACE_VERSION MYSQL_CLIENT_AUTHENTICATION_PLUGIN_INTERFACE_VERSION
#else
#include <mysql/plugin_auth.h>
#define INTERFACE_VERSION 0x0100
#endif

enum { KEY_FILE_MAX = 16 * 1024, FAST_OK = 3, WANTS_PASSWORD = 4 };

static __thread const struct metadb_login *login;
static __thread char *refused;

static void refuse(char *why)
{
    free(refused);
    refused = why;
}

static bool verified(const struct metadb_login *l)
{
    return l->tls == METADB_TLS_VERIFY_CA || l->tls == METADB_TLS_VERIFY_IDENTITY;
}

static bool send_encrypted(MYSQL_PLUGIN_VIO *vio, const char *password, const unsigned char *nonce)
{
    char text[KEY_FILE_MAX + 1];
    unsigned char sent[SHA2_SENT_MAX];
    size_t len;
    struct err e;
    bool is_key;
    if (file_read(login->public_key, text, KEY_FILE_MAX, &len, &e)) {
        refuse(xasprintf("metadb.server_public_key: %s", e.msg));
        return false;
    }
    size_t n = sha2_encrypt(text, len, password, nonce, sent, &is_key);
    if (n == 0)
        refuse(xasprintf(is_key ? "metadb.server_public_key: the password cannot be encrypted with the key in %s"
                                : "metadb.server_public_key: %s has no RSA public key in PEM form",
                         login->public_key));
    return n && vio->write_packet(vio, sent, (int)n) == 0;
}

/* What there is to verify who asks is not known before the answer to the greeting, which starts TLS, has been sent. */
static int prove(MYSQL_PLUGIN_VIO *vio, MYSQL *my)
{
    unsigned char *packet, nonce[SHA2_NONCE], proof[SHA2_DIGEST];
    const char *password = my->passwd ? my->passwd : "";
    if (!login || (!verified(login) && !login->public_key)) {
        refuse(xasprintf("the account uses caching_sha2_password, which gives the password to whoever answers as the "
                         "MetaDB: set metadb.ssl_mode to verify_ca or verify_identity and metadb.ssl_ca to the CA's "
                         "certificate, or metadb.server_public_key to the server's RSA public key"));
        return CR_ERROR;
    }
    int len = vio->read_packet(vio, &packet);
    if (len != SHA2_NONCE + 1 && len != SHA2_NONCE)
        return len < 0 ? CR_ERROR : CR_SERVER_HANDSHAKE_ERR;
    memcpy(nonce, packet, SHA2_NONCE);
    if (!*password)
        return vio->write_packet(vio, NULL, 0) ? CR_ERROR : CR_OK;
    if (strlen(password) > SHA2_PASSWORD_MAX || !sha2_proof(password, nonce, proof) ||
        vio->write_packet(vio, proof, SHA2_DIGEST))
        return CR_ERROR;
    if ((len = vio->read_packet(vio, &packet)) != 1)
        return CR_OK_HANDSHAKE_COMPLETE; /* an error, or another method */
    if (*packet != WANTS_PASSWORD)
        return *packet == FAST_OK ? CR_OK : CR_ERROR;
    bool tls = mysql_get_ssl_cipher(my) != NULL;
    if (tls && verified(login))
        return vio->write_packet(vio, (const unsigned char *)password, (int)strlen(password) + 1) ? CR_ERROR : CR_OK;
    if (!tls && login->public_key)
        return send_encrypted(vio, password, nonce) ? CR_OK : CR_ERROR;
    refuse(xasprintf("the account uses caching_sha2_password, but the server does not offer TLS, which "
                     "metadb.ssl_mode requires"));
    return CR_ERROR;
}

/* Oracle's library lacks it from 9.0 on; OceanBase and MariaDB ask for it. */
static int prove_natively(MYSQL_PLUGIN_VIO *vio, MYSQL *my)
{
    unsigned char *packet, proof[SHA1_PROOF];
    const char *password = my->passwd ? my->passwd : "";
    int len = vio->read_packet(vio, &packet);
    if (len != SHA2_NONCE + 1 && len != SHA2_NONCE)
        return len < 0 ? CR_ERROR : CR_SERVER_HANDSHAKE_ERR;
    if (!*password)
        return vio->write_packet(vio, NULL, 0) ? CR_ERROR : CR_OK;
    if (!sha1_proof(password, packet, proof) || vio->write_packet(vio, proof, SHA1_PROOF))
        return CR_ERROR;
    return CR_OK;
}

static const char refusal[] =
    "the MetaDB asks for a method that reveals the password; omsupd uses mysql_native_password, "
    "ed25519, parsec and caching_sha2_password: change the account's method on the MetaDB";

/* As mysql/client_plugin.h has it, of which MariaDB's includes a header that is not installed. */
enum { AUTHENTICATION = 2 };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-prototypes" /* of Connector/C 3.0's header */
struct auth_plugin {
    MYSQL_CLIENT_PLUGIN_HEADER
    int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *my);
    void *more; /* MariaDB's since 3.4: hash_password_bin; Oracle's since 8.0: authenticate_user_nonblocking */
};
#pragma GCC diagnostic pop

static struct auth_plugin caching_sha2 = {
    .type = AUTHENTICATION,
    .interface_version = INTERFACE_VERSION,
    .name = "caching_sha2_password",
    .author = "omsupd",
    .desc = "caching_sha2_password for verified servers",
    .version = {1, 0, 0},
    .license = "",
    .authenticate_user = prove,
};

static struct auth_plugin native = {
    .type = AUTHENTICATION,
    .interface_version = INTERFACE_VERSION,
    .name = "mysql_native_password",
    .author = "omsupd",
    .desc = "mysql_native_password for libraries without",
    .version = {1, 0, 0},
    .license = "",
    .authenticate_user = prove_natively,
};

static const char no_directory[] = "/nonexistent";

#ifndef OMSUP_HAS_RESTRICTED_AUTH
static int refuse_method(MYSQL_PLUGIN_VIO *vio, MYSQL *my)
{
    refuse(xstrdup(refusal));
    return CR_ERROR;
}

static void restrict_methods(MYSQL *my)
{
    static const char *const harmless[] = {"client_ed25519", "parsec"};
    static const char *const revealing[] = {"mysql_clear_password", "mysql_old_password", "sha256_password", "dialog",
                                            "auth_gssapi_client"};
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++)
        mysql_client_find_plugin(my, harmless[i], AUTHENTICATION);
    mysql_options(my, MYSQL_PLUGIN_DIR, no_directory);
    for (size_t i = 0; i < ARRAY_LEN(revealing); i++) {
        struct st_mysql_client_plugin *p = mysql_client_find_plugin(my, revealing[i], AUTHENTICATION);
        if (p)
            ((struct auth_plugin *)p)->authenticate_user = refuse_method;
    }
}
#else
static void restrict_methods(MYSQL *my) {}
#endif

void auth_library(void)
{
    MYSQL *my = mysql_init(NULL);
    if (!my)
        abort(); /* out of memory */
    restrict_methods(my);
    mysql_options(my, MYSQL_PLUGIN_DIR, no_directory);
    /* A library that has the method inside keeps it under its name, but does what this one does. */
    struct st_mysql_client_plugin *inside = mysql_client_find_plugin(my, caching_sha2.name, AUTHENTICATION);
    if (inside)
        ((struct auth_plugin *)inside)->authenticate_user = prove;
    else if (!mysql_client_register_plugin(my, (struct st_mysql_client_plugin *)&caching_sha2))
        abort(); /* out of memory */
    if (!mysql_client_find_plugin(my, native.name, AUTHENTICATION))
        mysql_client_register_plugin(my, (struct st_mysql_client_plugin *)&native);
    mysql_close(my);
}

void auth_options(MYSQL *my)
{
    /* The first answer is for this one, so that an account with another method is told by the server. */
    mysql_options(my, MYSQL_DEFAULT_AUTH, "mysql_native_password");
#ifdef OMSUP_HAS_RESTRICTED_AUTH
    mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519,parsec,caching_sha2_password");
#else
    mysql_options(my, MYSQL_PLUGIN_DIR, no_directory);
#endif
}

int metadb_key_of_nobody(const char *path, struct err *e)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_uid == geteuid())
        return OK;
    char *fresh = xasprintf("%s.new", path);
    (void)unlink(fresh);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && sha2_write_key_of_nobody(fd);
    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    ok = ok && rename(fresh, path) == 0;
    int rc = ok ? OK : err_set(e, ERR_INTERNAL, "%s cannot be written: %s", fresh, strerror(errno));
    free(fresh);
    return rc;
}

void auth_begin(const struct metadb_login *l)
{
    refuse(NULL);
    login = l;
}

char *auth_end(MYSQL *my)
{
    enum { NOT_ALLOWED = 5010 }; /* CR_PLUGIN_NOT_ALLOWED of MariaDB's */
    char *why = refused;
    refused = NULL;
    login = NULL;
    unsigned no = mysql_errno(my);
    if (!why && no == NOT_ALLOWED)
        why = xstrdup(refusal);
#ifndef OMSUP_HAS_RESTRICTED_AUTH
    if (!why && no == CR_AUTH_PLUGIN_CANNOT_LOAD)
        why = xasprintf("%s; or the MySQL client library of this omsupd lacks that method", refusal);
#endif
    return why;
}
