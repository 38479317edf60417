/* One request at a time on a connection of its own, without waiting for its answer: for a program that meanwhile
 * watches other things. call_init(); call_begin() when call_idle(); whenever call_fd() is readable, or now and then,
 * call_take(); call_end(). Connecting itself waits, but not for long: a Unix socket. The connection is kept for the
 * next request; one that has broken meanwhile is opened anew. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "client/wire/conn.h"

struct call {
    struct conn conn;
    const char *path;
    enum { CALL_IDLE, CALL_HELLO, CALL_ASKED } stage;
    int id, reply_ms;
    int64_t deadline;
    char *method;
    cJSON *params;
};

void call_init(struct call *c, const char *path);
static inline bool call_idle(const struct call *c) { return c->stage == CALL_IDLE; }
static inline int call_fd(const struct call *c) { return c->conn.fd; } /* -1: none */
/* Takes `params`. */
int call_begin(struct call *c, const char *method, cJSON *params, int reply_ms, struct err *e);
/* 1: answered, *result is the caller's; 0: not yet; an error: of the connection or of the request. After 1 and errors
 * it is idle. */
int call_take(struct call *c, cJSON **result, struct err *e);
void call_end(struct call *c);
