#include "daemon/api/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/api/acl.h"
#include "daemon/api/internal.h"

enum { TICK_MS = 100, BACKLOG = 1024, ACCEPTS_PER_TURN = 64, NO_FD_MS = 1000 };

static void part_closed(struct server *s)
{
    if (--s->open || !s->closing)
        return;
    void (*closed)(void *) = s->closed;
    void *ctx = s->closed_ctx;
    watch_end(s);
    users_clear(&s->users);
    free(s->socket);
    free(s->host);
    free(s);
    closed(ctx);
}

/* --- sessions --------------------------------------------------------------------------------------------- */

static void on_ready(void *ctx) { turns_want(ctx); }

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
    turns_leave(x);
    x->user->sessions--;
    peer_clear(&x->peer);
    free(x);
    part_closed(s);
}

static const struct connection_events events = {on_ready, on_line, on_idle, on_session_closed};

static void serve(struct server *s, int fd, struct peer *p, struct user *u)
{
    struct session *x = xcalloc(1, sizeof *x);
    x->server = s;
    x->peer = *p;
    x->user = u;
    u->sessions++;
    x->connection = connection_open(s->loop, fd, &events, x);
    x->next = s->sessions;
    s->sessions = x;
    s->open++;
    connection_start(x->connection);
}

/* Who is not served costs no more than the words that say so. */
static void admit(struct server *s, int fd)
{
    struct err e;
    struct peer p;
    if (peer_of(fd, s->config.operators, s->config.viewers, &p, &e)) {
        close(fd);
        return;
    }
    struct user *u = users_of(&s->users, p.uid, uv_hrtime());
    peer_name(&p, u->login);
    if (p.access == ACCESS_NONE) {
        connection_turn_away(fd, ERR_DENIED,
                             "permission denied: %s is not root, nor a member of the operators' or the viewers' group",
                             p.login);
    } else if (!slots_admit(s, &p, &e)) {
        connection_turn_away(fd, e.code, "%s", e.msg);
    } else {
        serve(s, fd, &p, u);
        return;
    }
    peer_clear(&p);
}

/* A few in each turn; while a job is under way they may take a part of the time, as requests may. */
static void on_connectable(uv_poll_t *h, int status, int poll_events)
{
    struct server *s = h->data;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        uint64_t begin = uv_hrtime(), wait = engine_at_work(s->engine) ? users_accept_wait(&s->users, begin) : 0;
        int fd = wait ? -1 : accept4(s->accepting_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            admit(s, fd);
            users_accepted(&s->users, begin, uv_hrtime());
            continue;
        }
        if (!wait && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
            log_warn("cannot accept a connection: %s", strerror(errno));
            wait = (uint64_t)NO_FD_MS * 1000 * 1000;
        }
        if (wait) {
            uv_poll_stop(h);
            turns_pause(s, wait);
        }
        return;
    }
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

/* Operators get in by the socket's group, viewers by an entry of its access list, and others not at all: they can
 * neither use up places nor fill the queue of those who wait. What who may do is decided by peer_of(). */
static void admit_viewers(const struct server *s)
{
    struct err e;
    if (acl_allow_group(s->socket, s->config.viewers, &e) == 0)
        return;
    log_warn("%s: every local user can connect to the socket, because it cannot be opened to the viewers alone; only "
             "viewers and operators are served",
             e.msg);
    if (chmod(s->socket, 0666) != 0)
        log_warn("%s: %s", s->socket, strerror(errno));
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
    if (s->config.operators != (gid_t)-1 && chown(s->socket, (uid_t)-1, s->config.operators) != 0)
        return err_set(e, ERR_SYSTEM, "cannot set the group of %s: %s", s->socket, strerror(errno));
    if (chmod(s->socket, 0660) != 0)
        return err_set(e, ERR_SYSTEM, "%s: %s", s->socket, strerror(errno));
    if (s->config.viewers != (gid_t)-1)
        admit_viewers(s);
    return 0;
}

/* libuv's own listening would accept whoever waits before anything else is done. */
static int listen_on(struct server *s, struct err *e)
{
    uv_os_fd_t fd;
    if (uv_fileno((uv_handle_t *)&s->listener, &fd) != 0 || listen(fd, BACKLOG) != 0 ||
        (s->accepting_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0)
        return err_set(e, ERR_SYSTEM, "cannot listen on %s: %s", s->socket, strerror(errno));
    int rc = uv_poll_init(s->loop, &s->accepting, s->accepting_fd);
    if (rc)
        return err_set(e, ERR_SYSTEM, "cannot listen on %s: %s", s->socket, uv_strerror(rc));
    s->accept = on_connectable;
    s->accepting.data = s;
    s->open++;
    uv_poll_start(&s->accepting, UV_READABLE, on_connectable);
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
    uv_timer_init(loop, &s->pause);
    uv_idle_init(loop, &s->turn);
    s->listener.data = s->tick.data = s->pause.data = s->turn.data = s;
    s->open = 4;
    *out = s; /* on failure too: the caller ends the process */
    int rc = 0;
    if (c->listen_fd >= 0)
        rc = uv_pipe_open(&s->listener, c->listen_fd)
                 ? err_set(e, ERR_SYSTEM, "the socket that the service manager passed cannot be used")
                 : 0;
    else
        rc = bind_path(s, e);
    if (rc == 0)
        rc = listen_on(s, e);
    if (rc)
        return rc;
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    watch_open(s);
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
    uv_close((uv_handle_t *)&s->pause, on_closed);
    uv_close((uv_handle_t *)&s->turn, on_closed);
    uv_close((uv_handle_t *)&s->accepting, on_closed);
    close(s->accepting_fd);
}
