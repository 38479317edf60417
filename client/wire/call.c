#include "client/wire/call.h"

#include <poll.h>
#include <stdlib.h>

#include "client/lang/lang.h"
#include "common/alloc.h"

enum { DIAL_MS = 2000 };

void call_init(struct call *c, const char *path) { *c = (struct call){.conn = {.fd = -1}, .path = path}; }

static void rest(struct call *c)
{
    free(c->method);
    cJSON_Delete(c->params);
    c->method = NULL;
    c->params = NULL;
    c->stage = CALL_IDLE;
}

void call_end(struct call *c)
{
    rest(c);
    conn_close(&c->conn);
}

static int failed(struct call *c, int rc)
{
    call_end(c);
    return rc;
}

static int ask(struct call *c, struct err *e)
{
    cJSON *params = c->params;
    c->params = NULL;
    c->id = conn_send(&c->conn, c->method, params, e);
    c->stage = CALL_ASKED;
    c->deadline = conn_now() + c->reply_ms;
    return c->id < 0 ? failed(c, c->id) : 0;
}

static bool readable(const struct call *c)
{
    struct pollfd p = {.fd = c->conn.fd, .events = POLLIN};
    return c->conn.fd >= 0 && poll(&p, 1, 0) != 0;
}

int call_begin(struct call *c, const char *method, cJSON *params, int reply_ms, struct err *e)
{
    if (readable(c)) /* nothing is due: it was closed */
        conn_close(&c->conn);
    c->method = xstrdup(method);
    c->params = params;
    c->reply_ms = reply_ms;
    if (c->conn.fd >= 0)
        return ask(c, e);
    int rc = conn_open(&c->conn, c->path, reply_ms < DIAL_MS ? reply_ms : DIAL_MS, e);
    if (rc == 0)
        rc = c->id = conn_send(&c->conn, "hello", conn_hello_params(), e);
    if (rc < 0)
        return failed(c, rc);
    c->stage = CALL_HELLO;
    c->deadline = conn_now() + reply_ms;
    return 0;
}

static int take(struct call *c, struct message *m, cJSON **result, struct err *e)
{
    if (m->method || m->id != c->id)
        return err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: %s"),
                       _("a response to a request that was not sent"));
    if (c->stage == CALL_HELLO) {
        int rc = conn_check_hello(&c->conn, m->result, e);
        return rc ? rc : ask(c, e);
    }
    *result = cJSON_DetachItemViaPointer(m->root, (cJSON *)m->result);
    rest(c);
    return 1;
}

int call_take(struct call *c, cJSON **result, struct err *e)
{
    struct message m;
    int rc = readable(c) ? conn_read(&c->conn, e) : 0;
    if (call_idle(c)) {
        if (rc || c->conn.in.len)
            conn_close(&c->conn);
        return 0;
    }
    while (rc == 0 && !call_idle(c) && (rc = conn_next(&c->conn, &m, e)) == 1) {
        rc = take(c, &m, result, e);
        message_clear(&m);
    }
    if (rc == 0 && conn_now() >= c->deadline)
        rc = err_set(e, ERR_NO_DAEMON,
                     _("omsupd does not respond on %s: %s. Is it running? Try: systemctl status omsupd"), c->path,
                     _("no response in time"));
    return rc < 0 ? failed(c, rc) : rc;
}
