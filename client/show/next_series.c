/* Next: what comes after a hop of a chained upgrade. */
#include "client/lang/lang.h"
#include "client/show/next.h"

static void about(const struct next *n, const char *verb, int64_t job)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl %s %lld", verb, (long long)job);
    next_command(n, &cmd, NULL);
    buf_free(&cmd);
}

static void next_hop(const struct next *n, const struct hop *h)
{
    if (h->job >= 0 && h->state == STATE_READY) {
        next_say(n, 2, _("The next hop, %s -> %s, is job %lld. It is Ready:"), h->source, h->target, (long long)h->job);
        about(n, "plan", h->job);
        about(n, "start", h->job);
    } else if (h->job >= 0) {
        next_say(n, 2, _("The next hop, %s -> %s, is job %lld (%s):"), h->source, h->target, (long long)h->job,
                 lang_text(state_word(h->state)));
        about(n, "status", h->job);
    } else if (n->s->series.problem) {
        next_say(n, 2, _("The job of the next hop, %s -> %s, could not be created: %s"), h->source, h->target,
                 n->s->series.problem);
        next_say(n, 2, "%s", _("Fix the problem, then create the job:"));
        next_type(n, "retry", "", NULL);
    } else {
        next_say(n, 2, _("omsupd is creating the job of the next hop, %s -> %s."), h->source, h->target);
    }
}

/* The newest job of a hop, if it is not Successful; else NULL. */
static const struct hop *last_unsuccessful(const struct series *x)
{
    size_t k = x->n;
    while (k > 0 && x->hops[k - 1].job < 0)
        k--;
    return k > 0 && x->hops[k - 1].state != STATE_SUCCESSFUL ? &x->hops[k - 1] : NULL;
}

/* What comes after the job in a chained upgrade. */
void next_series(const struct next *n)
{
    const struct series *x = &n->s->series;
    const struct hop *h = snapshot_next_hop(n->s), *left = last_unsuccessful(x);
    if (x->over && x->ended)
        next_say(n, 2, _("The series ended at version %s. To continue, submit a deployment file that starts there."),
                 x->ended);
    else if (x->over && left && left->job != n->s->job && left->job != n->s->parent) {
        next_say(n, 2, _("The series is over, but job %lld, its last hop, was left half-way:"), (long long)left->job);
        about(n, "status", left->job);
    } else if (!x->over && h && n->s->state == STATE_SUCCESSFUL)
        next_hop(n, h);
}
