/* "Slower than ever before", as an event, once. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/job/job.h"

static bool other_event(void *ctx, const struct journal_event *ev)
{
    const char **step = ctx;
    if (strcmp(ev->event, "slower") == 0 && ev->step && strcmp(ev->step, *step) == 0)
        *step = NULL;
    return *step != NULL;
}

/* An earlier process may have told it. */
static bool is_told(const struct job *b, const char *step)
{
    struct err e;
    journal_events(b->jobs->journal, b->row.id, 0, UINT32_MAX, other_event, &step, &e);
    return step == NULL;
}

void slower_tick(struct job *b)
{
    size_t k = core_current_step(&b->core);
    if (k == b->core.n_steps || b->core.mode == MODE_READY || !durations_first_slower(b, k))
        return;
    const struct duration *d = durations_of(b, k);
    const char *step = b->plan->steps[k].id;
    if (is_told(b, step))
        return;
    char *so_far = durations_words(durations_so_far(b, k)), *most = durations_words(d->most);
    char *why = xasprintf("slower than ever before: %s so far; the slowest of %u earlier run%s took %s", so_far,
                          d->runs, d->runs == 1 ? "" : "s", most);
    log_warn("job %lld: %s: %s", (long long)b->row.id, step, why);
    record_event(b, step, NULL, "engine", "slower", NULL, NULL, why);
    free(why);
    free(most);
    free(so_far);
}
