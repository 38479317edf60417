/* The option file of the clients in scripts, mysql and mysqldump: where the MetaDB is, the login, and what keeps to
 * metadb.ssl_mode and gives the password only to methods that do not reveal it (daemon/metadb/auth.c has the reasons).
 *
 * MariaDB's clients and Oracle's say this differently, and refuse what they do not know. So each line that is not for
 * all begins with "#KIND "; daemon/plan/metadb.sh, which knows the program, takes off the mark of its kind. The others
 * are comments. Kinds: mariadb10 (before version 11), mariadb11, oracle. "#KIND: refuse WORDS" refuses the program, and
 * "#KIND: tls" one whose connection is not encrypted.
 *
 * A method is a plug-in for MariaDB's clients, so `plugin-dir` is a directory that has the harmless ones only. Oracle's
 * clients have methods built in that give the password away inside TLS, or encrypted with a key of the server's. So
 * without verification they do without TLS, and with a key that is given, or with one whose other half nobody has. */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/log.h"
#include "common/wipe.h"
#include "daemon/engine/drive/drive.h"

/* Where distributions have plug-ins of clients. */
static const char *const places[] = {
    "/usr/lib/*/libmariadb3/plugin", "/usr/lib/*/mariadb*/plugin", "/usr/lib64/mariadb/plugin",
    "/usr/lib/mariadb/plugin",       "/usr/lib64/mysql/plugin",    "/usr/lib/mysql/plugin",
    "/usr/local/mysql/lib/plugin",
};

static void link_plugin(const char *dir, const char *name)
{
    char *link = xasprintf("%s/%s", dir, name);
    bool found = false;
    for (size_t i = 0; i < ARRAY_LEN(places) && !found; i++) {
        glob_t g;
        char *pattern = xasprintf("%s/%s", places[i], name);
        if (glob(pattern, 0, NULL, &g) == 0) {
            found = true;
            (void)unlink(link);
            if (symlink(g.gl_pathv[0], link) != 0)
                log_warn("%s: %s", link, strerror(errno));
            globfree(&g);
        }
        free(pattern);
    }
    if (!found)
        (void)unlink(link);
    free(link);
}

/* A directory of just these plug-ins. If it cannot be made, the clients have none, which is safe. */
static void plugin_dir(struct buf *b, const char *kind, const char *base, const char *what, const char *const *names)
{
    char *dir = xasprintf("%s/%s", base, what);
    if (mkdir(dir, 0700) == 0 || errno == EEXIST)
        for (; *names; names++)
            link_plugin(dir, *names);
    buf_printf(b, "#%s plugin-dir=", kind);
    redact_quote(b, dir);
    free(dir);
}

static void line(struct buf *b, const char *kind, const char *option, const char *value)
{
    buf_printf(b, "#%s %s", kind, option);
    if (value) {
        buf_puts(b, "=");
        redact_quote(b, value);
    } else {
        buf_puts(b, "\n");
    }
}

static void mariadb(struct buf *b, const struct metadb_login *l, const char *base, const char *kind, bool ten)
{
    static const char *const harmless[] = {"client_ed25519.so", "parsec.so", NULL};
    static const char *const with_sha2[] = {"client_ed25519.so", "parsec.so", "caching_sha2_password.so", NULL};
    bool verify = l->tls == METADB_TLS_VERIFY_CA || l->tls == METADB_TLS_VERIFY_IDENTITY;
    /* Up to version 10 a client that verifies the CA alone goes on without TLS if that is not offered; from 11.4 on it
     * verifies the name as well, or nothing. */
    bool certain = verify && (l->tls == METADB_TLS_VERIFY_IDENTITY || !ten);
    if (l->tls == METADB_TLS_DISABLED || (l->tls == METADB_TLS_PREFERRED && l->public_key))
        line(b, kind, "skip-ssl", NULL);
    else
        line(b, kind, "ssl", NULL);
    if (verify)
        line(b, kind, "ssl-ca", l->ca);
    line(b, kind, certain ? "ssl-verify-server-cert" : "skip-ssl-verify-server-cert", NULL);
    if (l->tls == METADB_TLS_REQUIRED || verify)
        buf_printf(b, "#%s: tls\n", kind);
    plugin_dir(b, kind, base, certain ? "mariadb-sha2" : "mariadb", certain ? with_sha2 : harmless);
}

static void oracle(struct buf *b, const struct metadb_login *l, const char *base)
{
    static const char *const harmless[] = {"mysql_native_password.so", NULL};
    static const char kind[] = "oracle";
    plugin_dir(b, kind, base, "mysql", harmless);
    if (l->tls == METADB_TLS_VERIFY_CA || l->tls == METADB_TLS_VERIFY_IDENTITY) {
        line(b, kind, "ssl-mode", l->tls == METADB_TLS_VERIFY_CA ? "VERIFY_CA" : "VERIFY_IDENTITY");
        line(b, kind, "ssl-ca", l->ca);
        return;
    }
    char *nobody = xasprintf("%s/nobody.pem", base);
    struct err e;
    if (l->tls == METADB_TLS_REQUIRED)
        buf_printf(b,
                   "#%s: refuse over TLS, MySQL's own clients give the password to any server that answers: set "
                   "metadb.ssl_mode "
                   "to verify_ca or verify_identity, or install MariaDB's clients\n",
                   kind);
    else if (!l->public_key && metadb_key_of_nobody(nobody, &e))
        buf_printf(b, "#%s: refuse %s\n", kind, e.msg);
    line(b, kind, "ssl-mode", "DISABLED");
    line(b, kind, "server-public-key-path", l->public_key ? l->public_key : nobody);
    free(nobody);
}

struct secret *client_options(const struct metadb_login *l, const char *run_dir)
{
    struct buf b = {0};
    size_t n = strlen(l->host);
    bool brackets = n > 2 && l->host[0] == '[' && l->host[n - 1] == ']';
    char *host = brackets ? xstrndup(l->host + 1, n - 2) : xstrdup(l->host);
    char *base = xasprintf("%s/metadb", run_dir);
    (void)mkdir(run_dir, 0700);
    (void)mkdir(base, 0700);
    /* By TCP, as the built-in actions: "localhost" would mean a socket, perhaps another server's. */
    buf_puts(&b, "[client]\nprotocol=tcp\nhost=");
    redact_quote(&b, host);
    buf_printf(&b, "port=%u\nuser=", l->port);
    redact_quote(&b, l->user);
    buf_puts(&b, "password=");
    redact_quote(&b, secret_use(l->password));
    mariadb(&b, l, base, "mariadb10", true);
    mariadb(&b, l, base, "mariadb11", false);
    oracle(&b, l, base);
    struct secret *s = secret_new(b.data, b.len);
    wipe(b.data, b.cap);
    buf_free(&b);
    free(base);
    free(host);
    return s;
}
