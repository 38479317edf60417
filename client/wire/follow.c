#include "client/wire/follow.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/wire/get.h"

enum {
    BACK_OFF_MIN_MS = 100,
    BACK_OFF_MAX_MS = 3000,
    LIVE_MS = 15 * 1000, /* a watch tells something every 10 s, whatever the patience for an answer */
    DIAL_MS = 5000,      /* of a connection that is made again */
};

void follow_begin(struct follow *f, const char *path, int64_t job, int64_t since, int reply_ms, int patience_ms)
{
    *f = (struct follow){.wake_fd = -1,
                         .out_fd = -1,
                         .path = path,
                         .job = job,
                         .last = since,
                         .reply_ms = reply_ms,
                         .patience_ms = patience_ms,
                         .conn = {.fd = -1},
                         .message = {.id = -1},
                         .back_off = BACK_OFF_MIN_MS};
}

void follow_end(struct follow *f)
{
    message_clear(&f->message);
    conn_close(&f->conn);
    f->stage = FOLLOW_CLOSED;
}

static void drop(struct follow *f)
{
    conn_close(&f->conn);
    f->stage = FOLLOW_CLOSED;
    f->try_at = conn_now() + f->back_off;
    f->back_off = f->back_off * 2 > BACK_OFF_MAX_MS ? BACK_OFF_MAX_MS : f->back_off * 2;
}

/* Starting again, the daemon may refuse for a moment: it has not set the socket's group yet, or it still serves others.
 */
static bool passes(const struct follow *f, int code)
{
    return code == ERR_NO_DAEMON || code == ERR_LIMIT || (f->stage == FOLLOW_CLOSED && code == ERR_DENIED);
}

/* The job that was followed goes on: that this was refused must not look as if the job was. */
static int gone(struct follow *f, struct err *e)
{
    struct err why = *e;
    if (f->was_live && e->code == ERR_LIMIT)
        err_set(e, ERR_NO_DAEMON, _("job %lld can no longer be followed: %s"), (long long)f->job, why.msg);
    follow_end(f);
    return FOLLOW_GONE;
}

/* After an error: LOST the first time, GONE when it is no use to try again, else nothing (-1). */
static int failed(struct follow *f, struct err *e)
{
    if (!f->was_live || !passes(f, e->code))
        return gone(f, e);
    bool first = !f->lost;
    if (first) {
        f->lost = true;
        f->lost_at = conn_now();
    } else if (conn_now() - f->lost_at >= f->patience_ms) {
        return gone(f, e);
    }
    drop(f);
    return first ? FOLLOW_LOST : -1;
}

static int ask(struct follow *f, struct err *e)
{
    int rc = conn_open(&f->conn, f->path, f->was_live ? DIAL_MS : f->reply_ms, e);
    if (rc == 0 && (rc = conn_send(&f->conn, "hello", conn_hello_params(), e)) > 0) {
        f->stage = FOLLOW_HELLO;
        f->deadline = conn_now() + f->reply_ms;
    }
    return rc < 0 ? rc : 0;
}

static int ask_watch(struct follow *f, struct err *e)
{
    cJSON *p = cJSON_CreateObject();
    if (f->job)
        cJSON_AddNumberToObject(p, "job", (double)f->job);
    if (f->last > 0)
        cJSON_AddNumberToObject(p, "since", (double)f->last);
    int rc = conn_send(&f->conn, "watch", p, e);
    f->stage = FOLLOW_ASKED;
    f->deadline = conn_now() + f->reply_ms;
    return rc < 0 ? rc : 0;
}

void follow_adopt(struct follow *f, struct conn *c)
{
    struct err ignored;
    if (c->fd < 0)
        return;
    f->conn = *c;
    *c = (struct conn){.fd = -1, .path = c->path};
    f->was_live = true;
    if (ask_watch(f, &ignored)) {
        conn_close(&f->conn); /* it has gone meanwhile: it is connected again */
        f->stage = FOLLOW_CLOSED;
    }
}

/* The answer to watch, or a notification. */
static int take(struct follow *f, struct err *e)
{
    struct message *m = &f->message;
    struct err bad = {0};
    bool answer = f->stage == FOLLOW_ASKED;
    if (answer == (m->method != NULL) || (m->method && strcmp(m->method, "changed") != 0))
        return err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: not a message of a watch"));
    f->snapshot = answer ? m->result : get_object(m->params, "snapshot", REQUIRED, &bad);
    f->events = answer ? NULL : get_array(m->params, "events", OPTIONAL, &bad);
    int64_t last = get_id(answer ? m->result : m->params, "last", OPTIONAL, &bad);
    int64_t job = bad.code ? 0 : get_id(f->snapshot, "job", REQUIRED, &bad);
    if (bad.code)
        return err_set(e, bad.code, "%s", bad.msg);
    if (!(answer && f->last > 0) && last >= 0) /* an answer does not bring the events since f->last */
        f->last = last;
    f->job = job;
    f->stage = FOLLOW_LIVE;
    f->was_live = true;
    f->lost = false;
    f->back_off = BACK_OFF_MIN_MS;
    f->fresh = conn_now();
    f->deadline = f->fresh + (f->reply_ms > LIVE_MS ? f->reply_ms : LIVE_MS);
    return 0;
}

/* What the messages that are there bring; -1: nothing to tell. */
static int digest(struct follow *f, struct err *e)
{
    int rc;
    message_clear(&f->message);
    f->snapshot = f->events = NULL;
    while (f->conn.fd >= 0 && (rc = conn_next(&f->conn, &f->message, e)) != 0) {
        if (rc > 0 && f->stage == FOLLOW_HELLO)
            rc = (rc = conn_check_hello(&f->conn, f->message.result, e)) ? rc : ask_watch(f, e);
        else if (rc > 0 && (rc = take(f, e)) == 0)
            return FOLLOW_CHANGED;
        if (rc < 0)
            return failed(f, e);
        message_clear(&f->message);
    }
    return -1;
}

/* One wait; -1: nothing to tell. */
static int wait_once(struct follow *f, int64_t until, struct err *e)
{
    struct pollfd p[] = {{.fd = f->conn.fd, .events = POLLIN}, {.fd = f->wake_fd, .events = POLLIN}, {.fd = f->out_fd}};
    int64_t now = conn_now(), at = f->stage == FOLLOW_CLOSED ? f->try_at : f->deadline;
    if (until < at)
        at = until;
    int n = poll(p, 3, at <= now ? 0 : at - now > 60000 ? 60000 : (int)(at - now));
    if (n < 0 && errno != EINTR) {
        err_set(e, ERR_SYSTEM, "poll: %s", strerror(errno));
        return FOLLOW_GONE;
    }
    if (n > 0 && p[1].revents)
        return FOLLOW_WOKEN;
    if (n > 0 && p[2].revents) {
        raise(SIGPIPE); /* as a write would */
        err_set(e, ERR_SYSTEM, _("cannot write the output: %s"), strerror(EPIPE));
        return FOLLOW_GONE;
    }
    if (n > 0 && p[0].revents)
        return conn_read(&f->conn, e) ? failed(f, e) : -1;
    now = conn_now();
    if (f->stage != FOLLOW_CLOSED && now >= f->deadline) {
        err_set(e, ERR_NO_DAEMON, _("omsupd does not respond on %s: %s. Is it running? Try: systemctl status omsupd"),
                f->path, _("no response in time"));
        return failed(f, e);
    }
    if (f->stage == FOLLOW_CLOSED && now >= f->try_at)
        return ask(f, e) ? failed(f, e) : -1;
    return now >= until ? FOLLOW_TICK : -1;
}

enum follow_what follow_next(struct follow *f, int timeout_ms, struct err *e)
{
    int64_t until = timeout_ms < 0 ? INT64_MAX : conn_now() + timeout_ms;
    for (;;) {
        int rc = digest(f, e);
        if (rc < 0)
            rc = wait_once(f, until, e);
        if (rc >= 0)
            return (enum follow_what)rc;
    }
}
