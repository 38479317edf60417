/* watch with a picture and keys: one loop over signals, keys, the watched job, and the requests of the operator. */
#include "client/show/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "client/lang/lang.h"
#include "client/watch/state.h"
#include "client/watch/watch.h"

enum { TICK_MS = 1000, LOG_MS = 500 };

struct session {
    struct cli *c;
    struct screen sc;
    struct follow f;
    struct watch w;
    struct keys keys;
    struct call acts, logs;
    int wake; /* epoll: whatever ends a wait */
    int signal_no;
    bool leave, ended;
    int status;
    cJSON *now; /* the newest snapshot, for the ticks */
    struct snapshot s;
    int64_t log_offset, log_due;
    bool log_later;
};

static int reply_ms(const struct session *x, bool slow)
{
    return x->c->timeout_ms ? x->c->timeout_ms : slow ? CONN_SLOW_MS : CONN_REPLY_MS;
}

/* --- the requests of the operator ------------------------------------------------------------------------------------
 */

static void send_act(struct session *x)
{
    struct err e = {0};
    const struct verb *v = x->w.act.verb;
    bool slow = v == &verbs[DO_RETRY] && !x->w.act.at.step; /* it may have to make the plan of a next hop */
    x->w.sent = true;
    if (call_begin(&x->acts, v->name, act_params(&x->w.act), reply_ms(x, slow), &e))
        watch_answered(&x->w, NULL, &e);
}

static void take_act(struct session *x)
{
    struct err e = {0};
    cJSON *result = NULL;
    bool asked = !call_idle(&x->acts);
    int rc = call_take(&x->acts, &result, &e);
    if (asked && rc)
        watch_answered(&x->w, rc == 1 ? result : NULL, &e);
    cJSON_Delete(result);
    if (call_idle(&x->acts))
        call_end(&x->acts); /* places of omsupd are few */
}

static void close_log(struct session *x)
{
    call_end(&x->logs);
    x->log_due = INT64_MAX;
}

static void open_log(struct session *x)
{
    close_log(x);
    x->log_offset = 0;
    x->log_later = false;
    x->log_due = 0;
}

static void log_failed(struct session *x, const struct err *e)
{
    if (e->code == ERR_NO_DAEMON || e->code == ERR_LIMIT || (e->code == ERR_DENIED && x->w.attempt)) {
        x->log_due = conn_now() + TICK_MS; /* it may be restarted; the watch says so, and how long to wait */
        return;
    }
    close_log(x);
    x->w.log = false;
    act_error(&x->w.say, x->w.t, e);
}

static void ask_log(struct session *x)
{
    struct err e = {0};
    cJSON *p = cJSON_CreateObject();
    address_params(&x->w.of, p);
    if (x->w.attempt > 0)
        cJSON_AddNumberToObject(p, "attempt", (double)x->w.attempt);
    cJSON_AddNumberToObject(p, "offset", (double)x->log_offset);
    x->log_due = INT64_MAX;
    if (call_begin(&x->logs, "logs", p, reply_ms(x, false), &e))
        log_failed(x, &e);
}

static int add_log(struct session *x, const cJSON *result, struct err *e)
{
    int64_t attempt = get_id(result, "attempt", REQUIRED, e), next = get_id(result, "next", REQUIRED, e);
    const char *data = get_text(result, "data", REQUIRED, e);
    bool end = get_bool(result, "end", REQUIRED, e), later = get_bool(result, "later", OPTIONAL, e);
    if (e->code == 0 && next < x->log_offset)
        err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: \"next\" goes backwards"));
    if (e->code)
        return e->code;
    if (later && !x->log_later)
        watch_say(&x->w, _("the attempt is running; viewers see its output when it has ended"));
    if (end && attempt == 0)
        watch_say(&x->w, _("no attempt has started yet; there is no output"));
    x->log_later = later;
    x->w.attempt = attempt;
    x->w.log_ended = end;
    pager_add(&x->w.pager, data, strlen(data));
    x->log_due = end ? INT64_MAX : next > x->log_offset ? 0 : conn_now() + LOG_MS;
    x->log_offset = next;
    return 0;
}

static void take_log(struct session *x)
{
    struct err e = {0};
    cJSON *result = NULL;
    bool asked = !call_idle(&x->logs);
    int rc = call_take(&x->logs, &result, &e);
    if (asked && rc == 1)
        rc = add_log(x, result, &e);
    if (asked && rc < 0)
        log_failed(x, &e);
    cJSON_Delete(result);
    if (x->w.log && call_idle(&x->logs) && conn_now() >= x->log_due)
        ask_log(x);
}

/* --- what was typed --------------------------------------------------------------------------------------------------
 */

static void do_key(struct session *x, const struct key *k)
{
    switch (watch_key(&x->w, x->now ? &x->s : NULL, k)) {
    case WISH_LEAVE:
        x->leave = true;
        break;
    case WISH_SEND:
        send_act(x);
        break;
    case WISH_LOG:
        open_log(x);
        break;
    case WISH_LOG_CLOSED:
        close_log(x);
        break;
    case WISH_REDRAW:
        x->sc.drawn = false;
        break;
    case WISH_NOTHING:
        break;
    }
}

static void take_keys(struct session *x)
{
    char bytes[256];
    size_t n;
    while (!x->leave && (n = screen_read(&x->sc, bytes, sizeof bytes)) > 0)
        for (size_t i = 0; i < n && !x->leave; i++) {
            bool asked = x->w.act.verb != NULL;
            struct key k = keys_byte(&x->keys, bytes[i]);
            do_key(x, &k);
            if (!asked && x->w.act.verb && !x->w.sent) { /* what was typed before the question is no answer to it */
                screen_forget(&x->sc);
                break;
            }
        }
}

/* --- the loop --------------------------------------------------------------------------------------------------------
 */

static void wake_on(const struct session *x, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (fd >= 0)
        epoll_ctl(x->wake, EPOLL_CTL_ADD, fd, &event); /* one that is closed leaves by itself */
}

static void wake_all(const struct session *x)
{
    wake_on(x, x->sc.fd);
    wake_on(x, call_fd(&x->acts));
    wake_on(x, call_fd(&x->logs));
    if (x->sc.keys)
        wake_on(x, STDIN_FILENO);
    else
        epoll_ctl(x->wake, EPOLL_CTL_DEL, STDIN_FILENO, NULL);
}

static int wait_ms(const struct session *x)
{
    int64_t ms = keys_open(&x->keys) ? KEYS_QUIET_MS : TICK_MS;
    if (x->w.log && call_idle(&x->logs) && x->log_due != INT64_MAX) {
        int64_t left = x->log_due - conn_now();
        ms = left < 0 ? 0 : left < ms ? left : ms;
    }
    return (int)ms;
}

static int take_snapshot(struct session *x, struct err *e)
{
    struct snapshot s;
    cJSON *o = cJSON_Duplicate(x->f.snapshot, true);
    if (snapshot_parse(o, &s, e)) {
        cJSON_Delete(o);
        return e->code;
    }
    if (x->now)
        snapshot_free(&x->s);
    cJSON_Delete(x->now);
    x->now = o;
    x->s = s;
    x->ended = snapshot_ended(&s);
    x->status = (int)exit_of_job(&s);
    return 0;
}

static void draw(struct session *x, bool last)
{
    struct buf picture = {0}, tail = {0};
    if (!x->now)
        return;
    x->w.keys = x->sc.keys;
    watch_draw(&x->w, &x->s, last, &picture, &tail);
    screen_draw(&x->sc, &picture, last, buf_str(&tail), x->w.act.verb && !x->w.sent && !last);
    buf_free(&picture);
    buf_free(&tail);
}

static int turn(struct session *x, struct err *e)
{
    wake_all(x);
    enum follow_what what = follow_next(&x->f, wait_ms(x), e);
    int rc = what == FOLLOW_CHANGED ? take_snapshot(x, e) : what == FOLLOW_GONE ? e->code : 0;
    if (rc)
        return rc;
    if (what == FOLLOW_WOKEN) {
        x->signal_no = screen_signal(&x->sc);
        take_keys(x);
    } else if (what == FOLLOW_TICK && keys_open(&x->keys)) {
        struct key k = keys_quiet(&x->keys);
        do_key(x, &k);
    }
    take_act(x);
    take_log(x);
    x->w.lost = x->f.lost;
    if (!x->f.lost)
        x->w.age = (double)(conn_now() - x->f.fresh) / 1000;
    return 0;
}

static int run(struct session *x, struct err *e)
{
    int rc = 0;
    bool over = false;
    while (rc == 0 && !over && !x->signal_no && !x->leave) {
        rc = turn(x, e);
        over = x->ended && watch_at_rest(&x->w);
        if (rc == 0 && !x->signal_no)
            draw(x, over);
    }
    return rc;
}

int watch_screen(struct cli *c, int64_t job, struct err *e)
{
    struct session x = {.c = c, .log_due = INT64_MAX, .status = STATUS_RUNNING};
    cJSON *hello = NULL;
    int rc = cli_hello(c, &hello, e);
    if (rc)
        return rc;
    struct err ignored = {0};
    const char *access = get_text(hello, "access", OPTIONAL, &ignored);
    watch_begin(&x.w, &c->term);
    x.w.verbose = cli_opt(c, OPT_VERBOSE) != NULL;
    x.w.viewer = access && strcmp(access, "view") == 0;
    cJSON_Delete(hello);
    x.wake = epoll_create1(EPOLL_CLOEXEC);
    if (x.wake < 0 || screen_open(&x.sc, &c->term, true) != 0)
        return err_set(e, ERR_SYSTEM, "signalfd: %s", strerror(errno));
    call_init(&x.acts, c->socket);
    call_init(&x.logs, c->socket);
    await_begin(c, &x.f, job, 0);
    x.f.wake_fd = x.wake;
    rc = run(&x, e);
    screen_close(&x.sc);
    close(x.wake);
    follow_end(&x.f);
    call_end(&x.acts);
    call_end(&x.logs);
    watch_end(&x.w);
    if (x.now)
        snapshot_free(&x.s);
    cJSON_Delete(x.now);
    if (rc == 0 && !x.ended && (x.signal_no || x.leave))
        cli_note(c, "%s", _("stopped watching; the job continues"));
    if (x.signal_no)
        raise(x.signal_no);
    return rc ? rc : x.status;
}
