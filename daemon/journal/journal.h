/* The journal: SQLite, WAL, synchronous=FULL. Everything that must survive is here before anything acts.
 *
 * Calling order: journal_open(), then journal_begin() … writes … journal_commit() as often as needed, journal_close().
 * Reads may be outside a transaction. Errors: 0 or ERR_JOURNAL with a message, and ERR_NOT_FOUND where it says so;
 * after a failed write or commit memory is ahead of disk, and the caller must exit (start-up is the recovery path).
 * Ownership: what a callback gets is lent to it until it returns; char ** results are the caller's to free. Threads:
 * loop thread only. Tables and columns are those of columns.h. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/journal/columns.h"

struct journal;

/* Creates or migrates, the latter after a copy to PATH.vN, N being the schema it had. Refused, with ERR_INPUT: a file
 * that is no journal or that others can write, a log (-wal) without its journal. ERR_JOURNAL: a newer omsupd wrote it,
 * another process holds it, or the system does not let us. */
int journal_open(const char *path, struct journal **out, struct err *e);
/* The same beside the run files of this host: refuses an empty journal, or an old copy of one, where newer files of its
 * commands are. journal_mark() then says that the journal has this name, a part of the names of its run files. */
int journal_open_beside(const char *path, const char *runs, struct journal **out, struct err *e);
int journal_mark(struct journal *j, const char *name, struct err *e);
void journal_close(struct journal *j); /* NULL is fine */

int journal_begin(struct journal *j, struct err *e);  /* no-op inside a transaction */
int journal_commit(struct journal *j, struct err *e); /* no-op outside */
/* Moves what was committed from the log (-wal) into the file, which is a whole copy then. journal_commit() does it when
 * a job has ended, journal_close() always. */
void journal_make_whole(struct journal *j);

/* One struct for each table: journal_job, journal_subtask, journal_attempt, journal_event, … */
JOURNAL_TABLES(JOURNAL_STRUCT)

/* Writes. Times are given by the caller. NULL strings become SQL NULL. */
/* A plan, without its text yet. When it exists already it has it, otherwise the parts follow, numbered from 0. */
int journal_add_plan(struct journal *j, const char *sha256, bool *exists, struct err *e);
int journal_add_plan_part(struct journal *j, const char *sha256, unsigned n, const char *text, struct err *e);
int journal_add_job(struct journal *j, struct journal_job *job, struct err *e); /* sets job->id */
/* Numbers that no new job gets. */
int journal_skip_jobs(struct journal *j, unsigned n, struct err *e);
int journal_set_job(struct journal *j, const struct journal_job *job,
                    struct err *e); /* mode, state, why, boot, started, completed */
/* A series whose id is that of its first job, which joins it; or its new state. */
int journal_set_series(struct journal *j, const struct journal_series *s, struct err *e);
int journal_set_subtask(struct journal *j, int64_t job, unsigned seq, const struct journal_subtask *s,
                        struct err *e); /* inserts or replaces */
int journal_add_attempt(struct journal *j, int64_t job, const struct journal_attempt *a, struct err *e);
int journal_end_attempt(struct journal *j, int64_t job, unsigned seq, unsigned attempt, const char *ended,
                        const char *outcome, int exit, const void *output, size_t output_len, struct err *e);
/* Nobody waits for its end any more. Its outcome is "dropped", if it has none yet. */
int journal_drop_attempt(struct journal *j, int64_t job, unsigned seq, const char *ended, struct err *e);
/* For a job whose plan cannot be read: its subtasks get the phase `canceled`, but for those in one of the phases
 * `final` (",one,two,"), and its attempts without an outcome are dropped. */
int journal_cancel_subtasks(struct journal *j, int64_t job, const char *ended, const char *canceled, const char *final,
                            struct err *e);
int journal_add_event(struct journal *j, struct journal_event *ev, struct err *e);     /* sets ev->id */
int journal_trim_events(struct journal *j, int64_t job, unsigned kept, struct err *e); /* the oldest ones go */
int journal_add_notice(struct journal *j, struct journal_notice *n, struct err *e);    /* sets n->id */
int journal_drop_notice(struct journal *j, int64_t id, struct err *e);
/* One for each thing of a job: a new one takes the place of an older. */
int journal_set_approval(struct journal *j, const struct journal_approval *a, struct err *e);
int journal_drop_approval(struct journal *j, int64_t job, const char *what, struct err *e);
int journal_set_fact(struct journal *j, int64_t job, const char *name, const char *value, const char *time,
                     struct err *e);
int journal_drop_fact(struct journal *j, int64_t job, const char *name, struct err *e);
/* All of a job that has ended: its rows in every table, and its plan unless another job has it. Jobs that name it as
 * their parent must go first, and a series with its first job last. Notices that wait are not touched. */
int journal_drop_job(struct journal *j, const struct journal_job *job, struct err *e);

/* Reads. A callback that returns false ends the walk. It may neither write nor start a walk of the same kind; those
 * of journal_jobs() and journal_jobs_of_series() may do both. */
int journal_job(struct journal *j, int64_t id, struct journal_job *out, struct err *e); /* ERR_NOT_FOUND */
int journal_jobs(struct journal *j, bool open_only, bool (*cb)(void *ctx, const struct journal_job *job), void *ctx,
                 struct err *e); /* newest first */
/* Part n of a plan's text; *text is NULL after the last one. A plan that an older omsupd wrote is one part.
 * ERR_NOT_FOUND when there is no such plan. Caller frees. */
int journal_plan_part(struct journal *j, const char *sha256, unsigned n, char **text, struct err *e);
int journal_jobs_of_series(struct journal *j, int64_t series, bool (*cb)(void *ctx, const struct journal_job *job),
                           void *ctx, struct err *e); /* oldest first: its hops and their rollbacks */
int journal_series(struct journal *j, int64_t id, struct journal_series *out, struct err *e); /* ERR_NOT_FOUND */
int journal_subtasks(struct journal *j, int64_t job,
                     bool (*cb)(void *ctx, unsigned seq, const struct journal_subtask *s), void *ctx, struct err *e);
int journal_attempts(struct journal *j, int64_t job, int seq /* -1: all */,
                     bool (*cb)(void *ctx, const struct journal_attempt *a), void *ctx, struct err *e);
bool journal_attempt_ended(struct journal *j,
                           const char *token); /* its outcome is recorded, with its output; not when it was dropped */
bool journal_attempt_known(struct journal *j, const char *token); /* it has a row, whatever became of it */
/* Output of an ended attempt; ERR_NOT_FOUND when there is none (yet). Caller frees. */
int journal_output(struct journal *j, int64_t job, unsigned seq, unsigned attempt, char **data, size_t *len,
                   struct err *e);
int journal_events(struct journal *j, int64_t job /* 0: all */, int64_t since, unsigned limit,
                   bool (*cb)(void *ctx, const struct journal_event *ev), void *ctx, struct err *e);
int journal_event(struct journal *j, int64_t id, struct journal_event *out, struct err *e); /* ERR_NOT_FOUND */
int journal_notices(struct journal *j, bool (*cb)(void *ctx, const struct journal_notice *n), void *ctx,
                    struct err *e); /* oldest first */
int journal_approval(struct journal *j, int64_t job, const char *what, struct journal_approval *out,
                     struct err *e); /* ERR_NOT_FOUND */
int64_t journal_last_event(struct journal *j, int64_t job);
int journal_facts(struct journal *j, int64_t job, bool (*cb)(void *ctx, const char *name, const char *value), void *ctx,
                  struct err *e);
/* A fact, and the moment when it was set; NULL when there is none; caller frees. */
char *journal_fact(struct journal *j, int64_t job, const char *name);
char *journal_fact_time(struct journal *j, int64_t job, const char *name);

/* Is it sound? journal_check_begin(), then journal_check_copy() on the loop thread, a few pages each time, until it
 * says `copied`; then journal_check_examine(), on any thread: *said is what is wrong, NULL: nothing; caller frees.
 * journal_check_end() (NULL is fine) at any time, but before journal_close(), and not while it is examined: for that,
 * journal_check_interrupt(), from any thread. The copy is a temporary file; the journal itself is only read. */
struct journal_check;
int journal_check_begin(struct journal *j, struct journal_check **out, struct err *e);
int journal_check_copy(struct journal_check *c, bool *copied, struct err *e);
int journal_check_examine(struct journal_check *c, char **said, struct err *e);
void journal_check_interrupt(struct journal_check *c);
void journal_check_end(struct journal_check *c);

void journal_job_copy(struct journal_job *out, const struct journal_job *row); /* journal_job_clear() it */
void journal_job_clear(struct journal_job *job);
void journal_series_clear(struct journal_series *series);
void journal_approval_clear(struct journal_approval *approval);
void journal_event_clear(struct journal_event *event);
