#include "daemon/api/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/api/internal.h"

enum { TICK_MS = 100, BACKLOG = 1024, ACCEPTS_PER_TURN = 64, NO_FD_MS = 1000 };

static void part_closed(struct server *s)
{
    if (--s->open || !s->closing)
        return;
    void (*closed)(void *) = s->closed;
    void *ctx = s->closed_ctx;
    for (struct request *r = s->requests; r; r = r->next)
        r->server = NULL; /* the engine may still answer it */
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
    struct request *r = request_new(ctx, line);
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
    struct user *person = p.person >= 0 ? users_of(&s->users, (uid_t)p.person, uv_hrtime()) : NULL;
    char *name = person ? xstrdup(person->login) : NULL; /* the next one may take its place */
    struct user *u = users_of(&s->users, p.uid, uv_hrtime());
    peer_name(&p, u->login, name);
    free(name);
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
    int rc = 0, fd = c->listen_fd;
    if (fd < 0) /* not by libuv, which at the end would remove whatever is at this path */
        rc = socket_bind(s->socket, c->operators, c->viewers, &s->file, &fd, e);
    if (rc == 0 && uv_pipe_open(&s->listener, fd) != 0)
        rc = err_set(e, ERR_SYSTEM, "the socket of %s cannot be used", s->socket);
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
    socket_remove(s->socket, &s->file);
    uv_close((uv_handle_t *)&s->listener, on_closed);
    uv_close((uv_handle_t *)&s->tick, on_closed);
    uv_close((uv_handle_t *)&s->pause, on_closed);
    uv_close((uv_handle_t *)&s->turn, on_closed);
    uv_close((uv_handle_t *)&s->accepting, on_closed);
    close(s->accepting_fd);
}
