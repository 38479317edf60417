/* Shared by the upper files of the API: a session, and what happens in it.
 *
 * server.c accepts a connection with its peer, which is a session. It makes a request of each line by request_new() and
 * hands it to methods_call(), which checks the peer's access and the parameters and calls the method. Every request is
 * answered once, by request_ok() or request_fail(), at once or when the engine replies; the peer may be gone by then. A
 * session in which `watch` was called gets notifications from watch.c besides. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <uv.h>

#include "daemon/api/connection.h"
#include "daemon/api/peer.h"
#include "daemon/api/server.h"

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
    uv_pipe_t listener;
    uv_timer_t tick;
    struct session *sessions;
    struct shown shown;
    unsigned open; /* handles and sessions that are not closed yet */
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* request.c: one request. */
struct request {
    struct session *session;  /* NULL when it closed before the answer */
    cJSON *message;           /* owns the others */
    const cJSON *id, *method; /* id: NULL: none that can be sent back */
    const cJSON *params;      /* an object, or NULL */
};
/* Parses the line, which ends with a NUL; NULL: it is no request, and has been answered. */
struct request *request_new(struct session *s, const char *line, size_t len);
/* Takes the result; the request is gone then. */
void request_ok(struct request *r, cJSON *result);
void request_fail(struct request *r, const struct err *e);

/* watch.c: a fresh snapshot whenever there is something new and the last one has left; never a backlog. */
void watch_begin(struct session *s, int64_t job, int64_t last, bool dirty);
void watch_changed(void *server, int64_t job); /* of the engine; 0: hosts */
void watch_send(struct session *s);            /* when it is time to */
void watch_tick(struct server *s, uint64_t now);
void watch_end(struct server *s); /* frees what they share */

/* methods.c: common/methods.def */
void methods_call(struct request *r);
