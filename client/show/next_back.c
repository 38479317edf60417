/* Next: ways back, and what a job that was canceled leaves. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/next.h"

bool next_may_roll_back(const struct snapshot *s)
{
    return snapshot_is(s, JOB_UPGRADE) && s->started && s->rolled_back_by < 0;
}

void next_see_rollback(const struct next *n)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl status %lld", (long long)n->s->rolled_back_by);
    next_command(n, &cmd, NULL);
    buf_free(&cmd);
}

bool next_unfinished_rollback(const struct snapshot *s)
{
    return snapshot_is(s, JOB_ROLLBACK) && s->parent > 0 && s->rolled_back_by < 0;
}

/* Rolls back the upgrade, also when this job is itself a rollback of it. */
void next_roll_back(const struct next *n, const char *more)
{
    struct buf cmd = {0};
    int64_t of = snapshot_is(n->s, JOB_ROLLBACK) ? n->s->parent : n->s->job;
    buf_printf(&cmd, "omsupctl rollback %lld%s", (long long)of, more);
    next_command(n, &cmd, NULL);
    buf_free(&cmd);
}

/* Attempts whose end was never observed: a rollback is refused without --force. */
bool next_unobserved(const struct next *n)
{
    size_t found = 0;
    for (size_t i = 0; i < n->s->n_steps; i++)
        for (size_t k = 0; k < n->s->steps[i].n_subs; k++) {
            const struct subtask *sub = &n->s->steps[i].subs[k];
            if (!sub->unobserved || found++ >= NEXT_ITEMS_MAX)
                continue;
            struct buf at = {0};
            address_print(&at, n->v->t, &n->s->steps[i], sub);
            next_say(n, 2, _("May still be running on %s: %s (its end was never observed)"), text_or_dash(sub->host),
                     buf_str(&at));
            buf_free(&at);
        }
    return found > 0;
}

void next_roll_back_by_force(const struct next *n)
{
    next_say(n, 2, "%s", _("Check on the node that it has ended; then roll back:"));
    next_roll_back(n, " --force --reason TEXT");
}

void next_or_roll_back(const struct next *n)
{
    bool open = next_unobserved(n);
    next_say(n, 2, "%s", _("Or roll back. To see what that would do, and what data it would lose:"));
    next_type(n, "rollback", " --plan", NULL);
    if (open)
        next_roll_back_by_force(n);
}

/* A rollback that stopped half-way is not shown first: what it loses has been confirmed, and only a new one ends it. */
void next_roll_back_again(const struct next *n)
{
    if (next_unobserved(n))
        next_roll_back_by_force(n);
    else
        next_roll_back(n, " --reason TEXT");
}

/* Before the point of no return, what the way back would take, if it is known. */
void next_restore_time(const struct next *n)
{
    double seconds = snapshot_restore_seconds(n->s);
    bool ahead = false;
    struct buf took = {0};
    for (size_t i = 0; i < n->s->n_steps; i++) {
        if (n->s->steps[i].irreversible && n->s->steps[i].state != STATE_PENDING)
            return;
        ahead |= n->s->steps[i].irreversible;
    }
    if (!ahead || seconds < 0 || !snapshot_is(n->s, JOB_UPGRADE) || snapshot_ended(n->s))
        return;
    quantity_words(&took, seconds);
    next_say(n, 2,
             _("In a rehearsal, restoring the databases took %s: a rollback after the point of no return would, too."),
             buf_str(&took));
    buf_free(&took);
}

/* The fact is the name of a scratch database, recorded before it was created. */
static bool names_scratch(const cJSON *fact)
{
    static const char prefix[] = "rehearsal.", suffix[] = ".name";
    size_t len = strlen(fact->string), end = sizeof suffix - 1;
    return cJSON_IsString(fact) && strncmp(fact->string, prefix, sizeof prefix - 1) == 0 && len > end &&
           strcmp(fact->string + len - end, suffix) == 0;
}

/* Of an upgrade that is not rolled back. */
static void scratch_left(const struct next *n)
{
    bool told = false;
    const cJSON *f;
    for (size_t i = 0; i < n->s->n_steps; i++)
        if (strcmp(n->s->steps[i].id, "rehearsal-drop") == 0 && n->s->steps[i].state == STATE_SUCCESSFUL)
            return;
    cJSON_ArrayForEach(f, n->s->facts)
    {
        if (!names_scratch(f))
            continue;
        if (!told)
            next_say(n, 2, "%s",
                     _("The MetaDB may still have these scratch databases. To drop one that exists, type there:"));
        told = true;
        next_say(n, 4, "DROP DATABASE `%s`;", f->valuestring);
    }
}

/* omsupd makes its rollback, which drops the scratch databases. */
static void canceled_rehearsal(const struct next *n)
{
    const cJSON *f = n->s->facts ? n->s->facts->child : NULL;
    next_say(n, 2, "%s", _("Canceled. A rehearsal changes nothing of OMS."));
    while (f && !names_scratch(f))
        f = f->next;
    if (n->s->rolled_back_by >= 0) {
        next_say(n, 2, _("Job %lld drops the scratch databases and removes the dumps that were left:"),
                 (long long)n->s->rolled_back_by);
        next_see_rollback(n);
    } else if (f) {
        next_say(n, 2, "%s",
                 _("omsupd drops the scratch databases and removes the dumps that were left. If it could not, type:"));
        next_roll_back_again(n);
    }
}

void next_canceled(const struct next *n)
{
    const struct snapshot *s = n->s;
    if (snapshot_is(s, JOB_CHECK)) {
        next_say(n, 2, "%s", _("Canceled. A check changes nothing."));
    } else if (!s->started) {
        next_say(n, 2, "%s", _("Canceled before it started: nothing has been changed."));
    } else if (snapshot_is(s, JOB_REHEARSAL)) {
        canceled_rehearsal(n);
    } else if (s->rolled_back_by >= 0) {
        next_say(n, 2, _("Canceled. Job %lld is the rollback:"), (long long)s->rolled_back_by);
        next_see_rollback(n);
    } else if (next_unfinished_rollback(s)) {
        next_say(n, 2, _("Canceled: the rollback of job %lld did not finish. To roll back:"), (long long)s->parent);
        next_roll_back_again(n);
    } else if (s->rollback_unfinished >= 0) {
        next_say(n, 2, _("Canceled. Its rollback, job %lld, did not finish. To roll back:"),
                 (long long)s->rollback_unfinished);
        next_roll_back_again(n);
    } else {
        next_say(n, 2, "%s",
                 s->done > 0 ? _("Canceled: finished work has been kept.") : _("Canceled: no subtask had finished."));
        if (next_may_roll_back(s))
            next_or_roll_back(n);
        scratch_left(n);
    }
}

/* The job ends when what runs has stopped; what cannot be reached cannot be stopped. */
void next_canceling(const struct next *n, bool unreachable)
{
    next_say(n, 2, "%s", _("The job is being canceled. It ends when its commands have stopped."));
    if (!unreachable)
        return;
    next_say(n, 2, "%s",
             _("omsupd cannot stop a command on an unreachable node. To cancel without waiting for it, although it may "
               "still "
               "be running:"));
    next_type(n, "cancel", " --force --reason TEXT", NULL);
}
