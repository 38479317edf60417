#include "client/wire/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "client/wire/get.h"
#include "common/json.h"
#include "common/protocol.h"

enum {
    DIAL_MS = 1000,    /* of one try to connect */
    LISTENS = 1 << 16, /* a flag of /proc/net/unix */
};

int64_t conn_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int no_daemon(const struct conn *c, const char *why, struct err *e)
{
    return err_set(e, ERR_NO_DAEMON,
                   _("omsupd does not respond on %s: %s. Is it running? Try: systemctl status omsupd"), c->path, why);
}

/* The socket of a daemon that runs, at a path that is no longer there, or another's: the kernel still lists it. */
static bool is_served(const char *path)
{
    char line[512];
    bool found = false;
    FILE *f = fopen("/proc/net/unix", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        unsigned flags = 0;
        int at = -1;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%*s %*x %*x %x %*x %*x %*u %n", &flags, &at) == 1 && at > 0)
            found = (flags & LISTENS) && strcmp(line + at, path) == 0;
    }
    if (f)
        fclose(f);
    return found;
}

/* A connect that blocks has a place among those that wait; one that does not block would have to try again and again.
 */
static int dial(int fd, const struct sockaddr_un *a, int timeout_ms)
{
    int64_t deadline = conn_now() + timeout_ms;
    for (;;) {
        int64_t left = deadline - conn_now();
        int ms = left < 1 ? 1 : left > DIAL_MS ? DIAL_MS : (int)left;
        struct timeval t = {ms / 1000, ms % 1000 * 1000L};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
        if (connect(fd, (const struct sockaddr *)a, sizeof *a) == 0)
            return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0 ? 0 : errno;
        if ((errno != EAGAIN && errno != EINTR) || conn_now() >= deadline)
            return errno;
    }
}

int conn_open(struct conn *c, const char *path, int timeout_ms, struct err *e)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    *c = (struct conn){.fd = -1, .path = path};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_USAGE, _("the path of the socket is longer than %zu bytes: %.200s"),
                       sizeof a.sun_path - 1, path);
    memcpy(a.sun_path, path, strlen(path) + 1);
    c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->fd < 0)
        return err_set(e, ERR_SYSTEM, "socket: %s", strerror(errno));
    int why = dial(c->fd, &a, timeout_ms);
    if (why == 0)
        return 0;
    conn_close(c);
    if (why == EACCES || why == EPERM)
        return err_set(e, ERR_DENIED,
                       _("%s: permission denied. Operators are root and the members of the group omsup. To add one: "
                         "usermod -aG omsup USER, then log in again"),
                       path);
    if ((why == ENOENT || why == ECONNREFUSED) && is_served(path))
        return err_set(e, ERR_NO_DAEMON,
                       _("omsupd is running, but its socket %s has been removed. Restart it: systemctl restart omsupd"),
                       path);
    return no_daemon(c, why == EAGAIN ? _("too many clients are waiting") : strerror(why), e);
}

void conn_close(struct conn *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
    c->seen = 0;
    buf_free(&c->in);
}

/* Waits for `events` until the deadline. */
static int await(const struct conn *c, short events, int64_t deadline, struct err *e)
{
    struct pollfd p = {.fd = c->fd, .events = events};
    for (;;) {
        int64_t left = deadline - conn_now();
        int n = left > 0 ? poll(&p, 1, left > 60000 ? 60000 : (int)left) : 0;
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return err_set(e, ERR_SYSTEM, "poll: %s", strerror(errno));
        if (n == 0 && conn_now() >= deadline)
            return no_daemon(c, _("no response in time"), e);
    }
}

int conn_send(struct conn *c, const char *method, cJSON *params, struct err *e)
{
    cJSON *m = cJSON_CreateObject();
    int id = (int)++c->last_id;
    cJSON_AddStringToObject(m, "jsonrpc", "2.0");
    cJSON_AddNumberToObject(m, "id", id);
    cJSON_AddStringToObject(m, "method", method);
    cJSON_AddItemToObject(m, "params", params ? params : cJSON_CreateObject());
    char *text = cJSON_PrintUnformatted(m);
    cJSON_Delete(m);
    if (!text)
        return err_set(e, ERR_INTERNAL, _("a request cannot be written as JSON"));
    struct buf out = {0};
    buf_puts(&out, text);
    buf_puts(&out, "\n");
    free(text);
    int rc = out.len > PROTOCOL_LINE_MAX
                 ? err_set(e, ERR_LIMIT, _("a request of %zu bytes exceeds the limit of 1 MiB"), out.len)
                 : 0;
    int64_t deadline = conn_now() + CONN_REPLY_MS;
    for (size_t at = 0; rc == 0 && at < out.len;) {
        ssize_t n = send(c->fd, out.data + at, out.len - at, MSG_NOSIGNAL);
        if (n > 0)
            at += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            rc = await(c, POLLOUT, deadline, e);
        else if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            break; /* it may have said why before it closed: the reader finds out */
        else if (n < 0 && errno != EINTR)
            rc = no_daemon(c, strerror(errno), e);
    }
    buf_free(&out);
    return rc ? rc : id;
}

int conn_read(struct conn *c, struct err *e)
{
    char chunk[16384];
    for (;;) {
        ssize_t n = recv(c->fd, chunk, sizeof chunk, 0);
        if (n > 0) {
            buf_add(&c->in, chunk, (size_t)n);
            return 0;
        }
        if (n == 0)
            return no_daemon(c, _("it closed the connection"), e);
        if (errno == EAGAIN)
            return 0;
        if (errno != EINTR)
            return no_daemon(c, strerror(errno), e);
    }
}

static int not_kept(const char *what, struct err *e)
{
    return err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: %s"), what);
}

static int daemon_error(const cJSON *error, struct err *e)
{
    struct err bad = {0};
    double code = get_number(error, "code", REQUIRED, &bad);
    const char *message = get_text(error, "message", REQUIRED, &bad);
    const cJSON *data = get_object(error, "data", OPTIONAL, &bad);
    const char *hint = data ? get_text(data, "hint", OPTIONAL, &bad) : NULL;
    if (bad.code)
        return err_set(e, bad.code, "%s", bad.msg);
    int rc = code > -1e6 && code < 1e6 && code == floor(code) ? err_from_rpc((int)code) : ERR_INTERNAL;
    err_set(e, rc, "%s", *message ? message : lang_text(err_text(rc)));
    return err_hint(e, "%s", hint ? hint : "");
}

static int parse(const char *line, size_t len, struct message *m, struct err *e)
{
    *m = (struct message){.root = memchr(line, '\0', len) ? NULL : json_parse(line, len), .id = -1};
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(m->root, "jsonrpc");
    if (!cJSON_IsObject(m->root) || !cJSON_IsString(version) || strcmp(version->valuestring, "2.0") != 0)
        return not_kept(_("a line is not a JSON-RPC 2.0 message"), e);
    const cJSON *error = cJSON_GetObjectItemCaseSensitive(m->root, "error"),
                *method = cJSON_GetObjectItemCaseSensitive(m->root, "method");
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(m->root, "id");
    if (error && !cJSON_IsNull(error))
        return daemon_error(error, e);
    if (method) {
        m->params = cJSON_GetObjectItemCaseSensitive(m->root, "params");
        if (!cJSON_IsString(method) || !cJSON_IsObject(m->params))
            return not_kept(_("a notification without method or params"), e);
        m->method = method->valuestring;
        return 0;
    }
    m->result = cJSON_GetObjectItemCaseSensitive(m->root, "result");
    if (!cJSON_IsObject(m->result) || !cJSON_IsNumber(id) || !(id->valuedouble >= 0 && id->valuedouble < 1e9))
        return not_kept(_("a response without id or result"), e);
    m->id = (int64_t)id->valuedouble;
    return 0;
}

int conn_next(struct conn *c, struct message *m, struct err *e)
{
    *m = (struct message){.id = -1};
    char *nl = c->in.len > c->seen ? memchr(c->in.data + c->seen, '\n', c->in.len - c->seen) : NULL;
    size_t len = nl ? (size_t)(nl - c->in.data) : c->in.len;
    if (len > PROTOCOL_LINE_MAX)
        return not_kept(_("a line longer than 1 MiB"), e);
    c->seen = nl ? 0 : len;
    if (!nl)
        return 0;
    int rc = parse(c->in.data, len, m, e);
    buf_consume(&c->in, len + 1);
    if (rc)
        message_clear(m);
    return rc ? rc : 1;
}

void message_clear(struct message *m)
{
    cJSON_Delete(m->root);
    *m = (struct message){.id = -1};
}

int conn_call(struct conn *c, const char *method, cJSON *params, int timeout_ms, cJSON **result, struct err *e)
{
    int64_t deadline = conn_now() + timeout_ms;
    struct message m;
    int id = conn_send(c, method, params, e), rc = 0;
    if (id < 0)
        return id;
    while ((rc = conn_next(c, &m, e)) >= 0) {
        if (rc == 1 && m.id == id) {
            *result = cJSON_DetachItemViaPointer(m.root, (cJSON *)m.result);
            message_clear(&m);
            return 0;
        }
        if (rc == 1 && !m.method) {
            message_clear(&m);
            return not_kept(_("a response to a request that was not sent"), e);
        }
        if (rc == 1) { /* a notification of a watch that is over */
            message_clear(&m);
            continue;
        }
        if ((rc = await(c, POLLIN, deadline, e)) || (rc = conn_read(c, e)))
            return rc;
    }
    return rc;
}

cJSON *conn_hello_params(void)
{
    cJSON *p = cJSON_CreateObject();
    cJSON_AddStringToObject(p, "client", "omsupctl");
    cJSON_AddStringToObject(p, "version", OMSUP_VERSION);
    cJSON_AddNumberToObject(p, "protocol", PROTOCOL_VERSION);
    return p;
}

int conn_check_hello(const struct conn *c, const cJSON *result, struct err *e)
{
    struct err bad = {0};
    int64_t protocol = get_id(result, "protocol", REQUIRED, &bad);
    const char *version = get_text(result, "version", OPTIONAL, &bad);
    if (bad.code)
        return err_set(e, bad.code, "%s", bad.msg);
    if (protocol != PROTOCOL_VERSION)
        return err_set(e, ERR_PROTOCOL,
                       _("omsupd %.40s on %s uses protocol %lld, but this omsupctl (%s) uses %d; use the omsupctl of "
                         "the same release"),
                       version ? version : _("(unknown version)"), c->path, (long long)protocol, OMSUP_VERSION,
                       PROTOCOL_VERSION);
    return 0;
}

int conn_hello(struct conn *c, int timeout_ms, cJSON **result, struct err *e)
{
    cJSON *r = NULL;
    int rc = conn_call(c, "hello", conn_hello_params(), timeout_ms, &r, e);
    if (rc == 0)
        rc = conn_check_hello(c, r, e);
    if (rc == 0 && result)
        *result = r;
    else
        cJSON_Delete(r);
    return rc;
}
