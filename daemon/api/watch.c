/* Watchers: a fresh snapshot whenever there is something new and the last one has left. Never a backlog. */
#include <string.h>

#include "common/log.h"
#include "daemon/api/internal.h"
#include "daemon/engine/view/view.h"

void watch_changed(void *ctx, int64_t job)
{
    struct server *s = ctx;
    for (struct client *c = s->clients; c; c = c->next)
        if (c->watching && (job == 0 || c->watch_job == job)) {
            c->dirty = true;
            watch_send(c);
        }
}

void watch_send(struct client *c)
{
    struct err e;
    cJSON *snapshot = NULL, *events = NULL;
    uint64_t now = uv_now(c->server->loop);
    if (c->closing || c->request || uv_stream_get_write_queue_size((uv_stream_t *)&c->pipe) > 0 ||
        now - c->watch_sent < WATCH_MIN_MS)
        return; /* on_written() or the tick comes back to it */
    if (view_snapshot(engine_jobs(c->server->engine), c->watch_job, &snapshot, &e))
        return;
    int64_t newest = (int64_t)cJSON_GetObjectItemCaseSensitive(snapshot, "last")->valuedouble;
    c->dirty = false;
    c->watch_sent = now;
    int64_t last = c->watch_last;
    bool more;
    if (view_events(engine_jobs(c->server->engine), c->watch_job, c->watch_last, EVENTS_MAX, &events, &last, &more,
                    &e)) {
        cJSON_Delete(snapshot);
        return;
    }
    cJSON *m = cJSON_CreateObject();
    cJSON_AddStringToObject(m, "jsonrpc", "2.0");
    cJSON_AddStringToObject(m, "method", "changed");
    cJSON *p = cJSON_AddObjectToObject(m, "params");
    cJSON_AddItemToObject(p, "snapshot", snapshot);
    cJSON_AddItemToObject(p, "events", events);
    cJSON_AddNumberToObject(p, "last", (double)last);
    c->watch_last = last;
    if (last < newest)
        c->dirty = true;
    if (!client_send(c, m)) {
        log_error("what a watcher of job %lld should see is over the limit of a line; the connection is closed",
                  (long long)c->watch_job);
        client_close(c);
    }
}
