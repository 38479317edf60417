/* Methods of authentication. Whoever can answer as the MetaDB chooses the method, so only those are taken that prove
 * the password without revealing it. caching_sha2_password sends the password itself: inside TLS as it is, otherwise
 * encrypted with an RSA key, which libmariadb's own plug-in takes from whoever answers. So this one stands in for it:
 * it needs TLS with a verified certificate, or the server's key in a file, and asks nobody for a key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <mysql.h>

#include "common/alloc.h"
#include "common/file.h"
#include "daemon/metadb/internal.h"
#include "daemon/metadb/sha2.h"
#include <mysql/plugin_auth.h>

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
static int prove(MYSQL_PLUGIN_VIO *vio, struct st_mysql *my)
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

/* As mysql/client_plugin.h has it, which includes a header that is not installed. */
struct auth_plugin {
    MYSQL_CLIENT_PLUGIN_HEADER
    int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, struct st_mysql *my);
    int (*hash_password_bin)(struct st_mysql *my, unsigned char *hash, size_t *len); /* since 3.4 */
};

static struct auth_plugin caching_sha2 = {
    .type = 2, /* authentication */
    .interface_version = 0x0100,
    .name = "caching_sha2_password",
    .author = "omsupd",
    .desc = "caching_sha2_password for verified servers",
    .version = {1, 0, 0},
    .license = "",
    .authenticate_user = prove,
};

void auth_library(void)
{
    MYSQL *my = mysql_init(NULL);
    if (!my || !mysql_client_register_plugin(my, (struct st_mysql_client_plugin *)&caching_sha2))
        abort(); /* out of memory, or registered twice */
    mysql_close(my);
}

void auth_options(MYSQL *my)
{
    /* The first answer is for this one, so that an account with another method is told by the server. */
    mysql_options(my, MYSQL_DEFAULT_AUTH, "mysql_native_password");
    mysql_options(my, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519,parsec,caching_sha2_password");
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
    enum { NOT_ALLOWED = 5010 }; /* CR_PLUGIN_NOT_ALLOWED */
    char *why = refused;
    refused = NULL;
    login = NULL;
    if (!why && mysql_errno(my) == NOT_ALLOWED)
        why = xstrdup("the MetaDB asks for a method that reveals the password; omsupd uses mysql_native_password, "
                      "ed25519, parsec and caching_sha2_password: change the account's method on the MetaDB");
    return why;
}
