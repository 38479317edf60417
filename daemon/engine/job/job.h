/* Jobs in memory, and the only writer of their journal.
 *
 * Calling order: jobs_open() first; job_new() and record_new() for a new job, job_load() for one of the journal; any
 * record_…() whenever something of it has changed in memory; journal_commit() by the turn while jobs.dirty;
 * jobs_close() at the end.
 *
 * Errors: job_load() and job_find() say why not. record_…() cannot fail: when the journal cannot be written memory is
 * ahead of disk, and the process exits; start-up is the recovery path. Ownership: a job owns all that it points to, but
 * for `jobs` and its hosts (which it gives back). Threads: loop thread only. */
#pragma once
#include "daemon/engine/core/core.h"
#include "daemon/engine/output/output.h"
#include "daemon/engine/reach/reach.h"
#include "daemon/journal/journal.h"
#include "daemon/plan/plan.h"

/* What is done for a subtask right now. drive/ keeps it; in memory only. */
enum work_what { WORK_NONE, WORK_CHECK, WORK_ACT, WORK_POLL, WORK_KILL };
struct work {
    enum work_what what;
    uint64_t gen;        /* answers of an older one are stale */
    bool in_flight;      /* an answer is coming */
    bool sent;           /* (ACT) the run was asked for, or may have been: from now on only look */
    bool kick;           /* something that it waits for may be there: the turn asks again */
    uint64_t watched_ms; /* how long it was watched: while its host was up, and not while it waited for the login */
    uint64_t asked_ms;   /* loop time of the last request to its host */
    uint64_t next_ms;    /* loop time of the next look or poll; 0: at once */
    bool waits_login;    /* for the login, or for an answer that may be kept; no time runs */
};

enum looked { LOOKED_NOT, LOOKED_NO, LOOKED_UNKNOWN };

struct progress {
    double done, total, rate; /* total 0: none was told */
    char *unit;
    uint64_t at_ms, asked_ms;
};

struct sub {
    const struct plan_step *step;
    const struct plan_subtask *plan;
    char *started, *ended, *message;
    char *waits;        /* what is waited for just now, in place of the message; in memory only */
    enum looked looked; /* of a condition: the last answer since it is asked */
    char *seen;         /* what it said; NULL: nothing */
    bool force_next;    /* the attempt that a retry --force has asked for is to come */
    bool forced;        /* the present attempt is it */
    struct work work;
    struct progress progress;
    struct window *window; /* of its present output */
};

/* The MetaDB login, as far as it is known: drive/login.c. */
enum login_state { LOGIN_NONE, LOGIN_ASKED, LOGIN_READY };
struct login {
    enum login_state state;
    uint64_t missed_ms;               /* since when it is looked for; 0: not yet */
    struct secret *password, *my_cnf; /* the latter: what scripts get */
    struct redact redact;             /* what must not be shown or kept */
};

/* The lease on the MetaDB: drive/lease.c. */
struct lease {
    uint64_t renewed_ms, sure_ms; /* last asked for; it was ours then */
    bool in_flight, take;         /* an operator says: take it again */
};

struct job {
    struct job *next;
    struct jobs *jobs;
    struct journal_job row;
    char *key; /* OMSUP_JOB: number and instance of the journal, unique on nodes */
    struct plan *plan;
    struct core_job core;
    struct sub *subs;
    struct host **hosts; /* by plan host; NULL: not used yet */
    struct login login;
    struct lease lease;
    bool changed; /* for watchers; the turn tells them */
    bool kick;    /* work of one of its subtasks is marked */
};

/* All of them, and what they are written to. */
struct jobs {
    struct journal *journal;
    struct reach *reach;
    const char *control;   /* name of this control host, in locks and events */
    char *instance, *boot; /* of the journal, so that jobs of two never collide on nodes; of this host */
    struct job *first;     /* those that have not ended */
    struct held *held;
    struct drive *drive; /* drive/drive.c */
    bool dirty;          /* something is to be committed */
};

/* --- jobs.c ------------------------------------------------------------------------------------------------------- */
/* Borrows journal, reach and control. */
int jobs_open(struct jobs *js, struct journal *journal, struct reach *reach, const char *control, struct err *e);
void jobs_leave(struct jobs *js); /* forgets all of them, without a word to journal or hosts: runs continue */
void jobs_close(struct jobs *js);
void jobs_drop_ended(struct jobs *js);
struct job *jobs_find(const struct jobs *js, int64_t id); /* one in memory, or NULL */

/* --- job.c -------------------------------------------------------------------------------------------------------- */
struct job *job_new(struct jobs *js, struct plan *plan);                                       /* takes the plan */
int job_load(struct jobs *js, const struct journal_job *row, struct job **out, struct err *e); /* copies row */
void job_free(struct job *b);                                                                  /* NULL is fine */
char *job_parent_key(const struct job *b);                          /* of a rollback, else NULL; caller frees */
char *job_token(const struct job *b, size_t seq, unsigned attempt); /* caller frees */
struct host *job_host(struct job *b, size_t seq);
int job_find(const struct job *b, const char *step, const char *subtask, size_t *first, size_t *n, struct err *e);
uint64_t job_time_ms(const struct job *b); /* of the loop */
/* What is asked or done now: the check's code, or the act's. */
const struct plan_code *job_code(const struct job *b, size_t seq);
void job_kick(struct job *b, size_t seq); /* marks its work: the turn goes on with it */
void job_set_why(struct job *b, const char *why);
/* In memory: record_sub() writes it. Bounded, without the password, UTF-8. false: it is the message already. */
bool job_say(struct job *b, size_t seq, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void job_waits(struct job *b, size_t seq, const char *what); /* shown in place of the message; NULL: no more */
const char *job_message(const struct job *b, size_t seq);    /* as it is shown; NULL: none */

/* --- record.c: what is written -------------------------------------------------------------------------------------
 */
_Noreturn void record_die(const struct err *e);
char *record_now(void); /* UTC, with milliseconds; caller frees */
void record_whole_seconds(char *time);
void record_begin(struct jobs *js);
/* A new job with its plan: gives it its number and all its rows. */
void record_new(struct job *b, const char *plan_text);
void record_job(struct job *b);
void record_sub(struct job *b, size_t seq);
void record_message(struct job *b, size_t seq, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void record_event(struct job *b, const char *step, const char *subtask, const char *actor, const char *event,
                  const char *from, const char *to, const char *reason);
void record_fact(struct job *b, const char *name, const char *value);
void record_mark(struct job *b, const char *name); /* the time of now, when it has none yet */
void record_attempt(struct job *b, size_t seq);    /* the present one begins */
void record_attempt_end(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len);
/* Whatever has ended a subtask without its attempt's own word: timeout of a look, cancel, skip, done with --force. */
void record_attempt_drop(struct job *b, size_t seq);
/* Of a job that is on hold: there is no plan that could tell about it. */
void record_cancel_held(struct jobs *js, const struct journal_job *row, const char *actor, const char *event,
                        const char *reason);

/* --- held.c: jobs that this omsupd cannot continue ------------------------------------------------------------------
 */
void held_add(struct jobs *js, int64_t id, const char *why);
const char *held_why(const struct jobs *js, int64_t id); /* "held: …"; NULL: it is not */
int held_cancel(struct jobs *js, const char *actor, int64_t id, const char *reason, bool force, struct err *e);
void held_free_all(struct jobs *js);

/* --- leases.c -------------------------------------------------------------------------------------------------------
 */
/* The jobs whose lease on the MetaDB is this one's as well, one a line; caller frees. */
char *leases_of(const struct job *b);

/* --- same_oms.c -----------------------------------------------------------------------------------------------------
 */
enum same_oms { SAME_NOT, SAME_METADB, SAME_NODE, SAME_UNKNOWN /* its plan cannot be read at all */ };
/* Is a job with this plan (its hash) about the OMS that p is about? */
enum same_oms same_oms(const struct jobs *js, const char *plan, const struct plan *p);
/* Is another job under way for it? ERR_BUSY then says which. Not `self`, nor `parent`, which a rollback takes over. */
int same_oms_conflict(const struct jobs *js, const struct plan *p, int64_t self, int64_t parent, struct err *e);
