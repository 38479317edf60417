/* The window of a job: which steps await it, how long each needs, when it is open.
 *
 * What awaits it is what cannot be taken back, and the step with which OMS goes out of service: to stop half-way
 * through an outage because the window closes helps nobody. A hook before such a step is a part of it: it may take a
 * node out of service, or silence the monitoring for a while. */
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/job/job.h"

char *confirmed_text(const struct job *b)
{
    struct buf text = {0};
    for (size_t k = 0; k < b->core.n_steps; k++)
        if (b->core.steps[k].confirmed)
            buf_printf(&text, "%s%s", text.len ? " " : "", b->plan->steps[k].id);
    return text.len ? buf_take(&text) : NULL;
}

static bool awaits(const struct job *b, size_t k)
{
    static const char before[] = "before ";
    const struct plan_step *st = b->plan->steps;
    size_t from = 0, to = 0;
    while (k + 1 < b->plan->n_steps && st[k].hook && strncmp(st[k].hook, before, strlen(before)) == 0)
        k++;
    bool outage = plan_outage(b->plan, &from, &to);
    return st[k].irreversible || (outage && k == from);
}

/* By the slowest of the earlier runs; else by what the operator expects. */
static bool needs(const struct job *b, size_t k, int64_t *seconds, size_t *unknown)
{
    struct duration left;
    bool known = durations_left(b, k, &left, unknown);
    *seconds = known ? (int64_t)left.most + 1 : b->row.expect;
    return known || b->row.expect;
}

int window_possible(struct job *b, struct err *e)
{
    bool any = false;
    if (!nightly_parse(b->row.window, &b->nightly))
        return err_set(
            e, ERR_PARAMS,
            "\"%.40s\" is not a window: use HH:MM-HH:MM by the clock of omsupd's host, with Z or an offset (+08:00) "
            "behind it if that is not meant",
            b->row.window);
    for (size_t k = 0; k < b->core.n_steps; k++) {
        struct core_step *st = &b->core.steps[k];
        size_t unknown = k;
        st->awaits_window = awaits(b, k);
        if (!st->awaits_window)
            continue;
        any = true;
        if (!needs(b, k, &st->needs_s, &unknown))
            return err_set(
                e, ERR_REFUSED,
                "a window needs to know how long the rest takes from %s on, but no earlier run of this deployment "
                "tells how long %s takes; say it with --expect DURATION",
                b->plan->steps[k].id, b->plan->steps[unknown].id);
        if (st->needs_s > nightly_length(&b->nightly)) {
            char *left = durations_words((double)st->needs_s);
            err_set(e, ERR_REFUSED, "the window %s is too short: from %s on, the rest takes up to %s", b->row.window,
                    b->plan->steps[k].id, left);
            free(left);
            return e->code;
        }
    }
    if (!any)
        return err_set(e, ERR_REFUSED,
                       "a window has no meaning for this job: it has no step that cannot be taken back");
    b->core.window.set = true;
    window_look(b);
    return 0;
}

int window_read(struct job *b, struct err *e)
{
    if (!b->row.window)
        return 0;
    if (!nightly_parse(b->row.window, &b->nightly))
        return err_set(e, ERR_JOURNAL, "its window is \"%.40s\"", b->row.window);
    b->core.window.set = true;
    for (size_t k = 0; k < b->core.n_steps; k++) {
        struct core_step *st = &b->core.steps[k];
        st->awaits_window = awaits(b, k);
        if (st->awaits_window && !needs(b, k, &st->needs_s, NULL))
            st->needs_s = INT32_MAX; /* no longer known: an operator decides */
    }
    for (const char *at = b->row.confirmed; at && *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " "), k = job_step(b, at, len);
        if (k < b->core.n_steps)
            b->core.steps[k].confirmed = true;
        at += len;
    }
    window_look(b);
    return 0;
}

void window_look(struct job *b)
{
    struct core_window *w = &b->core.window;
    if (!w->set)
        return;
    w->now = times_wall();
    nightly_next(&b->nightly, w->now, &w->opens, &w->closes);
}

char *window_why(const struct job *b)
{
    const struct core_window *w = &b->core.window;
    size_t k = core_current_step(&b->core);
    if (k == b->core.n_steps)
        return NULL;
    bool open = w->now >= w->opens;
    char *at = times_local(open ? w->closes : w->opens), *left = durations_words((double)b->core.steps[k].needs_s);
    const char *id = b->plan->steps[k].id;
    char *why =
        open ? xasprintf("%s does not begin: the rest takes up to %s, and the window closes at %s; it waits for the "
                         "next one",
                         id, left, at)
             : xasprintf("%s waits for its window, which opens at %s; the rest takes up to %s", id, at, left);
    free(at);
    free(left);
    return why;
}
