/* Set-up and shutdown of the room. */
#include "daemon/engine/reach/reach.h"

/* Called when a host, an inquiry or a call has ended; matters only after reach_close(). */
static void part_closed(struct reach *r)
{
    if (!r->closed || r->hosts || r->calls || r->inquiries)
        return;
    void (*closed)(void *) = r->closed;
    r->closed = NULL;
    closed(r->closed_ctx);
}

void reach_init(struct reach *r, uv_loop_t *loop, const char *run_dir, const char *instance,
                bool (*ended)(void *ctx, const char *token), void *ctx)
{
    *r = (struct reach){
        .loop = loop, .run_dir = run_dir, .instance = instance, .ended = ended, .ctx = ctx, .part_closed = part_closed};
}

void reach_close(struct reach *r, void (*closed)(void *ctx), void *ctx)
{
    r->closing = true;
    calls_cancel(r);
    inquiries_give_up(r);
    hosts_close_unused(r, true);
    r->closed = closed;
    r->closed_ctx = ctx;
    part_closed(r);
}
