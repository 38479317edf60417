/* Operator verbs: which subtasks a verb applies to, and why it is refused for others. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

struct call {
    struct job *b;
    const struct request_caller *who;
    enum verb_id verb;
    const char *reason;
    bool force;
    const struct request_verb *what;
    cJSON *changed;
    char *refusal, *event;             /* composed texts: the first refusal; the reason of a confirm */
    struct approval_used used;         /* of skip and done, */
    const struct plan_step *used_step; /* of this step */
};

static bool away(struct job *b, size_t seq)
{
    return b->subs[seq].plan->act.script && b->subs[seq].work.what != WORK_NONE && !host_up(job_host(b, seq));
}

/* Does omsupd check the condition itself, without a person to judge the result? */
static bool looks(const struct sub *s) { return s->plan->kind == KIND_WAIT && !s->plan->judge; }

/* A condition that omsupd sees is not met can be confirmed only with --force and a reason. */
static const char *confirm_refusal(struct call *c, size_t seq)
{
    struct job *b = c->b;
    const struct sub *s = &b->subs[seq];
    bool down = away(b, seq) && node_state(job_host(b, seq)->node) == NODE_DOWN;
    if (s->plan->reasoned && s->looked != LOOKED_UNKNOWN && !c->reason)
        return "the difference is for a person to judge; use confirm --reason TEXT";
    if (!looks(s) || s->looked == LOOKED_UNKNOWN || (s->looked == LOOKED_NOT && down) || (c->force && c->reason))
        return NULL;
    if (s->looked == LOOKED_NOT)
        return "it has not been checked yet; try again in a moment, or use confirm --force --reason TEXT if you are "
               "certain";
    if (!c->refusal)
        c->refusal = xasprintf("%s says: %s; use confirm --force --reason TEXT if you are certain",
                               s->plan->act.builtin ? "the MetaDB" : "the check", s->seen ? s->seen : "no");
    return c->refusal;
}

/* The reason of a confirm, with the last result of the check. */
static const char *confirm_reason(struct call *c, size_t seq)
{
    const struct sub *s = &c->b->subs[seq];
    if (s->plan->kind != KIND_WAIT)
        return c->reason;
    const char *seen = s->looked == LOOKED_NOT ? NULL : s->seen;
    free(c->event);
    c->event = xasprintf("%s (%s%s%s%s)", c->reason ? c->reason : "confirmed by an operator",
                         looks(s) && s->looked == LOOKED_NO ? "with --force, " : "",
                         s->looked == LOOKED_NOT  ? "not checked yet"
                         : s->looked == LOOKED_NO ? "last check: no"
                                                  : "last check: cannot tell",
                         seen ? ": " : "", seen ? seen : "");
    return c->event;
}

/* What is as good as running a step needs a second operator as much. Of a retry the core knows whether it is approved.
 */
static const char *approval_refusal(struct call *c, size_t seq, enum core_event ev)
{
    const struct job *b = c->b;
    const struct plan_step *st = b->subs[seq].step;
    struct err e = {0};
    int rc = 0;
    if (!st->approve || c->used_step == st || (c->verb != DO_SKIP && c->verb != DO_DONE && !core_begins(ev)))
        return NULL;
    if (core_begins(ev)) {
        rc = approve_retry(b, st->id, c->who, &e);
    } else if (c->used_step) {
        return "each step that needs an approval must be named by itself";
    } else {
        char *what = xasprintf("%s %s", verbs[c->verb].name, st->id);
        rc = approve_find(b->jobs, b->row.id, b->row.plan, what, c->who, &c->used, &e);
        free(what);
        c->used_step = rc ? NULL : st;
    }
    if (rc == 0)
        return NULL;
    free(c->refusal);
    c->refusal = e.hint[0] ? xasprintf("%s, who types: %s", e.msg, e.hint) : xstrdup(e.msg);
    return c->refusal;
}

/* Applies the verb to one subtask; if it is refused, *why says why. */
static bool apply_one(struct call *c, size_t seq, const char **why)
{
    struct job *b = c->b;
    enum core_event ev = core_verb_event(&b->core, seq, c->verb, c->force, away(b, seq), why);
    const char *reason = c->reason;
    if (!*why)
        *why = approval_refusal(c, seq, ev);
    bool was_force_next = b->subs[seq].force_next, was_skip_forced = b->core.subtasks[seq].skip_forced;
    if (core_begins(ev) || ev == EV_GIVE_UP)
        b->subs[seq].force_next = c->force && ev != EV_GIVE_UP;
    else if (ev == EV_SKIP)
        b->core.subtasks[seq].skip_forced = c->force;
    else if (c->verb == DO_CONFIRM && !*why && !(*why = confirm_refusal(c, seq)))
        reason = confirm_reason(c, seq);
    const char *from = state_word(core_phase_shown(b->core.subtasks[seq].phase));
    const char *past = verbs[c->verb].past;
    char *said = c->reason && past && (c->verb != DO_DONE || c->force) ? xasprintf("%s: %s", past, c->reason)
                                                                       : NULL; /* the check's message says more */
    bool done = !*why && drive_event(b, seq, ev, c->who->actor, reason, said);
    free(said);
    if (done)
        approve_spend(b->jobs, b->row.id, c->who, &c->used);
    if (!done) {
        b->subs[seq].force_next = was_force_next;
        b->core.subtasks[seq].skip_forced = was_skip_forced;
        return false;
    }
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "step", b->subs[seq].step->id);
    cJSON_AddStringToObject(o, "subtask", b->subs[seq].plan->name);
    cJSON_AddStringToObject(o, "from", from);
    cJSON_AddStringToObject(o, "to", state_word(core_phase_shown(b->core.subtasks[seq].phase)));
    cJSON_AddItemToArray(c->changed, o);
    return true;
}

static int do_subtasks(struct call *c, const char *step, const char *subtask, struct err *e)
{
    struct job *b = c->b;
    size_t first, n, done = 0;
    const char *why = NULL, *state = NULL;
    int rc = job_find(b, step, subtask, &first, &n, e);
    if (rc)
        return rc;
    /* Without a step, Pending subtasks are not meant; and a verb does not apply to what it itself has started. */
    enum core_phase *before = xcalloc(n, sizeof *before);
    for (size_t i = 0; i < n; i++)
        before[i] = b->core.subtasks[first + i].phase;
    for (size_t i = 0; i < n; i++) {
        const char *refused = NULL;
        if (b->core.subtasks[first + i].phase != before[i] || (!step && before[i] == PHASE_PENDING))
            continue;
        if (apply_one(c, first + i, &refused)) {
            done++;
        } else if (!why && (n == 1 || (!core_phase_passed(before[i]) && before[i] != PHASE_PENDING))) {
            /* The most useful refusal is that of a subtask which has started and not passed. */
            why = refused;
            state = state_word(core_phase_shown(before[i]));
        }
    }
    free(before);
    if (done)
        return 0;
    const char *at = subtask ? subtask : step ? step : "job";
    if (state)
        return err_set(e, ERR_STATE, "%s of %s%s%s is refused: it is %s; %s", verbs[c->verb].name, step ? step : "job",
                       subtask ? "/" : "", subtask ? subtask : "", state, why ? why : "not possible in this state");
    struct buf meant = {0};
    verb_states(&meant, &verbs[c->verb]);
    rc = err_set(e, ERR_STATE, "%s of %s is refused: nothing in it is %s", verbs[c->verb].name, at, buf_str(&meant));
    buf_free(&meant);
    return rc;
}

/* The core's name for a verb on the whole job. */
static enum core_verb core_verb_of(enum verb_id v, bool force)
{
    static const enum core_verb of[N_VERBS] = {
        [DO_START] = VERB_START, [DO_PAUSE] = VERB_PAUSE, [DO_RESUME] = VERB_RESUME, [DO_CANCEL] = VERB_CANCEL};
    return v == DO_CANCEL && force ? VERB_CANCEL_FORCE : of[v];
}

/* What a start brings with it: all of it, or nothing has changed. */
static int prepare_start(struct call *c, struct err *e)
{
    struct job *b = c->b;
    const struct request_verb *w = c->what;
    int rc = w->at ? schedule_possible(w->at, e) : 0;
    rc = rc ? rc : breakpoints_possible(b, w->before, e);
    rc = rc ? rc : schedule_window(b, c->who->actor, w->window, e);
    return rc ? rc : breakpoints_set(b, c->who->actor, w->before, e);
}

static int do_job(struct call *c, struct err *e)
{
    struct job *b = c->b;
    const struct request_verb *w = c->what;
    enum core_verb v = w->one_step ? VERB_ONE_STEP : core_verb_of(c->verb, c->force);
    if (c->verb == DO_PAUSE && w->before.n)
        return (w->remove ? breakpoints_remove : breakpoints_set)(b, c->who->actor, w->before, e);
    int rc = c->verb == DO_START && !w->at ? same_oms_conflict(b->jobs, b->plan, b->row.id, b->row.parent, e) : 0;
    if (rc == 0 && c->verb == DO_START)
        rc = approve_start(b, c->who, e);
    if (rc == 0 && w->carry_on)
        rc = next_hop_may_continue(b, e);
    if (rc == 0 && w->one_step && core_job_state(&b->core) == STATE_IN_PROGRESS && b->core.mode == MODE_PAUSED)
        rc = err_set(e, ERR_STATE,
                     "resume of job %lld by one step is refused: a command is still running; wait for its end",
                     (long long)b->row.id);
    if (rc == 0 && c->verb == DO_START && b->core.mode == MODE_READY)
        rc = prepare_start(c, e);
    if (rc == 0 && c->verb == DO_START && b->core.mode == MODE_READY)
        b->row.asked = approve_ask(b->row.asked, c->who);
    if (rc == 0 && c->verb == DO_START && w->at) {
        rc = schedule_start(b, c->who->actor, c->reason, w->at, e);
        if (rc == 0 && w->carry_on)
            next_hop_continue(b, c->who->actor);
        return rc;
    }
    if (rc || (c->verb == DO_PAUSE && schedule_withdraw(b, c->who->actor, c->reason)))
        return rc;
    b->lease.take |= c->verb == DO_RESUME && b->core.mode == MODE_PAUSED; /* if it was lost, an operator has checked */
    if (drive_verb(b, v, c->who->actor, c->reason ? c->reason : c->verb == DO_PAUSE ? "paused by an operator" : NULL)) {
        if (w->carry_on)
            next_hop_continue(b, c->who->actor);
        return 0;
    }
    struct buf meant = {0};
    verb_states(&meant, &verbs[c->verb]);
    rc = err_set(e, ERR_STATE, "%s of job %lld is refused: it is %s; %s applies only to jobs that are %s",
                 verbs[c->verb].name, (long long)b->row.id,
                 b->core.mode == MODE_CANCELING ? "being canceled"
                 : b->core.mode == MODE_PAUSED  ? "Paused"
                                                : state_word(core_job_state(&b->core)),
                 verbs[c->verb].name, buf_str(&meant));
    buf_free(&meant);
    if (c->verb == DO_START && b->core.mode == MODE_PAUSED)
        err_hint(e, "omsupctl resume %lld", (long long)b->row.id);
    if (c->verb == DO_RESUME && b->core.mode == MODE_READY)
        err_hint(e, "omsupctl start %lld", (long long)b->row.id);
    return rc;
}

static cJSON *verb_result(int64_t id, enum state state, cJSON *changed)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddNumberToObject(o, "job", (double)id);
    cJSON_AddStringToObject(o, "state", state_word(state));
    cJSON_AddItemToObject(o, "changed", changed);
    return o;
}

static int refuse_ended(struct jobs *js, enum verb_id v, int64_t id, struct err *e)
{
    struct journal_job row = {0};
    int rc = journal_job(js->journal, id, &row, e);
    if (rc == 0)
        rc = err_set(e, ERR_STATE, "%s of job %lld is refused: it is %s%s%s", verbs[v].name, (long long)id, row.state,
                     row.why ? "; " : "", row.why ? row.why : "");
    journal_job_clear(&row);
    return rc;
}

/* A job on hold cannot continue here, but it can be given up. */
static int do_held(struct jobs *js, const struct request_caller *who, enum verb_id v, int64_t id, const char *step,
                   const char *reason, bool force, cJSON **result, struct err *e)
{
    if (v != DO_CANCEL || step)
        return err_set(e, ERR_STATE, "%s of job %lld is refused: it is %s; it can only be canceled", verbs[v].name,
                       (long long)id, held_why(js, id));
    int rc = held_cancel(js, who->actor, id, reason, force, e);
    if (rc)
        return rc;
    *result = verb_result(id, STATE_CANCELED, cJSON_CreateArray());
    return 0;
}

/* The step that awaits its window begins without it. */
static int confirm_window(struct call *c, struct err *e)
{
    if (!c->reason)
        return err_set(e, ERR_STATE, "job %lld waits for its window; to continue without it, use confirm --reason TEXT",
                       (long long)c->b->row.id);
    drive_verb(c->b, VERB_WINDOW, c->who->actor, c->reason);
    return 0;
}

static int do_live(struct job *b, const struct request_caller *who, const struct request_verb *w, cJSON **result,
                   struct err *e)
{
    enum verb_id v = w->verb;
    if (b->core.outdated && v != DO_CANCEL) {
        err_set(e, ERR_STATE, "%s of job %lld is refused: an older omsupd made its plan, and %s", verbs[v].name,
                (long long)b->row.id, plan_outdated(b->plan));
        return err_hint(e, "roll back or cancel the job; see omsupctl status %lld", (long long)b->row.id);
    }
    bool whole = verb_is_for_job(&verbs[v]);
    struct approval_used force = {0};
    int rc = w->force && approve_verb(b->plan, "--force")
                 ? approve_find(b->jobs, b->row.id, b->row.plan, "--force", who, &force, e)
                 : 0;
    if (rc)
        return rc;
    struct call c = {.b = b,
                     .who = who,
                     .verb = v,
                     .reason = w->reason,
                     .force = w->force,
                     .what = w,
                     .changed = cJSON_CreateArray()};
    rc = v == DO_CONFIRM && b->core.mode == MODE_WINDOW && core_current_step(&b->core) < b->core.n_steps &&
                 (!w->step || strcmp(w->step, b->plan->steps[core_current_step(&b->core)].id) == 0)
             ? confirm_window(&c, e)
         : whole && w->step ? err_set(e, ERR_PARAMS, "%s applies to a whole job, not to a step", verbs[v].name)
         : whole            ? do_job(&c, e)
                            : do_subtasks(&c, w->step, w->subtask, e);
    free(c.refusal);
    free(c.event);
    approve_free(&c.used);
    if (rc == 0)
        approve_spend(b->jobs, b->row.id, who, &force);
    approve_free(&force);
    if (rc)
        cJSON_Delete(c.changed);
    else
        *result = verb_result(b->row.id, core_job_state(&b->core), c.changed);
    return rc;
}

int verbs_do(struct engine *en, const struct request_caller *who, const struct request_verb *w, cJSON **result,
             struct err *e)
{
    struct jobs *js = engine_jobs(en);
    struct job *b = jobs_find(js, w->job);
    int rc = b                      ? do_live(b, who, w, result, e)
             : held_why(js, w->job) ? do_held(js, who, w->verb, w->job, w->step, w->reason, w->force, result, e)
                                    : refuse_ended(js, w->verb, w->job, e);
    if (rc == 0)
        engine_flush(en); /* answered only when it is durable */
    return rc;
}
