/* The work of a job: events of its subtasks, requests to hosts and MetaDB, the meaning of answers, the next request.
 *
 * drive_event() and drive_verb() are the only ways to change the state of a job. They ask the core for the moves,
 * record them, and queue their effects. Make it durable, then act: the turn (engine.c) commits, takes the effects, and
 * passes each to work_start().
 *
 * Calling order: drive_open() before the first job, work_adopt() for each subtask of a job of the journal, then events;
 * in each turn, after the commit, drive_take(), work_start() and work_kicks(); at due_ms work_due(); every TICK_MS
 * work_tick(), lease_tick() and progress_tick(); drive_close() at the end. An answer whose job is gone, or whose work
 * has another generation, is dropped.
 *
 * The files, from the top: work.c (the next request) → ask.c (one request) → answer.c (its answer), lease.c, login.c →
 * drive.c (events). None calls upwards: it sets work.kick, and the turn tries the next request again. tests/data/drive/
 * trace.txt shows all of it at work. Errors: none; a failure is an event of the subtask. Threads: loop thread only. */
#pragma once
#include "daemon/action/action.h"
#include "daemon/engine/job/job.h"

/* --- drive.c: one event, what follows, the effects --- */
struct effect {
    struct job *job;
    size_t seq;
    enum core_effect what;
};
struct drive {
    struct effect *effects; /* to be started after the commit */
    size_t n, cap;
    struct core_update update;
    uint64_t due_ms; /* loop time at which work_due() is to be called; 0: nothing waits for a time */
};
void drive_open(struct drive *d, struct jobs *js);
void drive_close(struct drive *d);
/* Takes the queued effects; the caller frees the array. */
struct effect *drive_take(struct drive *d, size_t *n);
/* One event of one subtask: all that follows is written to the open transaction. `actor` and `reason` are the
 * operator's, otherwise NULL. `said` becomes the message; NULL: the message stays. false: there is no such move, and
 * nothing happened. */
bool drive_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason,
                 const char *said);
void drive_window(struct job *b); /* every TICK_MS: what awaits its window may begin */
bool drive_verb(struct job *b, enum core_verb v, const char *actor, const char *reason);
/* The rollback that is due will not be made, and why; the job rests as Failed. false: none is due. */
bool drive_undo_over(struct job *b, const char *why);
/* A second operator has approved the next attempt of the step. false: there is nothing to approve, *why (static) says
 * why. */
bool drive_approve(struct job *b, size_t step, const char *actor, const char *reason, const char **why);
/* Starts or ends the work of a subtask; answers to its earlier requests will be dropped. */
void drive_begin(struct job *b, size_t seq, enum work_what what);
void drive_end(struct job *b, size_t seq);
void drive_after(struct job *b, size_t seq, uint64_t ms); /* its next request is made after so long a pause */

/* --- login.c: the MetaDB login --- */
bool login_ready(struct job *b,
                 size_t seq); /* false: it was requested; subtasks that wait for it are kicked when it arrives */
/* May outputs be kept now? true without a password: it is unknown, and it was waited for long enough. */
bool login_settled(struct job *b, size_t seq);
void login_doubt(struct job *b);                   /* it may have changed: read again when needed next */
struct metadb_login login_of(const struct job *b); /* borrows from the job */

/* --- client_options.c: what the MySQL clients of scripts get on file descriptor 3 --- */
/* Makes files of its own in run_dir. */
struct secret *client_options(const struct metadb_login *l, const char *run_dir);

/* --- answer.c: the meaning of answers --- */
/* The result of a check or a condition, whichever was asked. */
void answer_verdict(struct job *b, size_t seq, enum verdict v, const char *output, size_t len);
/* The end of an attempt, with or without an exit status. `rebooted`: its host has rebooted since it began. false: there
 * is no such move. */
bool answer_attempt(struct job *b, size_t seq, enum node_outcome o, int exit, bool rebooted, const char *output,
                    size_t len);
void answer_timeout(struct job *b, size_t seq); /* the timeout has passed, the attempt has not ended */
/* A probe that its node has stopped at its timeout; its output is kept. */
void answer_stopped(struct job *b, size_t seq, int exit, const char *output, size_t len);
void answer_refused(struct job *b, size_t seq, const char *why); /* an act that was never sent: Failed */
/* A built-in action whose outcome is unknown; the facts that it recorded are kept. */
void answer_lost(struct job *b, size_t seq, const char *output, size_t len);

/* --- lease.c: the lease on the MetaDB --- */
void lease_tick(struct job *b);
bool lease_held(const struct job *b); /* it took the lease and has not given it back, by its steps */
/* May a change start? Yes if the lease is certainly ours, or the job needs none. Otherwise the lease is requested, and
 * the subtask is kicked when it is ours. */
bool lease_sure(struct job *b, size_t seq);

/* --- start.c: a start at a time --- */
void start_tick(struct job *b);

/* --- hosts.c: hosts that are unreachable, as events --- */
void hosts_tick(struct job *b);
void hosts_adopt(struct job *b); /* at start-up: what has been told already */

/* --- progress.c: progress of running scripts --- */
void progress_tick(struct job *b);

/* --- env.c: environments; free with strv_free() --- */
char **env_script(const struct job *b, size_t seq, unsigned attempt); /* attempt 0: of a check */
char **env_builtin(const struct job *b, size_t seq);

/* --- ask.c: one request --- */
/* If it cannot be sent now, it waits for its host, or until work.next_ms. */
void ask_builtin(struct job *b, size_t seq, const char *name);
void ask_script(struct job *b, size_t seq, const char *script);

/* --- work.c: the next request --- */
void work_start(struct job *b, size_t seq, enum core_effect what); /* after the commit */
void work_adopt(struct job *b, size_t seq);                        /* at start-up, by phase */
bool work_kicks(struct jobs *js);                                  /* tries again where kick is set; false: nowhere */
void work_due(struct jobs *js);                                    /* makes the requests whose pause is over */
void work_tick(struct job *b, uint64_t elapsed_ms);                /* timeouts */
