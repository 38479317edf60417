/* The driver: takes one event, records the moves that follow from it, and queues their effects. The only caller of the
 * core. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/drive/drive.h"

void drive_open(struct drive *d, struct jobs *js)
{
    *d = (struct drive){0};
    js->drive = d;
}

void drive_close(struct drive *d)
{
    core_update_free(&d->update);
    free(d->effects);
    *d = (struct drive){0};
}

struct effect *drive_take(struct drive *d, size_t *n)
{
    struct effect *list = d->effects;
    *n = d->n;
    d->effects = NULL;
    d->n = d->cap = 0;
    return list;
}

void drive_begin(struct job *b, size_t seq, enum work_what what)
{
    struct work *w = &b->subs[seq].work;
    *w = (struct work){.what = what, .gen = w->gen + 1, .begun_ms = job_time_ms(b), .idle_ms = job_time_ms(b)};
    job_waits(b, seq, NULL);
}

void drive_end(struct job *b, size_t seq) { drive_begin(b, seq, WORK_NONE); }

void drive_after(struct job *b, size_t seq, uint64_t ms)
{
    struct drive *d = b->jobs->drive;
    uint64_t at = b->subs[seq].work.next_ms = job_time_ms(b) + ms;
    d->due_ms = d->due_ms && d->due_ms < at ? d->due_ms : at;
}

static void add_effect(struct job *b, size_t seq, enum core_effect what)
{
    if (what == EFFECT_NONE)
        return;
    struct drive *d = b->jobs->drive;
    if (d->n == d->cap) {
        d->cap = d->cap ? 2 * d->cap : 16;
        d->effects = xrealloc(d->effects, d->cap, sizeof *d->effects);
    }
    d->effects[d->n++] = (struct effect){b, seq, what};
}

/* From here only an operator leads on. */
static bool rests(enum core_phase p)
{
    return p == PHASE_FAILED || p == PHASE_UNKNOWN || p == PHASE_GATE || p == PHASE_APPROVAL;
}

/* The times of a subtask that a retry does not change. */
static void note_times(struct sub *s, enum core_phase to)
{
    if (!s->began && s->started)
        s->began = xstrdup(s->started);
    if (to == PHASE_PENDING) {
        free(s->began);
        s->began = NULL;
    }
    bool rest = rests(to) && (to != PHASE_APPROVAL || s->began); /* before its first start it is a pause of the job */
    if (rest && !s->rests) {
        s->rests = times_now();
    } else if (!rest && s->rests) {
        s->rested_ms += times_ms_since(s->rests);
        free(s->rests);
        s->rests = NULL;
    }
}

/* What was said of an earlier attempt is not true of the one that starts. */
static void forget_message(struct sub *s, const struct core_row *row)
{
    if (core_event_who(row->event) != BY_ENGINE && row->effect != EFFECT_ACT)
        return;
    free(s->message);
    s->message = NULL;
}

/* A line of the log for what an operator did to a subtask, and for each one that cannot continue without one. */
static void log_move(const struct job *b, size_t seq, const struct core_row *row, const char *actor, const char *reason)
{
    const struct sub *s = &b->subs[seq];
    bool named = strcmp(s->plan->name, "-") != 0;
    const char *message = job_message(b, seq);
    if (actor) {
        char *why = job_clean(b, reason ? reason : "");
        log_info("job %lld: %s%s%s: %s, by %s%s%s", (long long)b->row.id, s->step->id, named ? "/" : "",
                 named ? s->plan->name : "", core_event_name(row->event), actor, *why ? ": " : "", why);
        free(why);
    }
    if (!rests(row->to))
        return;
    log_line(row->to == PHASE_FAILED && b->plan->type != JOB_CHECK ? LOG_L_ERROR : LOG_L_WARN,
             "job %lld: %s%s%s: %s: %s", (long long)b->row.id, s->step->id, named ? "/" : "",
             named ? s->plan->name : "", state_word(core_phase_shown(row->to)), message ? message : row->why);
}

/* Its first start. What only waits for an approval has not begun. */
static bool starts(const struct core_row *row)
{
    return (row->from == PHASE_PENDING || row->from == PHASE_APPROVAL) && row->to != PHASE_APPROVAL &&
           row->to != PHASE_SKIPPED && row->to != PHASE_CANCELED;
}

static void say_unapproved(struct job *b, size_t seq, const struct core_row *row)
{
    job_say(b, seq, "%swaits for the approval of a second operator: omsupctl approve %lld %s",
            row->from == PHASE_DOUBT ? "the last attempt was lost and is not done; another one " : "",
            (long long)b->row.id, b->subs[seq].step->id);
}

/* Records an update: rows, events, marks, attempts. `actor` caused the first move, the engine all others. */
static void record(struct job *b, const struct core_update *u, const char *actor, const char *reason)
{
    record_begin(b->jobs);
    for (size_t m = 0; m < u->n_moves; m++) {
        size_t seq = u->moves[m].subtask;
        const struct core_row *row = u->moves[m].row;
        struct sub *s = &b->subs[seq];
        bool own = m == 0 && actor && core_event_who(row->event) != BY_WORLD;
        const char *from = state_word(core_phase_shown(row->from)), *to = state_word(core_phase_shown(row->to));
        if (m > 0)
            forget_message(s, row);
        if (row->to == PHASE_APPROVAL)
            say_unapproved(b, seq, row);
        if (starts(row) && s->step->marks)
            record_mark(b, s->step->marks);
        if (core_phase_busy(row->to) && !core_phase_busy(row->from) && (!s->started || core_phase_final(row->from))) {
            free(s->started);
            s->started = times_now();
            free(s->ended);
            s->ended = NULL;
        }
        if (row->to == PHASE_PENDING) { /* held back: it has not started */
            free(s->started);
            s->started = NULL;
            s->force_next = false;
        }
        if (row->to == PHASE_GATE && !s->started)
            s->started = times_now();
        if (core_phase_final(row->to)) {
            free(s->ended);
            s->ended = times_now();
            record_attempt_drop(b, seq);
        }
        note_times(s, row->to);
        if (row->effect == EFFECT_ACT)
            record_attempt(b, seq);
        record_sub(b, seq);
        if (row->to == PHASE_SUCCESSFUL && plan_is_online(s->plan))
            record_mark(b, ONLINE_MARK);
        record_event(b, s->step->id, s->plan->name, own ? actor : "engine", core_event_name(row->event), from, to,
                     m == 0 && reason ? reason : row->why);
        log_move(b, seq, row, own ? actor : NULL, own ? reason : NULL);
        add_effect(b, seq, row->effect);
    }
}

static void record_end(struct job *b, enum core_mode before)
{
    if (b->core.mode == before)
        return;
    if (b->core.mode == MODE_RUNNING && !b->row.started)
        b->row.started = times_now();
    if (b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED) {
        free(b->row.completed);
        b->row.completed = times_now();
        if (b->core.mode == MODE_SUCCESSFUL) /* a Canceled job keeps its reason */
            job_set_why(b, NULL);
        record_event(b, NULL, NULL, "engine", "ended", NULL, state_word(core_job_state(&b->core)), NULL);
    }
}

/* The check that was asked because of an error has answered: the error's own words come first. */
static void say_reviewed(struct job *b, size_t seq, const struct core_row *row, const char *said)
{
    const char *error = b->subs[seq].message ? b->subs[seq].message : "an error";
    const char *check = row->event == EV_YES  ? "; but the check says it is done"
                        : row->event == EV_NO ? *said ? "; the check" : ""
                                              : "; the check cannot tell whether it is done";
    job_say(b, seq, "%s%s%s%s%s", row->event == EV_YES ? "ended with " : "", error, check, *said ? ": " : "", said);
}

/* Sets the message. When a check leaves a subtask Failed or In Doubt, its own text is not enough: the reason comes
 * first, then the message of an attempt whose outcome is unknown, then the check's text. */
static void say(struct job *b, size_t seq, const struct core_row *row, const char *said)
{
    const char *attempt = row->from == PHASE_DOUBT ? b->subs[seq].message : NULL;
    if (row->from == PHASE_REVIEWING && core_event_who(row->event) == BY_WORLD && row->event != EV_REST) {
        say_reviewed(b, seq, row, said);
        return;
    }
    bool check = row->event == EV_NO || row->event == EV_NO_AGAIN || row->event == EV_CANNOT_TELL;
    if ((check || row->event == EV_REST) && (row->to == PHASE_FAILED || row->to == PHASE_UNKNOWN))
        job_say(b, seq, "%s%s%s%s%s", row->why, attempt || *said ? ": " : "", attempt ? attempt : "",
                attempt && *said ? "; " : "", said);
    else if (*said)
        job_say(b, seq, "%s", said);
}

/* The job has been paused before a step, because an operator said so. */
static void record_stop(struct job *b, const struct core_update *u, const char *from)
{
    if (!u->stop)
        return;
    const struct plan_step *st = &b->plan->steps[u->stop_step];
    size_t k = core_current_step(&b->core);
    bool skipped = k != u->stop_step;
    char *why = u->stop == STOP_ONE_STEP ? xasprintf("one step was run; next: %s", b->plan->steps[k].id)
                : skipped ? xasprintf("breakpoint before %s, which was skipped; next: %s", st->id, b->plan->steps[k].id)
                          : xasprintf("breakpoint before %s", st->id);
    job_set_why(b, why);
    record_event(b, b->plan->steps[k].id, NULL, "engine", "breakpoint", from, state_word(core_job_state(&b->core)),
                 why);
    free(why);
}

/* What awaits its window, or no longer does. */
static void record_window(struct job *b, enum core_mode before, const char *from)
{
    enum core_mode now = b->core.mode;
    if ((before == MODE_WINDOW) == (now == MODE_WINDOW))
        return;
    size_t k = core_current_step(&b->core);
    const char *step = k < b->core.n_steps ? b->plan->steps[k].id : NULL;
    char *why = now == MODE_WINDOW ? window_why(b) : NULL;
    if (now == MODE_WINDOW || now == MODE_RUNNING)
        job_set_why(b, why);
    record_event(b, step, NULL, "engine", now == MODE_WINDOW ? "window-waits" : "window-left", from,
                 state_word(core_job_state(&b->core)), why);
    free(why);
}

/* Whether a rollback that nobody asked for is due is written with the move that has decided it. */
static void record_undo(struct job *b, const char *step, enum core_undo before, const char *actor, const char *reason)
{
    if (b->core.undo == before)
        return;
    bool due = b->core.undo == UNDO_DUE, own = !actor || strcmp(actor, "engine") == 0;
    record_fact(b, UNDO_MARK, due ? "due" : "spent");
    record_event(b, due ? step : NULL, NULL, due || own ? "engine" : actor, due ? "on-failure" : "on-failure-over",
                 NULL, NULL,
                 due   ? "the step is Failed, and on_failure of the deployment asks for a rollback"
                 : own ? reason
                       : "an operator has taken over: omsupd will not roll the job back by itself");
    if (due)
        log_warn("job %lld: %s is Failed: omsupd rolls the job back, as on_failure of the deployment asks",
                 (long long)b->row.id, step);
}

bool drive_undo_over(struct job *b, const char *why)
{
    if (!core_undo_spend(&b->core))
        return false;
    record_fact(b, UNDO_MARK, "spent");
    record_event(b, NULL, NULL, "engine", "on-failure-over", NULL, NULL, why);
    log_error("job %lld: %s", (long long)b->row.id, why);
    job_set_why(b, why);
    record_job(b);
    return true;
}

bool drive_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason, const char *said)
{
    struct core_update *u = &b->jobs->drive->update;
    core_update_clear(u);
    enum core_mode before = b->core.mode;
    const char *from = state_word(core_job_state(&b->core));
    enum core_undo undo = b->core.undo;
    window_look(b);
    if (!core_apply(&b->core, seq, ev, u))
        return false;
    if (actor && b->core.undo == UNDO_SPENT && b->core.mode == MODE_RUNNING)
        job_set_why(b, NULL); /* why the rollback was not made: it has been read */
    forget_message(&b->subs[seq], u->moves[0].row);
    if (said && ev != EV_LOST_LOOK)
        say(b, seq, u->moves[0].row, said);
    b->by = actor;
    record(b, u, actor, reason);
    record_undo(b, b->subs[seq].step->id, undo, actor, reason);
    record_window(b, before, from);
    record_stop(b, u, from);
    record_end(b, before);
    record_job(b);
    b->by = NULL;
    return true;
}

bool drive_verb(struct job *b, enum core_verb v, const char *actor, const char *reason)
{
    struct core_update *u = &b->jobs->drive->update;
    core_update_clear(u);
    enum core_mode before = b->core.mode;
    enum core_undo undo = b->core.undo;
    const char *from = state_word(core_job_state(&b->core));
    window_look(b);
    if (!core_verb(&b->core, v, u))
        return false;
    job_set_why(b, v == VERB_PAUSE || v == VERB_HOLD || v == VERB_CANCEL || v == VERB_CANCEL_FORCE ? reason : NULL);
    record_event(b, NULL, NULL, actor, core_verb_name(v), from, state_word(core_job_state(&b->core)), reason);
    record(b, u, NULL, NULL);
    record_undo(b, NULL, undo, actor, reason);
    record_window(b, before, from);
    record_stop(b, u, from);
    record_end(b, before);
    if (strcmp(b->row.state, state_word(core_job_state(&b->core))) == 0) {
        char *why = job_clean(b, reason ? reason : "");
        log_info("job %lld (%s, %s): %s, by %s%s%s", (long long)b->row.id, b->row.type, b->row.object,
                 core_verb_name(v), actor, *why ? ": " : "", why);
        free(why);
    }
    b->by = actor;
    record_job(b);
    b->by = NULL;
    return true;
}

void drive_window(struct job *b)
{
    struct core_update *u = &b->jobs->drive->update;
    if (b->core.mode != MODE_WINDOW)
        return;
    core_update_clear(u);
    const char *from = state_word(core_job_state(&b->core));
    window_look(b);
    bool left = core_look(&b->core, u);
    char *why = left ? NULL : window_why(b);
    if (left) {
        record(b, u, NULL, NULL);
        record_window(b, MODE_WINDOW, from);
        record_stop(b, u, from);
        record_end(b, MODE_WINDOW);
        record_job(b);
    } else if (why && (!b->row.why || strcmp(why, b->row.why) != 0)) { /* the window has opened or closed meanwhile */
        job_set_why(b, why);
        record_job(b);
    }
    free(why);
}

bool drive_approve(struct job *b, size_t step, const char *actor, const char *reason, const char **why)
{
    struct core_update *u = &b->jobs->drive->update;
    core_update_clear(u);
    enum core_mode before = b->core.mode;
    const char *from = state_word(core_job_state(&b->core));
    enum core_undo undo = b->core.undo;
    window_look(b);
    *why = core_approve(&b->core, step, u);
    if (*why)
        return false;
    record_event(b, b->plan->steps[step].id, NULL, actor, "approve", NULL, NULL, reason);
    if (u->n_moves)
        forget_message(&b->subs[u->moves[0].subtask], u->moves[0].row);
    const struct core_step *st = &b->core.steps[step];
    for (size_t i = st->first; i < st->first + st->n; i++)
        record_sub(b, i);
    record(b, u, NULL, NULL);
    record_undo(b, b->plan->steps[step].id, undo, actor, reason);
    record_window(b, before, from);
    record_stop(b, u, from);
    record_end(b, before);
    b->by = actor;
    record_job(b);
    b->by = NULL;
    return true;
}
