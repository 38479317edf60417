/* One connection to an agent: the ssh (or local sh) process, its pipes, the hello, and lines.
 *
 * channel_open() starts the process; then exactly one of: up() and later down(), or down() alone. After down(), or
 * after channel_close(), only closed() follows, when the process is reaped and the memory is about to be freed.
 * All calls come from the loop, never from inside the functions here. Loop thread only. */
#pragma once
#include <stddef.h>
#include <uv.h>

#include "daemon/node/node.h"
#include "daemon/node/wire.h"

struct channel;

struct channel_events {
    void (*up)(void *ctx, const char *boot_id);
    /* An output, end or pong line. Returns NULL, or the fault, which ends the channel. */
    const char *(*line)(void *ctx, const struct wire_line *l);
    void (*down)(void *ctx, const char *why); /* one printable line */
    void (*closed)(void *ctx);
};

struct channel *channel_open(uv_loop_t *loop, const struct node_target *t, const struct channel_events *ev, void *ctx);
/* Sends `head` and then, when it is not NULL, `secret`. Takes both, and wipes them once they are written. */
void channel_send(struct channel *c, struct buf *head, char *secret, size_t secret_size);
void channel_close(struct channel *c);                  /* calls no down() */
void channel_break(struct channel *c, const char *why); /* calls down(); only from the loop */
uint64_t channel_heard(const struct channel *c);        /* uv_now() of the last bytes from the agent */
