/* A job that this host has taken over from another one: the fact `takeover` of it, "EPOCH TAKER TIME HOST". Its fence
 * is written on each node before anything else is asked there, and the epoch is a part of the name of the job's lease.
 */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

/* The epoch of a fact's text; 0: none. */
static unsigned epoch_of(const char *text) { return text ? (unsigned)strtoul(text, NULL, 10) : 0; }

int takeover_load(struct job *b, struct err *e)
{
    char *text = journal_fact(b->jobs->journal, b->row.id, TAKEOVER_FACT), *save = NULL, *part[4];
    if (!text)
        return 0;
    b->fence_text = xstrdup(text);
    size_t n = 0;
    for (char *at = strtok_r(b->fence_text, " ", &save); at && n < 4; at = strtok_r(NULL, " ", &save))
        part[n++] = at;
    if (n == 4) {
        b->fence_job = xasprintf("omsup-%s", b->key);
        b->fence = (struct node_fence){b->fence_job, epoch_of(text), part[1], part[2], part[3]};
    }
    free(text);
    return b->fence.epoch ? 0 : err_set(e, ERR_JOURNAL, "the fact \"" TAKEOVER_FACT "\" is malformed");
}

char *takeover_lease(const struct jobs *js, int64_t id)
{
    char *text = journal_fact(js->journal, id, TAKEOVER_FACT);
    unsigned epoch = epoch_of(text);
    free(text);
    return epoch ? xasprintf("%lld-%s@%u", (long long)id, js->instance, epoch)
                 : xasprintf("%lld-%s", (long long)id, js->instance);
}
