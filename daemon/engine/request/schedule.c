/* A start at a time, as an operator asks for it: see core_schedule(). */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

int schedule_possible(const char *at, struct err *e)
{
    int64_t now = times_wall();
    if ((int64_t)times_seconds(at) > now)
        return 0;
    char *local = times_local(now);
    err_set(e, ERR_STATE, "%s is not in the future: it is %s on the host of omsupd", at, local);
    free(local);
    return e->code;
}

int schedule_start(struct job *b, const char *actor, const char *reason, const char *at, struct err *e)
{
    int rc = schedule_possible(at, e);
    if (rc)
        return rc;
    int64_t when = (int64_t)times_seconds(at);
    if (!core_schedule(&b->core, when, times_wall()))
        return err_set(e, ERR_STATE, "start of job %lld is refused: it is %s; only a job that is Ready can be started",
                       (long long)b->row.id, state_word(core_job_state(&b->core)));
    char *local = times_local(when),
         *text = xasprintf("to start at %s%s%s", local, reason ? ": " : "", reason ? reason : "");
    const char *from = b->row.state;
    job_set_why(b, NULL);
    record_event(b, NULL, NULL, actor, "schedule", from, state_word(core_job_state(&b->core)), text);
    record_job(b);
    free(text);
    free(local);
    return 0;
}

bool schedule_withdraw(struct job *b, const char *actor, const char *reason)
{
    const char *from = b->row.state;
    if (!core_unschedule(&b->core))
        return false;
    job_set_why(b, NULL);
    record_event(b, NULL, NULL, actor, "schedule-withdrawn", from, state_word(core_job_state(&b->core)), reason);
    record_job(b);
    return true;
}

int schedule_window(struct job *b, const char *actor, struct request_window window, struct err *e)
{
    if (!window.text)
        return 0;
    struct err none;
    char *was = b->row.window;
    int64_t expected = b->row.expect;
    bool no = strcmp(window.text, "none") == 0;
    b->row.window = no ? NULL : xstrdup(window.text);
    b->row.expect = window.expect;
    b->core.window.set = !no;
    int rc = no ? 0 : window_possible(b, e);
    free(rc ? b->row.window : was);
    if (rc) { /* it keeps the one that it had */
        b->row.window = was;
        b->row.expect = expected;
        b->core.window.set = false;
        window_read(b, &none);
        return rc;
    }
    record_event(b, NULL, NULL, actor, "window", NULL, NULL, window.text);
    record_job(b);
    return 0;
}
