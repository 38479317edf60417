/* Tells when a host of a job has been unreachable for a while, and when it can be reached again. A connection that
 * breaks and comes back at once is nobody's business at night. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/drive/drive.h"

enum { LOST_MS = 30000 };

static void tell_host(struct job *b, size_t h, bool lost)
{
    char *why = job_clean(b, lost ? node_why(b->hosts[h]->node) : "it can be reached again");
    b->seen[h].lost = lost;
    record_host(b, b->plan->hosts[h].name, lost ? "node-lost" : "node-back", why);
    free(why);
}

void hosts_tick(struct job *b)
{
    uint64_t now = job_time_ms(b);
    for (size_t h = 0; h < b->plan->n_hosts; h++) {
        struct connection_seen *s = &b->seen[h];
        if (!b->hosts[h])
            continue;
        if (host_up(b->hosts[h])) {
            s->down_ms = 0;
            if (s->lost)
                tell_host(b, h, false);
        } else if (!s->down_ms) {
            s->down_ms = now ? now : 1;
        } else if (!s->lost && now - s->down_ms >= LOST_MS) {
            tell_host(b, h, true);
        }
    }
}

static bool note_told(void *ctx, const struct journal_event *ev)
{
    struct job *b = ctx;
    for (size_t h = 0; ev->host && h < b->plan->n_hosts; h++)
        if (strcmp(b->plan->hosts[h].name, ev->host) == 0)
            b->seen[h].lost = strcmp(ev->event, "node-lost") == 0;
    return true;
}

void hosts_adopt(struct job *b)
{
    struct err e;
    if (journal_events(b->jobs->journal, b->row.id, 0, UINT_MAX, note_told, b, &e))
        log_warn("job %lld: %s", (long long)b->row.id, e.msg);
}
