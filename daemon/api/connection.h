/* One connection of the socket: lines in, messages out, and the limits on both.
 *
 * connection_accept() takes a peer who waits at the listener; then connection_start(), or connection_refuse() with the
 * last words that it hears. line() comes for one whole line at a time: the next is read only after connection_next(),
 * and when all that was sent has left, so that neither requests nor answers pile up here. After connection_close(), or
 * when the peer is gone, only closed() follows, once; the memory is freed when it returns.
 *
 * line() may call anything here. The other calls come from the loop, never from inside the functions here. Loop thread
 * only. */
#pragma once
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "common/err.h"

struct connection;

struct connection_events {
    void (*line)(void *ctx, const char *line, size_t len); /* without its newline, without NUL */
    void (*idle)(void *ctx);                               /* all that was sent has left */
    void (*closed)(void *ctx);
};

/* *fd: of the socket; -1: it is closing already. */
struct connection *connection_accept(uv_stream_t *listener, const struct connection_events *ev, void *ctx, int *fd);
void connection_start(struct connection *c);
/* Takes the message. false: it is too long for a line, and nothing is sent. */
bool connection_send(struct connection *c, cJSON *message);
bool connection_sending(const struct connection *c); /* what was sent has not all left */
void connection_next(struct connection *c);          /* the line has been dealt with */
/* It may be silent for as long as it likes. */
void connection_keep(struct connection *c);
/* Sends the error and closes, at the latest when the peer has not taken it within the time for a line. */
void connection_refuse(struct connection *c, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void connection_close(struct connection *c);
bool connection_closing(const struct connection *c);
void connection_tick(struct connection *c, uint64_t now); /* the timeouts; now and then */
