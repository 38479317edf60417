/* One client that is connected: lines in, messages out, limits. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "common/utf8.h"
#include "daemon/api/internal.h"

static void on_closed(uv_handle_t *h)
{
    struct client *c = h->data;
    struct server *s = c->server;
    for (struct client **p = &s->clients; *p; p = &(*p)->next)
        if (*p == c) {
            *p = c->next;
            break;
        }
    if (c->request)
        c->request->client = NULL;
    buf_free(&c->in);
    free(c->actor);
    free(c->login);
    free(c);
    s->n_clients--;
    server_part_closed(s);
}

void client_close(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->pipe, on_closed);
}

struct out {
    uv_write_t req;
    char *text;
};

static void go_on(struct client *c);

static bool answers_waiting(const struct client *c)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&c->pipe) > 0;
}

static void on_written(uv_write_t *w, int status)
{
    struct out *o = (struct out *)w;
    struct client *c = w->handle->data;
    free(o->text);
    free(o);
    if (status < 0) {
        client_close(c);
    } else if (!answers_waiting(c)) {
        go_on(c);
        if (c->dirty)
            watch_send(c);
    }
}

bool client_send(struct client *c, cJSON *message)
{
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    if (c->closing || !text) {
        free(text);
        return true;
    }
    size_t len = strlen(text);
    if (!utf8_clean(text, len)) { /* from an old journal, or a reason; what is not ASCII is within strings */
        struct buf clean = {0};
        utf8_add(&clean, text, len);
        free(text);
        len = clean.len;
        text = buf_take(&clean);
    }
    if (len + 1 > PROTOCOL_LINE_MAX) {
        free(text);
        return false;
    }
    struct out *o = xcalloc(1, sizeof *o);
    o->text = xrealloc(text, len + 2, 1);
    memcpy(o->text + len, "\n", 2);
    uv_buf_t b = uv_buf_init(o->text, (unsigned)len + 1);
    if (uv_write(&o->req, (uv_stream_t *)&c->pipe, &b, 1, on_written) != 0) {
        free(o->text);
        free(o);
        client_close(c);
    }
    return true;
}

static void fail(struct client *c, int code, const char *why)
{
    cJSON *m = cJSON_CreateObject(), *e = cJSON_CreateObject();
    cJSON_AddStringToObject(m, "jsonrpc", "2.0");
    cJSON_AddNullToObject(m, "id");
    cJSON_AddItemToObject(m, "error", e);
    cJSON_AddNumberToObject(e, "code", err_rpc(code));
    cJSON_AddStringToObject(e, "message", why);
    cJSON_AddStringToObject(cJSON_AddObjectToObject(e, "data"), "name", err_name(code));
    client_send(c, m);
}

static void on_last_written(uv_shutdown_t *r, int status)
{
    client_close(r->handle->data);
    free(r);
}

/* Says why, then closes; client_tick() ends it when the peer does not take even that. */
static void refuse(struct client *c, int code, const char *why)
{
    c->refused = true;
    c->last_ms = uv_now(c->server->loop);
    uv_read_stop((uv_stream_t *)&c->pipe);
    fail(c, code, why);
    uv_shutdown_t *r = xcalloc(1, sizeof *r);
    if (c->closing || uv_shutdown(r, (uv_stream_t *)&c->pipe, on_last_written) != 0) {
        free(r);
        client_close(c);
    }
}

/* One request is answered, and its answer read by the peer, before the next is begun: else answers would pile up here.
 * An answer that is given at once comes back to here by client_answered(); it is this loop that goes on, not a deeper
 * one. */
static void next_line(struct client *c)
{
    size_t at = 0;
    if (c->in_lines)
        return;
    c->in_lines = true;
    while (!c->request && !c->closing && !c->refused && !answers_waiting(c)) {
        char *start = c->in.len > at ? c->in.data + at : NULL, *nl = start ? memchr(start, '\n', c->in.len - at) : NULL;
        if (!nl) {
            if (c->in.len - at >= PROTOCOL_LINE_MAX)
                refuse(c, ERR_LIMIT, "a line of more than 1 MiB");
            break;
        }
        size_t len = (size_t)(nl - start);
        char *line = xstrndup(start, len);
        bool nul = strlen(line) != len;
        at += len + 1;
        c->line_since = c->in.len > at ? uv_now(c->server->loop) : 0;
        c->last_ms = uv_now(c->server->loop);
        if (nul)
            refuse(c, ERR_PARSE, "a NUL byte in a message");
        else if (len > 0)
            request_begin(c, line, len);
        free(line);
    }
    buf_consume(&c->in, at);
    c->in_lines = false;
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *b) { *b = uv_buf_init(xcalloc(1, 16384), 16384); }

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct client *c = s->data;
    if (n > 0) {
        if (!c->line_since)
            c->line_since = uv_now(c->server->loop);
        buf_add(&c->in, b->base, (size_t)n);
        next_line(c);
        /* A peer that sends on while its request is answered is not read further than one line. */
        if (c->in.len >= PROTOCOL_LINE_MAX && !c->closing) {
            uv_read_stop(s);
            c->reading = false;
        }
    } else if (n < 0) {
        client_close(c);
    }
    free(b->base);
}

static void go_on(struct client *c)
{
    if (c->request || c->closing || c->refused)
        return;
    if (!c->reading)
        c->reading = uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0;
    next_line(c);
}

/* request.c: the answer is on its way; when it has left, the next line may be read. */
void client_answered(struct client *c)
{
    c->last_ms = uv_now(c->server->loop);
    if (!answers_waiting(c))
        go_on(c);
}

void client_tick(struct client *c, uint64_t now)
{
    if (c->closing)
        return;
    if (c->refused) {
        if (now - c->last_ms > LINE_TIMEOUT_MS)
            client_close(c);
    } else if (c->line_since && !c->request && !answers_waiting(c) && now - c->line_since > LINE_TIMEOUT_MS)
        refuse(c, ERR_LIMIT, "a line was not complete within 30 s");
    else if (!c->watching && !c->request && now - c->last_ms > IDLE_TIMEOUT_MS)
        client_close(c);
    else if (c->watching && (c->dirty || now - c->watch_sent > WATCH_MAX_MS))
        watch_send(c);
}

static unsigned clients_of(const struct server *s, uid_t uid)
{
    unsigned n = 0;
    for (const struct client *c = s->clients; c; c = c->next)
        n += c->uid == uid && !c->closing;
    return n;
}

void client_accept(struct server *s)
{
    struct err e;
    struct client *c = xcalloc(1, sizeof *c);
    uv_os_fd_t fd;
    c->server = s;
    uv_pipe_init(s->loop, &c->pipe, 0);
    c->pipe.data = c;
    c->uid = (uid_t)-1;
    c->last_ms = uv_now(s->loop);
    c->next = s->clients;
    s->clients = c;
    s->n_clients++;
    s->open++;
    if (uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->pipe) != 0 ||
        uv_fileno((uv_handle_t *)&c->pipe, &fd) != 0 ||
        peer_of(fd, &s->config, &c->access, &c->uid, &c->actor, &c->login, &e)) {
        client_close(c);
    } else if (s->n_clients > CLIENTS_MAX) {
        refuse(c, ERR_LIMIT, "too many connections: 64 are served");
    } else if (clients_of(s, c->uid) > CLIENTS_PER_UID) {
        refuse(c, ERR_LIMIT, "too many connections of this user: 16 are served");
    } else if (c->access == ACCESS_NONE) {
        refuse(c, ERR_DENIED,
               "permission denied: only root and members of the operators' or viewers' group are served");
    } else {
        c->reading = uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read) == 0;
    }
}
