/* The work of a job: what happens to a subtask, what is asked for it, what an answer means, what is next.
 *
 * drive_event() and drive_verb() are the only ways in which something happens. They ask the core for the moves, write
 * all that follows, and keep the effects. Make it durable, then act: the turn (engine.c) commits, takes the effects,
 * and hands each to work_start().
 *
 * Calling order: drive_open() before the first job, work_adopt() for each subtask of a job of the journal, then events;
 * in each turn, after the commit, drive_take(), work_start() and work_kicks(); every TICK_MS work_tick(), lease_tick()
 * and progress_tick(); drive_close() at the end. An answer that comes when nobody wants it any more is dropped: its job
 * is gone, or its work has another generation.
 *
 * From above to below: work.c (what is next) → ask.c (one request) → answer.c (what an answer means), lease.c,
 * login.c → drive.c (what happens). None calls one above it: it marks what may go on (work.kick) for the turn.
 * Errors: there are none; what fails is an event of the subtask. Threads: loop thread only. */
#pragma once
#include "daemon/action/action.h"
#include "daemon/engine/job/job.h"

/* --- drive.c: one event, what follows, the effects ---------------------------------------------------------------- */
struct effect {
    struct job *job;
    size_t seq;
    enum core_effect what;
};
struct drive {
    struct effect *effects; /* to be started after the commit */
    size_t n, cap;
    struct core_update update;
};
void drive_open(struct drive *d, struct jobs *js);
void drive_close(struct drive *d);
/* The effects so far; the caller frees them. */
struct effect *drive_take(struct drive *d, size_t *n);
/* One event for one subtask, with all that follows, written to the open transaction. `actor` and `reason` are of an
 * operator's, NULL otherwise. `said`: what was said with it, which becomes the message; NULL: the message stays. false:
 * there is no such move, nothing happens. */
bool drive_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason,
                 const char *said);
bool drive_verb(struct job *b, enum core_verb v, const char *actor, const char *reason);
/* The work of a subtask begins or ends: answers to what was asked before are stale. */
void drive_begin(struct job *b, size_t seq, enum work_what what);
void drive_end(struct job *b, size_t seq);

/* --- login.c: the MetaDB login --------------------------------------------------------------------------------------
 */
bool login_ready(struct job *b, size_t seq); /* false: asked for; who waits for it is kicked when it is there */
/* Is it known what must not be kept of an output? true, and there is no password: it is not, and it was waited for long
 * enough. */
bool login_settled(struct job *b, size_t seq);
void login_doubt(struct job *b);                   /* it may have changed: is read again when needed next */
struct metadb_login login_of(const struct job *b); /* borrows all of it */

/* --- answer.c: what an answer means ---------------------------------------------------------------------------------
 */
/* Of a check or a condition, whichever is asked. */
void answer_verdict(struct job *b, size_t seq, enum verdict v, const char *output, size_t len);
/* The end of an attempt, with its exit status or without. false: nobody wants it. */
bool answer_attempt(struct job *b, size_t seq, enum node_outcome o, int exit, const char *output, size_t len);
void answer_timeout(struct job *b, size_t seq); /* it is not at its end yet */
/* Its node has stopped a probe for its time; what it had printed is kept. */
void answer_stopped(struct job *b, size_t seq, int exit, const char *output, size_t len);
void answer_refused(struct job *b, size_t seq, const char *why); /* an act that was not sent: Failed */
/* A built-in of which nobody knows whether it was done; what it recorded counts. */
void answer_lost(struct job *b, size_t seq, const char *output, size_t len);

/* --- lease.c: the lease on the MetaDB -------------------------------------------------------------------------------
 */
void lease_tick(struct job *b);
/* May a change begin? The lease is known to be ours, or the job has none to hold. When not: it is asked for, and the
 * subtask is kicked when it is ours. */
bool lease_sure(struct job *b, size_t seq);

/* --- progress.c: how far running scripts say they are ---------------------------------------------------------------
 */
void progress_tick(struct job *b);

/* --- env.c: what code is told; free with strv_free() ----------------------------------------------------------------
 */
char **env_script(const struct job *b, size_t seq, unsigned attempt); /* attempt 0: of a check */
char **env_builtin(const struct job *b, size_t seq);

/* --- ask.c: one request ----------------------------------------------------------------------------------------------
 */
/* When it cannot be asked yet, it waits for its host, or for work.next_ms. */
void ask_builtin(struct job *b, size_t seq, const char *name);
void ask_script(struct job *b, size_t seq, const char *script);

/* --- work.c: what is next --------------------------------------------------------------------------------------------
 */
void work_start(struct job *b, size_t seq, enum core_effect what); /* after the commit */
void work_adopt(struct job *b, size_t seq);                        /* at start-up, by phase */
bool work_kicks(struct jobs *js);                                  /* what is marked goes on; false: nothing was */
void work_tick(struct job *b, uint64_t elapsed_ms);
