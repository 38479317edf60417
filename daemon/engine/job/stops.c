/* The stops of the core as the journal keeps them: "backup +start-new". */
#include <string.h>

#include "daemon/engine/job/job.h"

char *stops_text(const struct job *b)
{
    struct buf text = {0};
    for (size_t k = 0; k < b->core.n_steps; k++)
        if (b->core.steps[k].stop)
            buf_printf(&text, "%s%s%s", text.len ? " " : "", b->core.steps[k].stop == STOP_ONE_STEP ? "+" : "",
                       b->plan->steps[k].id);
    return text.len ? buf_take(&text) : NULL;
}

size_t job_step(const struct job *b, const char *id, size_t len)
{
    size_t k = 0;
    while (k < b->plan->n_steps && (strncmp(b->plan->steps[k].id, id, len) != 0 || b->plan->steps[k].id[len]))
        k++;
    return k;
}

int stops_read(struct job *b, const char *text, struct err *e)
{
    for (const char *at = text; at && *at; at += strspn(at, " ")) {
        enum core_stop stop = *at == '+' ? STOP_ONE_STEP : STOP_BREAKPOINT;
        at += stop == STOP_ONE_STEP;
        size_t len = strcspn(at, " "), k = job_step(b, at, len);
        if (k == b->plan->n_steps)
            return err_set(e, ERR_JOURNAL, "it is to be paused before \"%.80s\", which its plan does not have", at);
        b->core.steps[k].stop = stop;
        at += len;
    }
    return 0;
}
