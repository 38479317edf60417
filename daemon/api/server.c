#include "daemon/api/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/api/internal.h"

enum { TICK_MS = 100, BACKLOG = 64, SESSIONS_MAX = 64, SESSIONS_PER_UID = 16 };

static void part_closed(struct server *s)
{
    if (--s->open || !s->closing)
        return;
    void (*closed)(void *) = s->closed;
    void *ctx = s->closed_ctx;
    watch_end(s);
    free(s->socket);
    free(s->host);
    free(s);
    closed(ctx);
}

/* --- sessions --------------------------------------------------------------------------------------------- */

static void on_line(void *ctx, const char *line, size_t len)
{
    struct request *r = request_new(ctx, line, len);
    if (r)
        methods_call(r);
}

static void on_idle(void *ctx)
{
    struct session *x = ctx;
    if (x->watch.dirty)
        watch_send(x);
}

static void on_session_closed(void *ctx)
{
    struct session *x = ctx, **p = &x->server->sessions;
    struct server *s = x->server;
    while (*p != x)
        p = &(*p)->next;
    *p = x->next;
    if (x->request)
        x->request->session = NULL;
    peer_clear(&x->peer);
    free(x);
    part_closed(s);
}

static const struct connection_events events = {on_line, on_idle, on_session_closed};

/* Sessions that are served: all, or of one user. */
static unsigned count(const struct server *s, const uid_t *uid)
{
    unsigned n = 0;
    for (const struct session *x = s->sessions; x; x = x->next)
        n += !connection_closing(x->connection) && (!uid || x->peer.uid == *uid);
    return n;
}

static void on_connection(uv_stream_t *l, int status)
{
    struct server *s = l->data;
    struct err e;
    int fd;
    if (status != 0) {
        log_warn("cannot accept a connection: %s", uv_strerror(status));
        return;
    }
    struct session *x = xcalloc(1, sizeof *x);
    x->server = s;
    x->connection = connection_accept(l, &events, x, &fd);
    x->next = s->sessions;
    s->sessions = x;
    s->open++;
    if (fd < 0 || peer_of(fd, s->config.operators, s->config.viewers, &x->peer, &e))
        connection_close(x->connection);
    else if (count(s, NULL) > SESSIONS_MAX)
        connection_refuse(x->connection, ERR_LIMIT, "too many connections: the limit is %d", SESSIONS_MAX);
    else if (count(s, &x->peer.uid) > SESSIONS_PER_UID)
        connection_refuse(x->connection, ERR_LIMIT, "too many connections of user %s: the limit is %d", x->peer.login,
                          SESSIONS_PER_UID);
    else if (x->peer.access == ACCESS_NONE)
        connection_refuse(x->connection, ERR_DENIED,
                          "permission denied: %s is not root, nor a member of the operators' or the viewers' group",
                          x->peer.login);
    else
        connection_start(x->connection);
}

static void on_tick(uv_timer_t *t)
{
    struct server *s = t->data;
    uint64_t now = uv_now(s->loop);
    for (struct session *x = s->sessions; x; x = x->next)
        connection_tick(x->connection, now);
    watch_tick(s, now);
}

/* --- the socket ------------------------------------------------------------------------------------------- */

/* Removes a socket that nobody serves any more. One that answers, or a file of another kind, is an error. */
static int clear_path(const char *path, struct err *e)
{
    struct stat st;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path)
        return err_set(e, ERR_USAGE, "the socket path is longer than %zu bytes: %s", sizeof a.sun_path - 1, path);
    if (lstat(path, &st) != 0)
        return 0;
    if (!S_ISSOCK(st.st_mode))
        return err_set(e, ERR_SYSTEM, "%s exists and is not a socket", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(a.sun_path, path, strlen(path) + 1);
    bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        close(fd);
    if (answers)
        return err_set(e, ERR_BUSY, "another omsupd is already serving %s", path);
    return unlink(path) == 0 ? 0 : err_set(e, ERR_SYSTEM, "%s: %s", path, strerror(errno));
}

static int bind_path(struct server *s, struct err *e)
{
    int rc = clear_path(s->socket, e);
    if (rc)
        return rc;
    mode_t old = umask(0177);
    rc = uv_pipe_bind(&s->listener, s->socket);
    umask(old);
    if (rc)
        return err_set(e, ERR_SYSTEM, "cannot bind %s: %s", s->socket, uv_strerror(rc));
    /* Operators get in by the group, viewers by the mode for others; what they may do is decided by peer_of(). */
    if (s->config.operators != (gid_t)-1 && chown(s->socket, (uid_t)-1, s->config.operators) != 0)
        return err_set(e, ERR_SYSTEM, "cannot set the group of %s: %s", s->socket, strerror(errno));
    if (chmod(s->socket, s->config.viewers != (gid_t)-1 ? 0666 : 0660) != 0)
        return err_set(e, ERR_SYSTEM, "%s: %s", s->socket, strerror(errno));
    return 0;
}

static void on_closed(uv_handle_t *h) { part_closed(h->data); }

int server_start(uv_loop_t *loop, const struct server_config *c, struct engine *en, struct server **out, struct err *e)
{
    struct server *s = xcalloc(1, sizeof *s);
    s->loop = loop;
    s->engine = en;
    s->config = *c;
    s->socket = xstrdup(c->socket);
    s->host = xstrdup(c->host);
    uv_pipe_init(loop, &s->listener, 0);
    uv_timer_init(loop, &s->tick);
    s->listener.data = s->tick.data = s;
    s->open = 2;
    *out = s; /* on failure too: the caller ends the process */
    int rc = 0;
    if (c->listen_fd >= 0)
        rc = uv_pipe_open(&s->listener, c->listen_fd)
                 ? err_set(e, ERR_SYSTEM, "the socket that the service manager passed cannot be used")
                 : 0;
    else
        rc = bind_path(s, e);
    if (rc == 0 && (rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection)) != 0)
        rc = err_set(e, ERR_SYSTEM, "cannot listen on %s: %s", s->socket, uv_strerror(rc));
    if (rc)
        return rc;
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    engine_on_change(en, watch_changed, s);
    return 0;
}

void server_close(struct server *s, void (*closed)(void *ctx), void *ctx)
{
    s->closing = true;
    s->closed = closed;
    s->closed_ctx = ctx;
    engine_on_change(s->engine, NULL, NULL);
    for (struct session *x = s->sessions; x; x = x->next)
        connection_close(x->connection);
    uv_close((uv_handle_t *)&s->listener, on_closed); /* libuv removes the path that it bound */
    uv_close((uv_handle_t *)&s->tick, on_closed);
}
