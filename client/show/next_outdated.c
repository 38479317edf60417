/* Next: of a job whose plan an older omsupd made: the ways out. */
#include "client/lang/lang.h"
#include "client/show/next.h"

static void in_doubt(const struct next *n) { next_item(n, STATE_IN_DOUBT, n->sub->message); }
static void failed(const struct next *n) { next_item(n, STATE_FAILED, n->sub->message); }

/* The command that makes a new plan. */
static void plan_again(const struct next *n)
{
    struct buf again = {0};
    buf_printf(&again, "omsupctl %s FILE",
               snapshot_is(n->s, JOB_CHECK)       ? "check"
               : snapshot_is(n->s, JOB_REHEARSAL) ? "rehearse"
                                                  : "submit");
    next_command(n, &again, NULL);
    buf_free(&again);
}

/* Its node is unreachable: omsupd neither sees the end of what runs nor can stop it, so only --force leads on. */
static void outdated_unreachable(const struct next *n)
{
    next_say(
        n, 2, "%s",
        _("omsupd cannot see whether a command on an unreachable node has ended. Make the node reachable; or check on "
          "it "
          "that the command has ended, then cancel without waiting for it:"));
    next_type(n, "cancel", " --force --reason TEXT", NULL);
    if (snapshot_is(n->s, JOB_CHECK)) {
        plan_again(n);
    } else {
        next_say(n, 2, "%s", _("Then roll back; omsupd makes a new plan for that:"));
        next_roll_back(n, " --force --reason TEXT");
    }
}

static void outdated_upgrade(const struct next *n, bool runs)
{
    bool open = next_unobserved(n);
    next_say(
        n, 2, "%s",
        runs ? _("When it has ended, roll back; omsupd makes a new plan for that. To see what it would do, and what "
                 "data "
                 "it would lose:")
             : _("Roll back; omsupd makes a new plan for that. To see what it would do, and what data it would lose:"));
    next_type(n, "rollback", " --plan", NULL);
    if (open)
        next_roll_back_by_force(n);
    next_say(n, 2, "%s",
             runs ? _("Or cancel the job, which stops what is running; nothing is undone:")
                  : _("Or leave everything as it is now:"));
    next_type(n, "cancel", " --reason TEXT", NULL);
}

/* An older omsupd made the plan: what there is of it is shown, and the ways out. */
void next_outdated(struct next *n)
{
    const struct snapshot *s = n->s;
    struct next_work work = next_at_work(s);
    next_say(n, 2, "%s%s%s", _("An older omsupd made this plan. It will not be continued"), _(": "), s->outdated);
    next_each(n, STATE_IN_DOUBT, in_doubt);
    next_each(n, STATE_FAILED, failed);
    next_each(n, STATE_RUNNING, next_running);
    if (work.canceling) {
        next_canceling(n, work.unreachable);
        return;
    }
    if (work.runs)
        next_say(n, 2, "%s", _("What is running is followed to its end; nothing else will start."));
    if (work.unreachable) {
        outdated_unreachable(n);
    } else if (next_may_roll_back(s)) {
        outdated_upgrade(n, work.runs);
    } else if (next_unfinished_rollback(s)) {
        next_say(n, 2, "%s", _("Cancel this rollback, then roll back again; omsupd makes a new plan for that:"));
        next_type(n, "cancel", " --reason TEXT", NULL);
        next_roll_back_again(n);
    } else {
        next_say(
            n, 2, "%s",
            snapshot_is(s, JOB_CHECK) ? _("Cancel this check, then check again; omsupd makes a new plan:")
            : s->series.hop > 1
                ? _("Cancel this job, then submit a deployment file with the hops that are left; omsupd makes a new "
                    "plan:")
                : _("Cancel this job, then submit the deployment file again; omsupd makes a new plan:"));
        next_type(n, "cancel", " --reason TEXT", NULL);
        plan_again(n);
    }
}
