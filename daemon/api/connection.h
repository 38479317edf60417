/* One connection of the socket: lines in, messages out, and the limits on both.
 *
 * connection_open() takes a descriptor; then connection_start(). When a whole line is there, ready() comes, once; the
 * owner calls connection_take() when it is this client's turn, and line() comes from within. The next line is looked
 * for only after connection_next(), and when all that was sent has been written: neither requests nor answers pile up
 * here, and a peer that does not take its answers is not read. After connection_close(), or when the peer is gone, only
 * closed() follows, once; the memory is freed when it returns.
 *
 * ready() and line() may call anything here; so may the loop. Loop thread only. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"

struct connection;

struct connection_events {
    void (*ready)(void *ctx);                              /* a line waits for connection_take() */
    void (*line)(void *ctx, const char *line, size_t len); /* without its newline, without NUL */
    void (*idle)(void *ctx);                               /* all that was sent has left */
    void (*closed)(void *ctx);
};

/* Takes fd, a connected socket, also when it fails: then it is closing already. */
struct connection *connection_open(uv_loop_t *loop, int fd, const struct connection_events *ev, void *ctx);
void connection_start(struct connection *c);
void connection_take(struct connection *c); /* its turn has come */
/* Takes the message. false: it is too long for a line, and nothing is sent. */
bool connection_send(struct connection *c, cJSON *message);
bool connection_sending(const struct connection *c); /* what was sent has not all been written */
void connection_next(struct connection *c);          /* the line has been dealt with */
/* It may be silent for as long as it likes. */
void connection_keep(struct connection *c);
/* Says why and closes: at once, and without a word to a peer that has not taken what it was sent. */
void connection_refuse(struct connection *c, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void connection_close(struct connection *c);
bool connection_closing(const struct connection *c);
uint64_t connection_quiet_since(const struct connection *c); /* loop time of its last line or answer */
/* For a peer that is not served at all: takes fd, says why, closes. */
void connection_turn_away(int fd, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void connection_tick(struct connection *c, uint64_t now); /* the timeouts; now and then */
