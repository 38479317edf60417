/* What the files of the API share. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/protocol.h"
#include "daemon/api/server.h"

enum {
    CLIENTS_MAX = 64,
    CLIENTS_PER_UID = 16,
    LINE_TIMEOUT_MS = 30 * 1000,
    IDLE_TIMEOUT_MS = 10 * 60 * 1000,
    WATCH_MIN_MS = 100,       /* between two notifications of one watcher */
    WATCH_MAX_MS = 10 * 1000, /* at least one in this time */
    EVENTS_MAX = 500,
};

enum access { ACCESS_NONE, ACCESS_LOOK, ACCESS_OPERATE };

struct request;

struct client {
    struct client *next;
    struct server *server;
    uv_pipe_t pipe;
    struct buf in;
    enum access access;
    uid_t uid;
    char *actor, *login;
    bool hello, closing, refused, reading;
    bool in_lines;                /* next_line() is at work */
    struct request *request;      /* being answered */
    uint64_t line_since, last_ms; /* loop times: of the first byte of an unfinished line; of the last request */
    bool watching, dirty;
    int64_t watch_job, watch_last;
    uint64_t watch_sent;
};

struct request {
    struct client *client; /* NULL when it closed before the answer */
    cJSON *message;        /* owns params */
    const cJSON *id, *params;
};

struct server {
    uv_loop_t *loop;
    struct engine *engine;
    struct server_config config;
    char *socket, *host;
    uv_pipe_t listener;
    uv_timer_t tick;
    struct client *clients;
    unsigned n_clients, open;
    bool closing;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* client.c */
void client_accept(struct server *s);
void client_close(struct client *c);
bool client_send(struct client *c,
                 cJSON *message); /* takes message; false: it is too long for a line, nothing is sent */
void client_answered(struct client *c);
void client_tick(struct client *c, uint64_t now);
void server_part_closed(struct server *s);

/* request.c: every request is answered once by one of these, and freed */
void request_begin(struct client *c, const char *line, size_t len);
void request_ok(struct request *r, cJSON *result);
void request_fail(struct request *r, const struct err *e);

/* methods.c */
struct method {
    const char *name;
    enum access access;
    void (*fn)(struct request *r);
};
const struct method *method_find(const char *name);

/* watch.c */
void watch_changed(void *server, int64_t job);
void watch_send(struct client *c);

/* peer.c */
int peer_of(int fd, const struct server_config *cfg, enum access *access, uid_t *uid, char **actor, char **login,
            struct err *e);
