/* One request of each session in a turn of the loop, in the order in which they came; what is left over waits, so that
 * answers of nodes are never far behind. While a job is under way users.c says who may be served now. */
#include "daemon/api/internal.h"

enum { TURN_NS = 5 * 1000 * 1000 }; /* of one turn */

static void append(struct server *s, struct session *x)
{
    x->waits = true;
    x->next_turn = NULL;
    if (s->turn_last)
        s->turn_last->next_turn = x;
    else
        s->turn_first = x;
    s->turn_last = x;
}

static struct session *take_first(struct server *s)
{
    struct session *x = s->turn_first;
    s->turn_first = x->next_turn;
    if (!s->turn_first)
        s->turn_last = NULL;
    x->waits = false;
    return x;
}

void turns_want(struct session *x)
{
    append(x->server, x);
    uv_idle_start(&x->server->turn, turns_run);
}

void turns_leave(struct session *x)
{
    struct server *s = x->server;
    struct session *list = s->turn_first, *next;
    if (!x->waits)
        return;
    x->waits = false;
    s->turn_first = s->turn_last = NULL;
    for (; list; list = next) {
        next = list->next_turn;
        if (list != x)
            append(s, list);
    }
}

static void on_pause(uv_timer_t *t)
{
    struct server *s = t->data;
    uv_poll_start(&s->accepting, UV_READABLE, s->accept);
    uv_idle_start(&s->turn, turns_run);
}

void turns_pause(struct server *s, uint64_t ns)
{
    uint64_t ms = ns / 1000000 + 1, until = uv_now(s->pause.loop) + ms;
    if (s->closing || (uv_is_active((uv_handle_t *)&s->pause) && s->paused_until <= until))
        return;
    s->paused_until = until;
    uv_timer_start(&s->pause, on_pause, ms, 0);
}

void turns_run(uv_idle_t *h)
{
    struct server *s = h->data;
    uint64_t now = uv_hrtime(), end = now + TURN_NS, soonest = UINT64_MAX;
    bool paced = engine_at_work(s->engine), at_once = false;
    size_t n = 0;
    for (const struct session *x = s->turn_first; x; x = x->next_turn)
        n++;
    for (; n > 0; n--) { /* who comes meanwhile is served in the next turn */
        struct session *x = take_first(s);
        bool operates = x->peer.access == ACCESS_OPERATE;
        uint64_t wait = paced ? users_wait(&s->users, x->user, operates, now) : 0, begin = now;
        if (wait || now >= end) {
            append(s, x);
            at_once = at_once || !wait;
            soonest = wait && wait < soonest ? wait : soonest;
            continue;
        }
        connection_take(x->connection);
        now = uv_hrtime();
        users_served(&s->users, x->user, operates, begin, now);
        at_once = at_once || x->waits;
    }
    if (s->turn_first && at_once)
        return;
    uv_idle_stop(h);
    if (s->turn_first)
        turns_pause(s, soonest);
}
