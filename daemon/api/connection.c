#include "daemon/api/connection.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
    size_t at;        /* of `in`: the lines before it were taken */
    size_t seen;      /* bytes from `at` on that hold no newline */
    size_t line;      /* length of the line at `at`, with its newline; 0: it is not complete */
    unsigned writing; /* messages that are not written yet */
    bool ready;       /* ready() was called for the line */
    bool busy;        /* with a line */
    bool closing, reading, kept;
    uint64_t line_since;  /* loop time of the first byte of an unfinished line; 0: there is none */
    uint64_t last_ms;     /* of the last line or answer */
    uint64_t write_since; /* what was sent has not left since then */
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
uint64_t connection_quiet_since(const struct connection *c) { return c->last_ms; }

/* --- out -------------------------------------------------------------------------------------------------- */

struct out {
    uv_write_t req;
    char *line;
};

static void go_on(struct connection *c);

/* Counted until the loop has told of it, and not only until the kernel took it: so a peer that asks and reads as fast
 * as it can has one answer in a turn. */
bool connection_sending(const struct connection *c) { return c->writing > 0; }

static void on_written(uv_write_t *w, int status)
{
    struct out *o = (struct out *)w;
    struct connection *c = w->handle->data;
    free(o->line);
    free(o);
    c->writing--;
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
    } else if (c->writing++ == 0) {
        c->write_since = now_of(c);
    }
    return true;
}

__attribute__((format(printf, 3, 0))) static char *why_line(size_t *len, int code, const char *fmt, va_list ap)
{
    struct err e;
    char why[256];
    vsnprintf(why, sizeof why, fmt, ap);
    err_set(&e, code, "%s", why);
    return message_line(message_error(NULL, &e), len);
}

void connection_refuse(struct connection *c, int code, const char *fmt, ...)
{
    size_t len;
    va_list ap;
    if (!c->closing && !c->writing) {
        va_start(ap, fmt);
        char *line = why_line(&len, code, fmt, ap);
        va_end(ap);
        uv_buf_t b = uv_buf_init(line, (unsigned)len);
        uv_try_write((uv_stream_t *)&c->pipe, &b, 1); /* nothing waits in the socket: there is room */
        free(line);
    }
    connection_close(c);
}

void connection_turn_away(int fd, int code, const char *fmt, ...)
{
    size_t len;
    va_list ap;
    va_start(ap, fmt);
    char *line = why_line(&len, code, fmt, ap);
    va_end(ap);
    if (send(fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        /* it has gone already */
    }
    free(line);
    close(fd);
}

/* --- in --------------------------------------------------------------------------------------------------- */

/* Finds the end of the line at `at`. */
static bool whole_line(struct connection *c)
{
    while (!c->line) {
        size_t left = c->in.len - c->at;
        const char *from = left ? c->in.data + c->at : NULL,
                   *nl = left > c->seen ? memchr(from + c->seen, '\n', left - c->seen) : NULL;
        c->seen = nl ? 0 : left;
        if (!nl)
            return false;
        if (nl == from)
            c->at++; /* an empty line is none */
        else
            c->line = (size_t)(nl - from) + 1;
    }
    return true;
}

void connection_take(struct connection *c)
{
    if (!c->ready || c->closing)
        return;
    char *line = c->in.data + c->at;
    size_t len = c->line - 1;
    line[len] = '\0';
    c->ready = false;
    c->at += c->line;
    c->line = 0;
    c->line_since = c->in.len > c->at ? now_of(c) : 0;
    c->last_ms = now_of(c);
    if (strlen(line) != len) {
        connection_refuse(c, ERR_PARSE, "a message contains a NUL byte");
    } else {
        c->busy = true;
        c->ev->line(c->ctx, line, len); /* the buffer stays as it is until the loop reads again */
    }
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b)
{
    static char bytes[READ_BYTES]; /* filled and taken at once, one connection after the other */
    *b = uv_buf_init(bytes, sizeof bytes);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct connection *c = s->data;
    if (n > 0) {
        if (!c->line_since)
            c->line_since = now_of(c);
        buf_consume(&c->in, c->at);
        c->at = 0;
        buf_add(&c->in, b->base, (size_t)n);
        go_on(c);
        /* With a line to go on with, it is read no further; until then its end is seen. */
        if (!c->closing && (c->writing || whole_line(c) || c->in.len - c->at >= PROTOCOL_LINE_MAX)) {
            uv_read_stop(s);
            c->reading = false;
        }
    } else if (n < 0) {
        connection_close(c);
    }
}

static void go_on(struct connection *c)
{
    if (c->busy || c->closing || c->ready || c->writing)
        return;
    if (whole_line(c)) {
        c->ready = true;
        c->ev->ready(c->ctx);
    } else if (c->in.len - c->at >= PROTOCOL_LINE_MAX) {
        connection_refuse(c, ERR_LIMIT, "a line is longer than %d MiB", PROTOCOL_LINE_MAX >> 20);
    } else if (!c->reading) {
        c->reading = uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0;
    }
}

void connection_next(struct connection *c)
{
    c->busy = false;
    c->last_ms = now_of(c);
    go_on(c);
}

/* --- its time --------------------------------------------------------------------------------------------- */

struct connection *connection_open(uv_loop_t *loop, int fd, const struct connection_events *ev, void *ctx)
{
    struct connection *c = xcalloc(1, sizeof *c);
    c->ev = ev;
    c->ctx = ctx;
    uv_pipe_init(loop, &c->pipe, 0);
    c->pipe.data = c;
    c->last_ms = now_of(c);
    if (uv_pipe_open(&c->pipe, fd) != 0) {
        close(fd);
        connection_close(c);
    }
    return c;
}

void connection_start(struct connection *c) { go_on(c); }
void connection_keep(struct connection *c) { c->kept = true; }

void connection_tick(struct connection *c, uint64_t now)
{
    if (c->closing)
        return;
    if (c->writing) { /* a watcher that does not read is closed, too */
        if (now > c->write_since + IDLE_TIMEOUT_S * 1000)
            connection_close(c);
    } else if (c->line_since && !c->busy && !c->ready && now > c->line_since + LINE_TIMEOUT_S * 1000) {
        connection_refuse(c, ERR_LIMIT, "a line was not completed within %d s", LINE_TIMEOUT_S);
    } else if (!c->kept && !c->busy && !c->ready && now > c->last_ms + IDLE_TIMEOUT_S * 1000) {
        connection_close(c);
    }
}
