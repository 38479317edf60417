#include "daemon/tell/webhook.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/place.h"
#include "common/wipe.h"

static const char plain[] = "http://";
enum { ADDRESS_MAX = 4096, OTHERS = 077, CONNECT_S = 10, ANSWER_MAX = 65536 };

static int check_file(int fd, const char *path, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_INPUT, "%s is not a regular file", path);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(e, ERR_INPUT, "%s belongs to user %u; it must belong to root: chown root %s", path,
                       (unsigned)st.st_uid, path);
    if (st.st_mode & OTHERS)
        return err_set(e, ERR_INPUT, "%s can be read or written by others (mode %04o): chmod 600 %s", path,
                       (unsigned)(st.st_mode & 07777), path);
    return place_way(path, e);
}

static bool is_local(const char *host)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]", NULL};
    for (const char *const *n = names; *n; n++) {
        size_t len = strlen(*n);
        if (strncmp(host, *n, len) != 0)
            continue;
        if (host[len] == ':') /* a port; what has an @ behind it would be a login, and the host comes then */
            len += 1 + strspn(host + len + 1, "0123456789");
        return !host[len] || strchr("/?#", host[len]);
    }
    return false;
}

static int check_address(const char *s, size_t len, const char *path, struct err *e)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || s[i] == '\x7f' || s[i] == '\\' || s[i] == '"')
            return err_set(e, ERR_INPUT, "%s must hold one address and nothing else", path);
    static const char tls[] = "https://";
    if (strncmp(s, tls, sizeof tls - 1) == 0 && len > sizeof tls - 1)
        return 0;
    if (strncmp(s, plain, sizeof plain - 1) == 0 && is_local(s + sizeof plain - 1))
        return 0;
    return err_set(e, ERR_INPUT, "the address in %s must begin with https://, or be on this host: http://127.0.0.1",
                   path);
}

int webhook_address(const char *path, struct secret **out, struct err *e)
{
    char text[ADDRESS_MAX + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
    int rc = check_file(fd, path, e);
    ssize_t n = rc ? 0 : read(fd, text, sizeof text);
    if (n < 0)
        rc = err_set(e, ERR_INPUT, "%s: %s", path, strerror(errno));
    else if (rc == 0 && (n == 0 || n > ADDRESS_MAX))
        rc = err_set(e, ERR_INPUT, "%s must hold one address and nothing else", path);
    close(fd);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    if (rc == 0)
        rc = check_address(text, (size_t)n, path, e);
    if (rc == 0)
        *out = secret_new(text, (size_t)n);
    wipe(text, sizeof text);
    return rc;
}

static void option(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s = \"", name);
    for (const char *c = value; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t')
            buf_puts(out, *c == '\n' ? "\\n" : *c == '\r' ? "\\r" : "\\t");
        else
            buf_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
    buf_puts(out, "\"\n");
}

/* No redirects: they are not followed unless one asks for it, and would carry the document elsewhere. */
void webhook_config(const struct secret *address, const char *ca, unsigned timeout_s, const char *document,
                    struct buf *out)
{
    const char *url = secret_use(address);
    option(out, "url", url);
    if (strncmp(url, plain, sizeof plain - 1) == 0) /* this host: a proxy would get it, and its token in the clear */
        option(out, "noproxy", "*");
    option(out, "proto", "=http,https");
    option(out, "request", "POST");
    option(out, "header", "Content-Type: application/json");
    option(out, "header", "Expect:");
    option(out, "user-agent", "omsupd/" OMSUP_VERSION);
    option(out, "data-binary", document);
    if (ca)
        option(out, "cacert", ca);
    option(out, "write-out", "\\n%{http_code}");
    buf_printf(out, "connect-timeout = %d\nmax-time = %u\nmax-filesize = %d\nsilent\nshow-error\ngloboff\n", CONNECT_S,
               timeout_s, ANSWER_MAX);
}
