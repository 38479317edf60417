/* The pure heart: core_apply(state, event) -> update. No clock, no I/O, no callbacks; this library
 * links neither libuv nor SQLite.
 *
 * The driver (in daemon/engine) feeds events, commits each update to the journal, and only then starts the effects that
 * the update asks for. Ownership: the caller owns job and update; core_update_clear() keeps the memory for reuse. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/states.h"
#include "common/verbs.h"

enum core_phase {
#define PHASE(name, word, shown, text) PHASE_##name,
#include "daemon/engine/core/phases.def"
#undef PHASE
    N_PHASES
};
const char *core_phase_name(enum core_phase p);
const char *core_phase_text(enum core_phase p);
int core_phase_parse(const char *name); /* -1 when unknown */
enum state core_phase_shown(enum core_phase p);
bool core_phase_final(enum core_phase p);  /* nothing runs and nothing is awaited; FAILED may be retried */
bool core_phase_passed(enum core_phase p); /* SUCCESSFUL or SKIPPED: the next step may start */
bool core_phase_busy(enum core_phase p);   /* the driver is running or checking something */

enum core_who { BY_ENGINE, BY_WORLD, BY_OPERATOR };
/* What an event says of the attempt that was open. */
enum core_run {
    RUN_SAME,  /* nothing, or there is none */
    RUN_ENDED, /* it is over, and its outcome is known */
    RUN_LOST,  /* it is over, and its outcome is not known */
    RUN_LEFT,  /* nobody waits for its end, or it had none; it was read-only */
};
enum core_event {
#define EVENT(name, word, who, run) EV_##name,
#include "daemon/engine/core/events.def"
#undef EVENT
    N_EVENTS
};
const char *core_event_name(enum core_event e);
enum core_who core_event_who(enum core_event e);
enum core_run core_event_run(enum core_event e);
bool core_begins(enum core_event e); /* an attempt, or the wait of a condition */

enum core_effect {
    EFFECT_NONE,
    EFFECT_CHECK, /* run the check */
    EFFECT_ACT,   /* a new attempt; its number has been raised */
    EFFECT_POLL,  /* test the condition repeatedly until told otherwise */
    EFFECT_KILL,  /* stop or fence the current attempt and report its outcome */
    EFFECT_DROP,  /* abandon whatever is running or being checked: its answers are stale from now on */
};

struct core_row {
    enum core_phase from;
    enum core_event event;
    enum core_phase to;
    enum core_effect effect;
    const char *why;
};
extern const struct core_row core_rows[];
extern const size_t core_n_rows;
const struct core_row *core_row(enum core_phase from, enum core_event e); /* NULL: no such move */

/* How a subtask starts: which BEGIN_ event it takes. */
enum core_way { WAY_CHECK, WAY_ACT, WAY_POLL, WAY_GATE };

struct core_subtask {
    enum core_phase phase;
    enum core_way way;
    bool has_check;
    bool read_only; /* its act may be repeated without harm */
    bool skip_forced;
    bool repeat_asked; /* after a lost attempt only an operator starts another */
    bool asked;        /* an operator retried it after the pause, so it runs although the job is paused; not kept over a
                          restart */
    bool open_run;     /* the current attempt is not known to have ended */
    bool two_persons;  /* each of its attempts needs the approval of a second operator */
    unsigned approved; /* the newest attempt that has one; of a condition: whether it has one, 0 or 1 + attempt */
    unsigned attempt;  /* 0: none yet */
    unsigned lost;     /* attempts lost in a row */
};

/* Before a step begins, the job is paused: once. */
enum core_stop { STOP_NONE, STOP_BREAKPOINT, STOP_ONE_STEP /* of VERB_ONE_STEP: before the step after that one */ };

struct core_step {
    size_t first, n; /* its subtasks in core_job.subtasks */
    bool serial, rerun_force;
    bool guarded; /* a later step guards on this one: skipping it needs --force */
    enum core_stop stop;
    bool awaits_window; /* it begins only where the window has room for needs_s, and confirmed: an operator overruled
                           that */
    bool confirmed;
    int64_t needs_s; /* from its beginning to the end of the job */
    bool undo;       /* when it is Failed, the job is rolled back without asking */
};

/* The rollback that nobody has to ask for. It is due at most once in the life of a job. */
enum core_undo {
    UNDO_OPEN,  /* no step with `undo` has Failed yet */
    UNDO_DUE,   /* one has: the rollback is to be made */
    UNDO_SPENT, /* it could not be made, or an operator has taken over: from now on only operators decide */
};

/* WINDOW: the next step awaits its window, or an operator. */
enum core_mode { MODE_READY, MODE_RUNNING, MODE_PAUSED, MODE_WINDOW, MODE_CANCELING, MODE_CANCELED, MODE_SUCCESSFUL };
const char *core_mode_name(enum core_mode m);
int core_mode_parse(const char *name);

struct core_job {
    enum core_mode mode;
    int64_t start_at;  /* when it is to be started, in seconds of the wall clock; 0: when somebody says so */
    bool start_missed; /* it was not */
    struct core_window {
        bool set;
        int64_t now, opens, closes; /* by the wall clock: the window that is open, or the next one */
    } window;                       /* to be kept up to date by the caller of whatever is below */
    int64_t seen;                   /* the wall clock when it was told last; 0: not yet. Not kept over a restart */
    bool outdated; /* an older omsupd made its plan: running attempts are followed to their end, and nothing more is run
                    */
    bool
        keep_going; /* a check job: a Failed subtask does not hold up the next steps; the job ends when all are final */
    enum core_undo undo;
    struct core_step *steps;
    size_t n_steps;
    struct core_subtask *subtasks;
    size_t n_subtasks;
};
enum state core_job_state(const struct core_job *j); /* as shown; derived, never stored apart from its mode */
/* A start at a time. The wall clock comes in as data, and may be set at any time, or stand still while the host sleeps.
 */
enum { CORE_GAP_S = 10 }; /* who was told the time so long ago has not watched */
/* From READY: it is to be started then, which must be after `now`. false: refused. */
bool core_schedule(struct core_job *j, int64_t at, int64_t now);
bool core_unschedule(struct core_job *j); /* false: there is nothing to take back */
enum core_due { DUE_NOT, DUE_START, DUE_MISSED };
/* Told again and again. DUE_START: the time has come now, under its eyes: the caller gives VERB_START, or core_miss().
 * DUE_MISSED: it came when nobody watched; the job waits for an operator, and is never started late. */
enum core_due core_clock(struct core_job *j, int64_t now);
void core_miss(struct core_job *j);
size_t core_current_step(const struct core_job *j); /* the first step that has not passed; n_steps when all have */
bool core_step_passed(const struct core_job *j, const struct core_step *st);
size_t core_step_of(const struct core_job *j, size_t subtask);
/* The first subtask with an attempt under way that may change something; n_subtasks: none. A subtask whose attempt was
 * given up is not counted: it has open_run set, and the attempt may still be running. */
size_t core_acting(const struct core_job *j);

struct core_move {
    size_t subtask;
    const struct core_row *row;
};
struct core_update {
    struct core_move *moves; /* in the order in which they happened; each one's effect is its row's */
    size_t n_moves, cap;
    enum core_mode mode_before, mode_after;
    enum core_stop stop; /* the job has been paused by one, */
    size_t stop_step;    /* before this step */
};
void core_update_clear(struct core_update *u);
void core_update_free(struct core_update *u);

/* Applies one event to one subtask. false: there is no such move and nothing changed (refuse an operator; ignore a
 * stale report from the world). */
bool core_apply(struct core_job *j, size_t subtask, enum core_event e, struct core_update *u);

/* Verbs on the job. false: refused in this mode, nothing changed. */
enum core_verb {
    VERB_START,
    VERB_PAUSE,
    VERB_RESUME,
    VERB_WINDOW,   /* the step that awaits its window begins without it, and so do all that follow */
    VERB_ONE_STEP, /* resume, and pause before the step after the next one; only while nothing runs */
    VERB_CANCEL,
    VERB_CANCEL_FORCE,
    VERB_HOLD /* by the engine itself; the same moves as PAUSE */
};
const char *core_verb_name(enum core_verb v); /* in events: "cancel-force" */
bool core_verb(struct core_job *j, enum core_verb v, struct core_update *u);

/* Sets a breakpoint before the step, which is no move: that happens when the step is to begin, or the one that follows
 * it when it has been skipped. Resume leads past the one at which the job rests. Why there can be none (static text);
 * NULL: it is set. */
const char *core_break(struct core_job *j, size_t step);
bool core_unbreak(struct core_job *j, size_t step); /* false: there is none */
/* The rollback that is due will not be made. false: none is due. */
bool core_undo_spend(struct core_job *j);

/* The window has been brought up to date: what awaits it begins if it may. false: nothing has changed. */
bool core_look(struct core_job *j, struct core_update *u);

/* Two persons. A subtask that needs approval waits in PHASE_APPROVAL until its next attempt has one. An approval is for
 * one attempt: when that has begun, another needs one of its own, whoever asks for it. Only an attempt that never
 * began, and one that only looks and is repeated, leave theirs to the next. */
bool core_unapproved(const struct core_subtask *s); /* its next attempt may not begin */
/* Approves the next attempt of each subtask of the step that has none under way and none approved. What waits for that
 * begins. Why there is nothing to approve (static text); NULL: it is done. */
const char *core_approve(struct core_job *j, size_t step, struct core_update *u);

/* What `retry` means for this subtask now. N_EVENTS: it is refused, and *why (static text) says why. `away`: its node
 * is unreachable. */
enum core_event core_retry_event(const struct core_job *j, size_t subtask, bool force, bool away, const char **why);
/* Why the subtask cannot be skipped now (static text); NULL when it can. */
const char *core_skip_refusal(const struct core_job *j, size_t subtask, bool force);
/* The same for `done`. */
const char *core_done_refusal(const struct core_job *j, size_t subtask, bool force);
/* What a verb for subtasks means for this one now, by the rules above. N_EVENTS: it is refused, and *why (static text)
 * says so. Whether a `confirm` agrees with what is seen is for the caller to judge. */
enum core_event core_verb_event(const struct core_job *j, size_t subtask, enum verb_id v, bool force, bool away,
                                const char **why);

enum { CORE_LOST_MAX = 3 }; /* attempts lost in a row before the subtask is Failed */
static inline unsigned core_lost_max(const struct core_subtask *s) { return s->repeat_asked ? 1 : CORE_LOST_MAX; }
