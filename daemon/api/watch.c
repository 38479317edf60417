/* Watchers: a fresh snapshot whenever there is something new and the last one has left. Never a backlog. */
#include <stdlib.h>

#include "common/log.h"
#include "daemon/api/internal.h"
#include "daemon/api/message.h"
#include "daemon/engine/view/view.h"

enum {
    WATCH_MIN_MS = 100,       /* between two notifications of one watcher; more when they cost much of the time */
    WATCH_LATE_MS = 2 * 1000, /* and then at most */
    WATCH_PART = 30,          /* all of them together may take one part of the time in so many */
    WATCH_MAX_MS = 10 * 1000, /* at least one in this time */
    EVENTS_MAX = 500,         /* of one notification */
};

static void forget_shown(struct server *s)
{
    free(s->shown.text);
    s->shown = (struct shown){0};
}

/* Made once for all watchers of a change, which may be many and each get most of a MiB. */
static const struct shown *show(struct server *s, int64_t job)
{
    struct shown *x = &s->shown;
    cJSON *snapshot = NULL;
    struct view_mark mark;
    struct err e;
    if (x->text && x->job == job && x->at == uv_now(s->loop))
        return x;
    forget_shown(s);
    if (view_snapshot(engine_jobs(s->engine), job, &mark, &snapshot, &e))
        return NULL;
    *x = (struct shown){cJSON_PrintUnformatted(snapshot), job, mark.last, uv_now(s->loop)};
    cJSON_Delete(snapshot);
    return x->text ? x : NULL;
}

void watch_open(struct server *s)
{
    s->watch_rest_ms = WATCH_MIN_MS;
    s->watch_since = uv_now(s->loop);
}

void watch_begin(struct session *s, int64_t job, int64_t last, bool dirty)
{
    s->watch = (struct watch){.on = true, .dirty = dirty, .job = job, .last = last, .sent = uv_now(s->server->loop)};
    connection_keep(s->connection);
}

void watch_changed(void *ctx, int64_t job)
{
    struct server *s = ctx;
    if (job == 0 || s->shown.job == job)
        forget_shown(s);
    for (struct session *x = s->sessions; x; x = x->next)
        if (x->watch.on && (job == 0 || x->watch.job == job)) {
            x->watch.dirty = true;
            watch_send(x);
        }
}

void watch_send(struct session *s)
{
    struct watch *w = &s->watch;
    uint64_t now = uv_now(s->server->loop), begin = uv_hrtime();
    cJSON *events = NULL;
    int64_t last = w->last;
    struct err e;
    bool more;
    if (connection_closing(s->connection) || s->request || connection_sending(s->connection) ||
        now - w->sent < s->server->watch_rest_ms)
        return; /* comes back when it is idle, or with the tick */
    const struct shown *x = show(s->server, w->job);
    if (!x || view_events(engine_jobs(s->server->engine), w->job, w->last, EVENTS_MAX, &events, &last, &more, &e))
        return;
    cJSON *p = cJSON_CreateObject();
    cJSON_AddRawToObject(p, "snapshot", x->text);
    cJSON_AddItemToObject(p, "events", events);
    cJSON_AddNumberToObject(p, "last", (double)last);
    w->last = last;
    w->sent = now;
    w->dirty = last < x->last; /* not all of the events are told yet */
    if (!connection_send(s->connection, message_notification("changed", p))) {
        log_error("a notification about job %lld is too long for a line; the connection of its watcher is closed",
                  (long long)w->job);
        connection_close(s->connection);
    }
    s->server->watch_ns += uv_hrtime() - begin;
}

/* Many watchers of a large job are told less often, so that what they cost stays a small part of the time. */
static void set_pace(struct server *s, uint64_t now)
{
    uint64_t rest = s->watch_rest_ms, part = (now - s->watch_since) * 1000000 / WATCH_PART;
    if (now - s->watch_since < WATCH_MAX_MS / 10)
        return;
    rest = s->watch_ns > part ? rest * 2 : s->watch_ns < part / 4 ? rest / 2 : rest;
    s->watch_rest_ms = rest < WATCH_MIN_MS ? WATCH_MIN_MS : rest > WATCH_LATE_MS ? WATCH_LATE_MS : rest;
    s->watch_ns = 0;
    s->watch_since = now;
}

void watch_tick(struct server *s, uint64_t now)
{
    set_pace(s, now);
    if (s->shown.at != now)
        forget_shown(s);
    for (struct session *x = s->sessions; x; x = x->next)
        if (x->watch.on && (x->watch.dirty || now - x->watch.sent > WATCH_MAX_MS))
            watch_send(x);
}

void watch_end(struct server *s) { forget_shown(s); }
