/* Shared by the upper files of the API: a session, and what happens in it.
 *
 * server.c accepts a connection with its peer, which is a session (slots.c says whether there is room for it). turns.c
 * serves those that have a line, one line of each in a turn of the loop. It makes a request of each line by
 * request_new() and hands it to methods_call(), which checks the peer's access and the parameters and calls the method.
 * Every request is answered once, by request_ok() or request_fail(), at once or when the engine replies; the peer may
 * be gone by then. A session in which `watch` was called gets notifications from watch.c besides. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <uv.h>

#include "daemon/api/connection.h"
#include "daemon/api/peer.h"
#include "daemon/api/server.h"
#include "daemon/api/socket.h"
#include "daemon/api/users.h"

struct request;

struct watch {
    bool on, dirty;    /* dirty: something new is to be told */
    int64_t job, last; /* the last event that was told */
    uint64_t sent;     /* loop time of the last notification */
};

struct session {
    struct session *next;
    struct server *server;
    struct connection *connection;
    struct peer peer;
    struct user *user;
    struct session *next_turn; /* among those that wait for their turn */
    bool waits;
    bool hello;              /* it was called */
    struct request *request; /* being answered */
    struct watch watch;
};

/* The last snapshot, for all who watch the same job. watch.c */
struct shown {
    char *text; /* NULL: none */
    int64_t job, last;
    uint64_t at; /* loop time */
};

struct server {
    uv_loop_t *loop;
    struct engine *engine;
    struct server_config config;
    char *socket, *host;
    struct socket_file file; /* not bound when a service manager passed the socket */
    uv_pipe_t listener;      /* bound; its descriptor is polled as `accepting` */
    int accepting_fd;
    uv_poll_t accepting;
    uv_poll_cb accept;
    uv_idle_t turn;         /* while requests wait that may be served */
    uv_timer_t tick, pause; /* pause: until the next request or peer may be served */
    uint64_t paused_until;  /* when it ends; libuv tells it only from 1.40 on */
    struct session *sessions;
    struct session *turn_first, *turn_last;
    struct users users;
    struct request *requests;
    struct shown shown;
    uint64_t watch_ns, watch_since; /* what notifications took of the time, since then */
    uint64_t watch_rest_ms;         /* between two of one watcher */
    unsigned open;                  /* handles and sessions that are not closed yet */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* request.c: one request. */
struct request {
    struct session *session; /* NULL when it closed before the answer */
    struct server *server;   /* NULL when it has closed, too */
    struct request *next;    /* of those that are not answered yet */
    uid_t uid;               /* of the peer, who may be gone */
    char *actor;
    cJSON *message;           /* owns the others */
    const cJSON *id, *method; /* id: NULL: none that can be sent back */
    const cJSON *params;      /* an object, or NULL */
};
/* Parses the line, which ends with a NUL; NULL: it is no request, and has been answered. */
struct request *request_new(struct session *s, const char *line);
/* Takes the result; the request is gone then. */
void request_ok(struct request *r, cJSON *result);
void request_fail(struct request *r, const struct err *e);

/* slots.c: which peers are served. true: there is room for the session, which is not in the list yet; else it says why.
 */
bool slots_admit(struct server *s, const struct peer *p, struct err *e);

/* turns.c: one request of each session in a turn of the loop, within what its user may take of the time. */
void turns_want(struct session *s);              /* a line of it is ready */
void turns_leave(struct session *s);             /* it is closed */
void turns_pause(struct server *s, uint64_t ns); /* until then nothing may be served */
void turns_run(uv_idle_t *turn);

/* audit.c: what leaves no job is recorded all the same. Before the method is called, and when it is answered. */
void audit_begin(struct request *r);
void audit_end(struct request *r, const cJSON *result, const struct err *e);

/* watch.c: a fresh snapshot whenever there is something new and the last one has left; never a backlog. */
void watch_open(struct server *s);
void watch_begin(struct session *s, int64_t job, int64_t last, bool dirty);
void watch_changed(void *server, int64_t job); /* of the engine; 0: hosts */
void watch_send(struct session *s);            /* when it is time to */
void watch_tick(struct server *s, uint64_t now);
void watch_end(struct server *s); /* frees what they share */

/* methods.c: common/methods.def */
void methods_call(struct request *r);
