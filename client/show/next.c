/* "Next": what is running, what waits for whom, and exactly what to type. Nothing here may be more than is known. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/quantity.h"
#include "client/show/show.h"
#include "common/alloc.h"

enum { ITEMS_MAX = 8 }; /* of one kind; the rest is counted */

struct next {
    struct buf *b;
    const struct view *v;
    const struct snapshot *s;
    const struct step *st; /* of the item */
    const struct subtask *sub;
};

/* One line of our own words, perhaps with the daemon's in it. */
static void say(const struct next *n, unsigned indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void say(const struct next *n, unsigned indent, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    size_t from = n->b->len;
    buf_printf(n->b, "%*s", (int)indent, "");
    text_add(n->b, n->v->t, text);
    free(text);
    text_wrap(n->b, n->v->t, from, indent + 2);
    buf_puts(n->b, "\n");
}

/* A command to type. */
static void command(const struct next *n, const struct buf *cmd, const char *why)
{
    const struct term *t = n->v->t;
    /* What is copied from here must stay one command: where both do not fit on a line, the remark goes before it. */
    size_t width = 4 + text_width(buf_str(cmd), cmd->len) + (why ? 5 + text_width(why, strlen(why)) : 0);
    bool before = why && t->tty && width > t->width;
    if (before)
        say(n, 4, "# %s%s", why, _(":"));
    size_t from = n->b->len;
    buf_puts(n->b, "    ");
    text_paint(n->b, t, "1", buf_str(cmd));
    if (why && !before)
        buf_printf(n->b, "   # %s", why);
    text_wrap(n->b, t, from, 6);
    buf_puts(n->b, "\n");
}

/* One about the item, or about the job when there is none. */
static void type(const struct next *n, const char *verb, const char *more, const char *why)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl %s %lld", verb, (long long)n->s->job);
    if (n->sub) {
        buf_puts(&cmd, " ");
        address_shell(&cmd, n->v->t, n->st, n->sub);
    }
    buf_puts(&cmd, more);
    command(n, &cmd, why);
    buf_free(&cmd);
}

static void item(const struct next *n, enum state st, const char *message)
{
    size_t from = n->b->len;
    buf_puts(n->b, "  ");
    text_paint(n->b, n->v->t, state_colour(st), lang_text(state_word(st)));
    buf_puts(n->b, _(": "));
    address_print(n->b, n->v->t, n->st, n->sub);
    if (message) {
        buf_puts(n->b, _(": "));
        text_add(n->b, n->v->t, message);
    }
    text_wrap(n->b, n->v->t, from, 4);
    buf_puts(n->b, "\n");
}

static void fix(const struct next *n)
{
    if (n->sub->cure)
        say(n, 4, "%s%s%s", _("Fix"), _(": "), n->sub->cure);
}

static void next_doubt(const struct next *n)
{
    item(n, STATE_IN_DOUBT, n->sub->message);
    if (!subtask_undecided(n->sub)) {
        say(n, 4, "%s", _("omsupd is checking whether it was done; no action needed yet"));
        return;
    }
    say(n, 4, "%s", _("The outcome is unknown. Find out what happened, then choose:"));
    fix(n);
    if (n->sub->attempt > 0)
        type(n, "logs", "", NULL);
    type(n, "retry", "", _("checks again; reruns only if it is not done"));
    type(n, "done", " --reason TEXT", _("it was done"));
    type(n, "skip", " --reason TEXT", _("it is not needed"));
}

static void next_failed(const struct next *n)
{
    item(n, STATE_FAILED, n->sub->message ? n->sub->message : _("no message"));
    fix(n);
    if (snapshot_ended(n->s))
        return; /* a check: it is run again, not retried */
    if (n->sub->attempt > 0)
        type(n, "logs", "", NULL);
    type(n, "retry", "", NULL);
}

/* A notice has lines of its own. */
static void say_lines(const struct next *n, const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        if (len)
            say(n, 4, "%.*s", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

static bool awaits_approval(const struct subtask *s) { return s->phase && strcmp(s->phase, "approval") == 0; }

/* The command is about the step, whichever of its subtasks waits. */
static void next_approval(const struct next *n)
{
    struct next step = *n;
    struct buf cmd = {0};
    step.sub = NULL;
    item(&step, STATE_WAITING, _("a second operator must approve it"));
    say(n, 4, "%s", _("Somebody who has not asked for it checks the plan, and types:"));
    buf_printf(&cmd, "omsupctl approve %lld %s", (long long)n->s->job, n->st->id);
    command(n, &cmd, NULL);
    buf_free(&cmd);
}

static void next_waiting(const struct next *n)
{
    if (awaits_approval(n->sub)) {
        next_approval(n);
        return;
    }
    item(n, STATE_WAITING, n->sub->message ? n->sub->message : _("an operator is needed"));
    if (n->sub->notice)
        say_lines(n, n->sub->notice);
    /* A gate is opened by a person; what omsupd checks itself is not a matter of opinion. */
    if (n->sub->kind && strcmp(n->sub->kind, "wait") == 0 && !n->sub->judge)
        type(n, "confirm", " --force --reason TEXT", _("only if you are certain that omsupd's check is wrong"));
    else
        type(n, "confirm", n->sub->reasoned ? " --reason TEXT" : "", _("yes, continue"));
    type(n, "reject", " --reason TEXT", _("no, fail the step"));
}

static void next_running(const struct next *n)
{
    struct buf m = {0};
    bool plain = !n->sub->phase || strcmp(n->sub->phase, "acting") == 0;
    if (n->sub->host && strcmp(n->sub->host, n->sub->name) != 0) {
        buf_printf(&m, _("on %s"), n->sub->host);
        buf_puts(&m, ", ");
    }
    if (!plain)
        buf_printf(&m, "%s, ", n->sub->phase);
    quantity_time(&m, view_elapsed(n->v, n->sub->elapsed, n->sub->started, n->sub->ended));
    if (n->sub->total > 0) {
        buf_puts(&m, ", ");
        quantity_progress(&m, n->v->t, n->sub);
    }
    if (n->sub->message)
        buf_printf(&m, "%s%s", _(": "), n->sub->message);
    item(n, STATE_RUNNING, buf_str(&m));
    buf_free(&m);
    fix(n);
}

/* An approval is for a step: it is told for the first of its subtasks. */
static bool told_before(const struct step *st, size_t k)
{
    for (size_t i = 0; awaits_approval(&st->subs[k]) && i < k; i++)
        if (awaits_approval(&st->subs[i]))
            return true;
    return false;
}

/* Those in this state: how many, and of those `fixed` (NULL: all) at most `most` are shown. */
static size_t some(struct next *n, enum state st, const bool *fixed, size_t most, void (*fn)(const struct next *))
{
    size_t found = 0;
    for (size_t i = 0; i < n->s->n_steps; i++)
        for (size_t k = 0; k < n->s->steps[i].n_subs; k++) {
            n->st = &n->s->steps[i];
            n->sub = &n->st->subs[k];
            if (n->sub->state == st && !told_before(n->st, k) && (!fixed || *fixed == (n->sub->cure != NULL)) &&
                found++ < most)
                fn(n);
        }
    n->st = NULL;
    n->sub = NULL;
    return found;
}

/* Every subtask in this state, up to a bound; where there are more, those first of which omsupd knows what to do. */
static size_t each(struct next *n, enum state st, void (*fn)(const struct next *))
{
    size_t found = some(n, st, NULL, 0, fn);
    if (found <= ITEMS_MAX) {
        some(n, st, NULL, found, fn);
    } else {
        size_t fixed = some(n, st, &(bool){true}, ITEMS_MAX, fn);
        some(n, st, &(bool){false}, fixed < ITEMS_MAX ? ITEMS_MAX - fixed : 0, fn);
    }
    if (found > ITEMS_MAX)
        say(n, 2, _("%s: %zu more; to list them: omsupctl status %lld -v"), lang_text(state_word(st)),
            found - ITEMS_MAX, (long long)n->s->job);
    return found;
}

static void next_hosts(const struct next *n)
{
    for (size_t i = 0; i < n->s->n_hosts; i++) {
        const struct host *h = &n->s->hosts[i];
        if (h->up || snapshot_ended(n->s))
            continue;
        if (h->why)
            say(n, 2, _("Unreachable: %s: %s (omsupd keeps retrying)"), h->name, h->why);
        else
            say(n, 2, _("Unreachable: %s (omsupd keeps retrying)"), h->name);
    }
}

static const struct step *next_step(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        if (s->steps[i].state == STATE_PENDING)
            return &s->steps[i];
    return NULL;
}

static void then(const struct next *n)
{
    const struct step *st = next_step(n->s);
    if (!st)
        return;
    const char *title = st->title ? st->title : st->id;
    if (st->irreversible)
        say(n, 2, _("Next step: %s: %s (irreversible: afterwards the only way back is a rollback)"), st->id, title);
    else
        say(n, 2, _("Next step: %s: %s"), st->id, title);
}

static bool may_roll_back(const struct snapshot *s)
{
    return snapshot_is(s, JOB_UPGRADE) && s->started && s->rolled_back_by < 0;
}

static void see_rollback(const struct next *n)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl status %lld", (long long)n->s->rolled_back_by);
    command(n, &cmd, NULL);
    buf_free(&cmd);
}

/* What the last step leaves to people is in its notice. */
static void successful(const struct next *n)
{
    if (n->s->rolled_back_by >= 0) { /* and what it left to do is no longer true */
        say(n, 2, _("Successful. Job %lld is the rollback:"), (long long)n->s->rolled_back_by);
        see_rollback(n);
        return;
    }
    const struct step *last = n->s->n_steps ? &n->s->steps[n->s->n_steps - 1] : NULL;
    bool notice = last && last->n_subs && last->subs[0].notice;
    say(n, 2, "%s",
        notice                    ? _("Successful. Remaining manual steps:")
        : snapshot_next_hop(n->s) ? _("Successful.")
                                  : _("Successful. Nothing is left to do."));
    if (notice)
        say_lines(n, last->subs[0].notice);
    const cJSON *f;
    cJSON_ArrayForEach(f, n->s->facts) if (strncmp(f->string, "remark.", 7) == 0 && cJSON_IsString(f))
        say(n, 2, _("Note: %s"), f->valuestring);
}

static void about(const struct next *n, const char *verb, int64_t job)
{
    struct buf cmd = {0};
    buf_printf(&cmd, "omsupctl %s %lld", verb, (long long)job);
    command(n, &cmd, NULL);
    buf_free(&cmd);
}

static void next_hop(const struct next *n, const struct hop *h)
{
    if (h->job >= 0 && h->state == STATE_READY) {
        say(n, 2, _("The next hop, %s -> %s, is job %lld. It is Ready:"), h->source, h->target, (long long)h->job);
        about(n, "plan", h->job);
        about(n, "start", h->job);
    } else if (h->job >= 0) {
        say(n, 2, _("The next hop, %s -> %s, is job %lld (%s):"), h->source, h->target, (long long)h->job,
            lang_text(state_word(h->state)));
        about(n, "status", h->job);
    } else if (n->s->series.problem) {
        say(n, 2, _("The job of the next hop, %s -> %s, could not be created: %s"), h->source, h->target,
            n->s->series.problem);
        say(n, 2, "%s", _("Fix the problem, then create the job:"));
        type(n, "retry", "", NULL);
    } else {
        say(n, 2, _("omsupd is creating the job of the next hop, %s -> %s."), h->source, h->target);
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
static void next_series(const struct next *n)
{
    const struct series *x = &n->s->series;
    const struct hop *h = snapshot_next_hop(n->s), *left = last_unsuccessful(x);
    if (x->over && x->ended)
        say(n, 2, _("The series ended at version %s. To continue, submit a deployment file that starts there."),
            x->ended);
    else if (x->over && left && left->job != n->s->job && left->job != n->s->parent) {
        say(n, 2, _("The series is over, but job %lld, its last hop, was left half-way:"), (long long)left->job);
        about(n, "status", left->job);
    } else if (!x->over && h && n->s->state == STATE_SUCCESSFUL)
        next_hop(n, h);
}

static bool is_unfinished_rollback(const struct snapshot *s)
{
    return snapshot_is(s, JOB_ROLLBACK) && s->parent > 0 && s->rolled_back_by < 0;
}

/* Rolls back the upgrade, also when this job is itself a rollback of it. */
static void roll_back(const struct next *n, const char *more)
{
    struct buf cmd = {0};
    int64_t of = snapshot_is(n->s, JOB_ROLLBACK) ? n->s->parent : n->s->job;
    buf_printf(&cmd, "omsupctl rollback %lld%s", (long long)of, more);
    command(n, &cmd, NULL);
    buf_free(&cmd);
}

/* Attempts whose end was never observed: a rollback is refused without --force. */
static bool unobserved(const struct next *n)
{
    size_t found = 0;
    for (size_t i = 0; i < n->s->n_steps; i++)
        for (size_t k = 0; k < n->s->steps[i].n_subs; k++) {
            const struct subtask *sub = &n->s->steps[i].subs[k];
            if (!sub->unobserved || found++ >= ITEMS_MAX)
                continue;
            struct buf at = {0};
            address_print(&at, n->v->t, &n->s->steps[i], sub);
            say(n, 2, _("May still be running on %s: %s (its end was never observed)"), text_or_dash(sub->host),
                buf_str(&at));
            buf_free(&at);
        }
    return found > 0;
}

static void roll_back_by_force(const struct next *n)
{
    say(n, 2, "%s", _("Check on the node that it has ended; then roll back:"));
    roll_back(n, " --force --reason TEXT");
}

static void or_roll_back(const struct next *n)
{
    bool open = unobserved(n);
    say(n, 2, "%s", _("Or roll back. To see what that would do, and what data it would lose:"));
    type(n, "rollback", " --plan", NULL);
    if (open)
        roll_back_by_force(n);
}

/* A rollback that stopped half-way is not shown first: what it loses has been confirmed, and only a new one ends it. */
static void roll_back_again(const struct next *n)
{
    if (unobserved(n))
        roll_back_by_force(n);
    else
        roll_back(n, " --reason TEXT");
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
            say(n, 2, "%s",
                _("The MetaDB may still have these scratch databases. To drop one that exists, type there:"));
        told = true;
        say(n, 4, "DROP DATABASE `%s`;", f->valuestring);
    }
}

/* omsupd makes its rollback, which drops the scratch databases. */
static void canceled_rehearsal(const struct next *n)
{
    const cJSON *f = n->s->facts ? n->s->facts->child : NULL;
    say(n, 2, "%s", _("Canceled. A rehearsal changes nothing of OMS; its dumps may be left in backup.directory."));
    while (f && !names_scratch(f))
        f = f->next;
    if (n->s->rolled_back_by >= 0) {
        say(n, 2, _("Job %lld drops the scratch databases that were left:"), (long long)n->s->rolled_back_by);
        see_rollback(n);
    } else if (f) {
        say(n, 2, "%s", _("omsupd drops the scratch databases that were left. If it could not, type:"));
        roll_back_again(n);
    }
}

static void canceled(const struct next *n)
{
    const struct snapshot *s = n->s;
    if (snapshot_is(s, JOB_CHECK)) {
        say(n, 2, "%s", _("Canceled. A check changes nothing."));
    } else if (!s->started) {
        say(n, 2, "%s", _("Canceled before it started: nothing has been changed."));
    } else if (snapshot_is(s, JOB_REHEARSAL)) {
        canceled_rehearsal(n);
    } else if (s->rolled_back_by >= 0) {
        say(n, 2, _("Canceled. Job %lld is the rollback:"), (long long)s->rolled_back_by);
        see_rollback(n);
    } else if (is_unfinished_rollback(s)) {
        say(n, 2, _("Canceled: the rollback of job %lld did not finish. To roll back:"), (long long)s->parent);
        roll_back_again(n);
    } else if (s->rollback_unfinished >= 0) {
        say(n, 2, _("Canceled. Its rollback, job %lld, did not finish. To roll back:"),
            (long long)s->rollback_unfinished);
        roll_back_again(n);
    } else {
        say(n, 2, "%s",
            s->done > 0 ? _("Canceled: finished work has been kept.") : _("Canceled: no subtask had finished."));
        if (may_roll_back(s))
            or_roll_back(n);
        scratch_left(n);
    }
}

/* The job ends when what runs has stopped; what cannot be reached cannot be stopped. */
static void canceling(const struct next *n, bool unreachable)
{
    say(n, 2, "%s", _("The job is being canceled. It ends when its commands have stopped."));
    if (!unreachable)
        return;
    say(n, 2, "%s",
        _("omsupd cannot stop a command on an unreachable node. To cancel without waiting for it, although it may "
          "still "
          "be running:"));
    type(n, "cancel", " --force --reason TEXT", NULL);
}

struct at_work {
    bool runs, canceling, unreachable;
};

static struct at_work at_work(const struct snapshot *s)
{
    struct at_work w = {0};
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            const struct subtask *sub = &s->steps[i].subs[k];
            w.runs |= sub->state == STATE_RUNNING || (sub->phase && strcmp(sub->phase, "fencing") == 0);
            w.canceling |= sub->phase && strcmp(sub->phase, "canceling") == 0;
            w.unreachable |= snapshot_out_of_reach(s, sub);
        }
    return w;
}

static void scheduled(const struct next *n)
{
    struct buf at = {0};
    quantity_date(&at, n->v->t, n->s->start_at);
    say(n, 2, _("omsupd starts it at %s. To change that:"), buf_str(&at));
    type(n, "start", "", _("now"));
    type(n, "start", " --at TIME", NULL);
    type(n, "pause", "", _("takes the start back"));
    buf_free(&at);
}

static void next_job(const struct next *n, size_t running, size_t asked)
{
    const struct snapshot *s = n->s;
    struct at_work work = at_work(s);
    switch (s->state) {
    case STATE_INITIALIZING:
        say(n, 2, "%s", _("Initializing: the job is being created."));
        break;
    case STATE_READY:
        say(n, 2, "%s", _("Ready: nothing has been changed yet."));
        if (s->start_at) {
            scheduled(n);
            break;
        }
        type(n, "plan", "", _("shows every command"));
        type(n, "start", "", NULL);
        break;
    case STATE_PAUSED:
        say(n, 2, "%s", _("Paused: nothing will start until you resume it."));
        type(n, "resume", "", NULL);
        if (next_step(s) && !work.runs)
            type(n, "resume", " --one-step", _("runs the next step only"));
        break;
    case STATE_SUCCESSFUL:
        successful(n);
        break;
    case STATE_CANCELED:
        canceled(n);
        return;
    case STATE_FAILED:
        if (snapshot_ended(s))
            say(n, 2, "%s", _("Failed. Fix the problem and run the check again."));
        break;
    case STATE_IN_PROGRESS:
        if (work.canceling)
            canceling(n, work.unreachable);
        else if (running)
            then(n);
        else if (!asked)
            say(n, 2, "%s", _("In Progress: the next step is about to start."));
        break;
    case STATE_WAITING:
        if (s->awaited_by) {
            say(n, 2, "%s",
                _("omsupd continues by itself when the window has room. To continue without it, or to stop here:"));
            type(n, "confirm", " --reason TEXT", NULL);
            type(n, "pause", "", NULL);
        }
        if (s->start_missed) {
            type(n, "start", "", _("now"));
            type(n, "start", " --at TIME", NULL);
            type(n, "pause", "", _("not now: the job is Ready again"));
        }
        break;
    case STATE_PENDING:
    case STATE_RUNNING:
    case STATE_IN_DOUBT:
    case STATE_SKIPPED:
    case N_STATES:
        break;
    }
    bool stuck =
        s->state == STATE_FAILED || s->state == STATE_PAUSED || (s->state == STATE_WAITING && snapshot_undecided(s));
    if (stuck && may_roll_back(s))
        or_roll_back(n);
}

static void in_doubt(const struct next *n) { item(n, STATE_IN_DOUBT, n->sub->message); }
static void failed(const struct next *n) { item(n, STATE_FAILED, n->sub->message); }

/* The command that makes a new plan. */
static void plan_again(const struct next *n)
{
    struct buf again = {0};
    buf_printf(&again, "omsupctl %s FILE",
               snapshot_is(n->s, JOB_CHECK)       ? "check"
               : snapshot_is(n->s, JOB_REHEARSAL) ? "rehearse"
                                                  : "submit");
    command(n, &again, NULL);
    buf_free(&again);
}

/* Its node is unreachable: omsupd neither sees the end of what runs nor can stop it, so only --force leads on. */
static void outdated_unreachable(const struct next *n)
{
    say(n, 2, "%s",
        _("omsupd cannot see whether a command on an unreachable node has ended. Make the node reachable; or check on "
          "it "
          "that the command has ended, then cancel without waiting for it:"));
    type(n, "cancel", " --force --reason TEXT", NULL);
    if (snapshot_is(n->s, JOB_CHECK)) {
        plan_again(n);
    } else {
        say(n, 2, "%s", _("Then roll back; omsupd makes a new plan for that:"));
        roll_back(n, " --force --reason TEXT");
    }
}

static void outdated_upgrade(const struct next *n, bool runs)
{
    bool open = unobserved(n);
    say(n, 2, "%s",
        runs ? _("When it has ended, roll back; omsupd makes a new plan for that. To see what it would do, and what "
                 "data "
                 "it would lose:")
             : _("Roll back; omsupd makes a new plan for that. To see what it would do, and what data it would lose:"));
    type(n, "rollback", " --plan", NULL);
    if (open)
        roll_back_by_force(n);
    say(n, 2, "%s",
        runs ? _("Or cancel the job, which stops what is running; nothing is undone:")
             : _("Or leave everything as it is now:"));
    type(n, "cancel", " --reason TEXT", NULL);
}

/* An older omsupd made the plan: what there is of it is shown, and the ways out. */
static void next_outdated(struct next *n)
{
    const struct snapshot *s = n->s;
    struct at_work work = at_work(s);
    say(n, 2, "%s%s%s", _("An older omsupd made this plan. It will not be continued"), _(": "), s->outdated);
    each(n, STATE_IN_DOUBT, in_doubt);
    each(n, STATE_FAILED, failed);
    each(n, STATE_RUNNING, next_running);
    if (work.canceling) {
        canceling(n, work.unreachable);
        return;
    }
    if (work.runs)
        say(n, 2, "%s", _("What is running is followed to its end; nothing else will start."));
    if (work.unreachable) {
        outdated_unreachable(n);
    } else if (may_roll_back(s)) {
        outdated_upgrade(n, work.runs);
    } else if (is_unfinished_rollback(s)) {
        say(n, 2, "%s", _("Cancel this rollback, then roll back again; omsupd makes a new plan for that:"));
        type(n, "cancel", " --reason TEXT", NULL);
        roll_back_again(n);
    } else {
        say(n, 2, "%s",
            snapshot_is(s, JOB_CHECK) ? _("Cancel this check, then check again; omsupd makes a new plan:")
            : s->series.hop > 1
                ? _("Cancel this job, then submit a deployment file with the hops that are left; omsupd makes a new "
                    "plan:")
                : _("Cancel this job, then submit the deployment file again; omsupd makes a new plan:"));
        type(n, "cancel", " --reason TEXT", NULL);
        plan_again(n);
    }
}

/* Of a Failed or Waiting job `why` is what the first item says. */
static bool told(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++) {
            enum state st = s->steps[i].subs[k].state;
            if (st == STATE_FAILED || st == STATE_WAITING || st == STATE_IN_DOUBT)
                return s->state == STATE_FAILED || s->state == STATE_WAITING;
        }
    return false;
}

/* Before the point of no return, what the way back would take, if it is known. */
static void restore_time(const struct next *n)
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
    say(n, 2, _("In a rehearsal, restoring the databases took %s: a rollback after the point of no return would, too."),
        buf_str(&took));
    buf_free(&took);
}

void show_next(struct buf *b, const struct view *v, const struct snapshot *s)
{
    struct next n = {.b = b, .v = v, .s = s};
    size_t asked = 0, failed, running;
    text_paint(b, v->t, "1", _("Next"));
    buf_puts(b, "\n");
    if (s->outdated) {
        next_hosts(&n);
        next_outdated(&n);
        return;
    }
    if (s->why && !told(s))
        say(&n, 2, "%s%s%s", s->state == STATE_IN_PROGRESS ? _("Note") : _("Why"), _(": "), s->why);
    next_hosts(&n);
    if (snapshot_ended(s) && s->rolled_back_by >= 0) { /* what it left undone is the rollback's */
        next_job(&n, 0, 0);
        next_series(&n);
        return;
    }
    asked += each(&n, STATE_IN_DOUBT, next_doubt);
    failed = each(&n, STATE_FAILED, next_failed);
    if (failed > 1 && !snapshot_ended(s)) {
        say(&n, 2, "%s", _("Retry everything that failed:"));
        type(&n, "retry", "", NULL);
    }
    asked += failed;
    asked += each(&n, STATE_WAITING, next_waiting);
    running = each(&n, STATE_RUNNING, next_running);
    next_job(&n, running, asked);
    restore_time(&n);
    next_series(&n);
}
