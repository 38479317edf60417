#include "daemon/api/connection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/buf.h"
#include "common/protocol.h"
#include "daemon/api/message.h"

enum { READ_BYTES = 16384, LINE_TIMEOUT_S = 30, IDLE_TIMEOUT_S = 600 };

struct connection {
    uv_pipe_t pipe;
    const struct connection_events *ev;
    void *ctx;
    struct buf in;
    bool busy; /* with a line */
    bool closing, refused, reading, kept;
    bool in_lines;       /* next_line() is at work */
    uint64_t line_since; /* loop time of the first byte of an unfinished line; 0: there is none */
    uint64_t last_ms;    /* of the last line or answer */
};

static uint64_t now_of(const struct connection *c) { return uv_now(c->pipe.loop); }

static void on_closed(uv_handle_t *h)
{
    struct connection *c = h->data;
    c->ev->closed(c->ctx);
    buf_free(&c->in);
    free(c);
}

void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

bool connection_closing(const struct connection *c) { return c->closing; }

/* --- out -------------------------------------------------------------------------------------------------- */

struct out {
    uv_write_t req;
    char *line;
};

static void go_on(struct connection *c);

bool connection_sending(const struct connection *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe) > 0;
}

static void on_written(uv_write_t *w, int status)
{
    struct out *o = (struct out *)w;
    struct connection *c = w->handle->data;
    free(o->line);
    free(o);
    if (status < 0) {
        connection_close(c);
    } else if (!connection_sending(c)) {
        go_on(c);
        if (!c->closing)
            c->ev->idle(c->ctx);
    }
}

bool connection_send(struct connection *c, cJSON *message)
{
    size_t len;
    if (c->closing) {
        cJSON_Delete(message);
        return true;
    }
    char *line = message_line(message, &len);
    if (!line)
        return false;
    struct out *o = xcalloc(1, sizeof *o);
    o->line = line;
    uv_buf_t b = uv_buf_init(line, (unsigned)len);
    if (uv_write(&o->req, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0) {
        free(line);
        free(o);
        connection_close(c);
    }
    return true;
}

static void on_last_written(uv_shutdown_t *r, int status)
{
    connection_close(r->handle->data);
    free(r);
}

void connection_refuse(struct connection *c, int code, const char *fmt, ...)
{
    struct err e;
    char why[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    err_set(&e, code, "%s", why);
    c->refused = true;
    c->last_ms = now_of(c);
    uv_read_stop((uv_stream_t *)&c->pipe);
    connection_send(c, message_error(NULL, &e));
    uv_shutdown_t *r = xcalloc(1, sizeof *r);
    if (c->closing || uv_shutdown(r, (uv_stream_t *)&c->pipe, on_last_written) != 0) {
        free(r);
        connection_close(c);
    }
}

/* --- in --------------------------------------------------------------------------------------------------- */

/* An answer that is given at once comes back to here by connection_next(): it is this loop that continues then, not a
 * deeper one. */
static void next_line(struct connection *c)
{
    size_t at = 0;
    if (c->in_lines)
        return;
    c->in_lines = true;
    while (!c->busy && !c->closing && !c->refused && !connection_sending(c)) {
        char *start = c->in.len > at ? c->in.data + at : NULL, *nl = start ? memchr(start, '\n', c->in.len - at) : NULL;
        if (!nl) {
            if (c->in.len - at >= PROTOCOL_LINE_MAX)
                connection_refuse(c, ERR_LIMIT, "a line is longer than %d MiB", PROTOCOL_LINE_MAX >> 20);
            break;
        }
        size_t len = (size_t)(nl - start);
        char *line = xstrndup(start, len);
        bool nul = strlen(line) != len;
        at += len + 1;
        c->line_since = c->in.len > at ? now_of(c) : 0;
        c->last_ms = now_of(c);
        if (nul) {
            connection_refuse(c, ERR_PARSE, "a message contains a NUL byte");
        } else if (len > 0) {
            c->busy = true;
            c->ev->line(c->ctx, line, len);
        }
        free(line);
    }
    buf_consume(&c->in, at);
    c->in_lines = false;
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b) { *b = uv_buf_init(xcalloc(1, READ_BYTES), READ_BYTES); }

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct connection *c = s->data;
    if (n > 0) {
        if (!c->line_since)
            c->line_since = now_of(c);
        buf_add(&c->in, b->base, (size_t)n);
        next_line(c);
        /* A peer that keeps sending while a line is dealt with is read no further than one more line. */
        if (c->in.len >= PROTOCOL_LINE_MAX && !c->closing) {
            uv_read_stop(s);
            c->reading = false;
        }
    } else if (n < 0) {
        connection_close(c);
    }
    free(b->base);
}

static void go_on(struct connection *c)
{
    if (c->busy || c->closing || c->refused)
        return;
    if (!c->reading)
        c->reading = uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0;
    next_line(c);
}

void connection_next(struct connection *c)
{
    c->busy = false;
    c->last_ms = now_of(c);
    if (!connection_sending(c))
        go_on(c);
}

/* --- its time --------------------------------------------------------------------------------------------- */

struct connection *connection_accept(uv_stream_t *listener, const struct connection_events *ev, void *ctx, int *fd)
{
    struct connection *c = xcalloc(1, sizeof *c);
    uv_os_fd_t file;
    c->ev = ev;
    c->ctx = ctx;
    uv_pipe_init(listener->loop, &c->pipe, 0);
    c->pipe.data = c;
    c->last_ms = now_of(c);
    *fd = -1;
    if (uv_accept(listener, (uv_stream_t *)&c->pipe) != 0 || uv_fileno((uv_handle_t *)&c->pipe, &file) != 0)
        connection_close(c);
    else
        *fd = file;
    return c;
}

void connection_start(struct connection *c) { go_on(c); }
void connection_keep(struct connection *c) { c->kept = true; }

void connection_tick(struct connection *c, uint64_t now)
{
    if (c->closing)
        return;
    if (c->refused) {
        if (now - c->last_ms > LINE_TIMEOUT_S * 1000)
            connection_close(c);
    } else if (c->line_since && !c->busy && !connection_sending(c) && now - c->line_since > LINE_TIMEOUT_S * 1000) {
        connection_refuse(c, ERR_LIMIT, "a line was not completed within %d s", LINE_TIMEOUT_S);
    } else if (!c->kept && !c->busy && now - c->last_ms > IDLE_TIMEOUT_S * 1000) {
        connection_close(c);
    }
}
