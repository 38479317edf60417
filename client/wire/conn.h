/* The connection to omsupd: JSON-RPC 2.0, one message a line (schema/protocol.md).
 *
 * conn_open() connects; conn_hello() must be the first call. conn_call() sends one request and waits for its answer.
 * A watch instead sends with conn_send() and takes messages with conn_read() and conn_next() as they come. After an
 * error the connection is of no more use: conn_close(). Every wait has a deadline. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "common/buf.h"
#include "common/err.h"

enum {
    CONN_REPLY_MS = 30 * 1000,
    CONN_SLOW_MS = 180 * 1000, /* of calls that ask every node: submit, plan, discover … */
};

struct conn {
    int fd; /* -1: closed */
    const char *path;
    unsigned last_id;
    struct buf in;
    size_t seen; /* bytes of `in` that are known to hold no newline */
};

struct message {
    cJSON *root;
    int64_t id;          /* -1: a notification, or an error that belongs to no request */
    const cJSON *result; /* NULL when it is an error or a notification */
    const cJSON *params; /* of a notification */
    const char *method;  /* of a notification, else NULL */
};

int64_t conn_now(void); /* milliseconds of a clock that never goes back */

/* Waits for its turn when many connect at once. */
int conn_open(struct conn *c, const char *path, int timeout_ms, struct err *e);
void conn_close(struct conn *c);

/* Sends hello or reads its answer. */
cJSON *conn_hello_params(void);
int conn_check_hello(const struct conn *c, const cJSON *result, struct err *e);
int conn_hello(struct conn *c, int timeout_ms, cJSON **result, struct err *e);

/* Takes `params` (may be NULL). Returns the id (> 0) or an error. */
int conn_send(struct conn *c, const char *method, cJSON *params, struct err *e);
/* Reads what is there: 0, or an error (closed, a line over the limit). */
int conn_read(struct conn *c, struct err *e);
/* The next whole message: 1 (message_clear() it), 0 (none yet), an error (no JSON-RPC; or the daemon answered with an
 * error: then it is that one, with its hint). */
int conn_next(struct conn *c, struct message *m, struct err *e);
void message_clear(struct message *m);

/* One request and its answer; *result is the caller's (cJSON_Delete). */
int conn_call(struct conn *c, const char *method, cJSON *params, int timeout_ms, cJSON **result, struct err *e);
