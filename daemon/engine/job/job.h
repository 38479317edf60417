/* Jobs in memory, and the only code that writes them to the journal.
 *
 * Calling order: jobs_open() first; job_new() and record_new() for a new job, job_load() for one of the journal; a
 * record_…() function after each change in memory; the turn commits while jobs.dirty is set; jobs_close() at the end.
 *
 * Errors: job_load() and job_find() say why not. record_…() cannot fail: when the journal cannot be written memory is
 * ahead of disk, and the process exits; start-up is the recovery path. Ownership: a job owns all that it points to, but
 * for `jobs` and its hosts (which it gives back). Threads: loop thread only. */
#pragma once
#include "daemon/engine/core/core.h"
#include "daemon/engine/job/durations.h"
#include "daemon/engine/job/nightly.h"
#include "daemon/engine/job/times.h"
#include "daemon/engine/output/output.h"
#include "daemon/engine/reach/reach.h"
#include "daemon/journal/journal.h"
#include "daemon/plan/plan.h"

/* The request that is open for a subtask, or the next one. Kept by drive/, in memory only. */
enum work_what { WORK_NONE, WORK_CHECK, WORK_ACT, WORK_POLL, WORK_KILL };
struct work {
    enum work_what what;
    uint64_t gen;        /* answers to requests of an older generation are dropped */
    bool in_flight;      /* an answer is coming */
    bool sent;           /* (ACT) the run was requested, or may have been: from now on only look at it */
    bool kick;           /* a host, the login or the lease may be available now: the turn tries again */
    uint64_t watched_ms; /* for the timeout: time while its host was up and it did not wait for the login */
    uint64_t begun_ms;   /* loop time at which this work began */
    uint64_t idle_ms;    /* loop time since when nothing is asked, while not in flight */
    uint64_t asked_ms;   /* loop time of the last request */
    uint64_t next_ms;    /* loop time of the next look or poll; 0: at once */
    bool told_wait;      /* (POLL) an event has told that it still waits */
    bool waits_login;    /* for the login, which is needed to ask or to take the answer; the timeout does not run */
};

enum looked { LOOKED_NOT, LOOKED_NO, LOOKED_UNKNOWN };

struct progress {
    double done, total, rate; /* total 0: none reported */
    char *unit;
    uint64_t at_ms, asked_ms, docker_ms; /* docker_ms: when Docker was asked beside it */
};

struct sub {
    const struct plan_step *step;
    const struct plan_subtask *plan;
    char *started, *ended, *message;
    char *began,
        *rests; /* the first start, which a retry does not change; since when only an operator can continue it */
    int64_t rested_ms, waited_ms, late_ms; /* schema/journal/003.sql */
    char *waits;                           /* why it is waiting now; shown in place of the message, in memory only */
    enum looked looked;                    /* the last result of a condition */
    char *seen;                            /* its message; NULL: none */
    bool force_next;                       /* retry --force: the next attempt is forced */
    bool forced;                           /* the present attempt is forced */
    struct work work;
    struct progress progress;
    struct window *window; /* for following its output */
};

/* The fact that holds when every server was seen Online; like T1, which a step of the procedure marks. */
#define ONLINE_MARK "online"

/* The fact that keeps core_job.undo: absent, "due", "spent". */
#define UNDO_MARK "on_failure"

/* The MetaDB login: drive/login.c. */
enum login_state { LOGIN_NONE, LOGIN_ASKED, LOGIN_READY };
struct login {
    enum login_state state;
    uint64_t missed_ms;               /* when an output was first held up because it is unknown; 0: not yet */
    struct secret *password, *my_cnf; /* my_cnf: the option file that scripts get */
    struct redact redact;             /* what must not be shown or kept */
    enum login_state *hosts;          /* by plan host: are the secrets of its config.yaml known? NULL: of none */
};

/* The lease on the MetaDB: drive/lease.c. */
struct lease {
    uint64_t renewed_ms, sure_ms; /* last request; last time it was certainly ours */
    bool in_flight, take;         /* take: an operator asked to take it again */
    char *trouble;                /* why it is not certainly ours now, as shown; NULL: it is, or is not held */
    bool lost;                    /* another job has it, and an event has told so */
    uint64_t asked_ms, event_ms;  /* of the renewal in flight; of the last event about that */
};

/* The connection to a host, as told: drive/hosts.c. */
struct connection_seen {
    uint64_t down_ms; /* loop time since when it has been unreachable; 0: it is not */
    bool lost;        /* an event has told so */
};

struct job {
    struct job *next;
    struct jobs *jobs;
    struct journal_job row;
    char *key; /* OMSUP_JOB: number and instance of the journal, unique on nodes */
    struct plan *plan;
    struct core_job core;
    struct sub *subs;
    struct host **hosts;          /* by plan host; NULL: not used yet */
    struct connection_seen *seen; /* by plan host */
    struct login login;
    struct lease lease;
    struct durations *durations;
    struct nightly nightly;       /* row.window, parsed */
    const char *by;               /* the operator whose request is being recorded, for the log; NULL: the engine */
    bool changed;                 /* the turn notifies watchers */
    bool kick;                    /* the work of one of its subtasks has kick set */
    bool undoing;                 /* request/undo.c makes the rollback that is due */
    struct node_fence fence;      /* this host has taken it over (taken.c); epoch 0: it was always here */
    char *fence_text, *fence_job; /* what it points to */
    char *taken;                  /* another host has: why it is dropped in this turn */
    bool unasked;                 /* since this start no node has been asked whether another host has it */
};

/* All jobs, and the journal that they are written to. */
struct jobs {
    struct journal *journal;
    struct reach *reach;
    const char *control;   /* name of this control host, in locks and events */
    char *instance, *boot; /* of the journal: keeps tokens of two journals apart on a node; boot id of this host */
    struct job *first;     /* those that have not ended */
    struct held *held;
    struct drive *drive;   /* drive/drive.c */
    struct copies *copies; /* copies/copies.c; NULL: there are none */
    struct making *making; /* request/next_hop.c: jobs of next hops that are being created */
    struct plan *spare;    /* stored_plan.c: of the job that was freed last, and the hash of it */
    char *spare_sha256;
    bool dirty; /* something is to be committed */
    /* Hears each event in the transaction that records it, with its job (NULL: of none, or not known); it may
     * write notices. */
    void (*heard)(void *ctx, const struct job *b, const struct journal_event *ev);
    void *heard_ctx;
    char *untold; /* which targets of notify: cannot be notified, as shown; NULL: none */
};

/* --- jobs.c --- */
/* Borrows journal, reach and control. */
int jobs_open(struct jobs *js, struct journal *journal, struct reach *reach, const char *control, struct err *e);
void jobs_leave(struct jobs *js); /* drops all jobs from memory; journal and runs are untouched */
void jobs_close(struct jobs *js);
void jobs_drop_ended(struct jobs *js);
struct job *jobs_find(const struct jobs *js, int64_t id); /* one in memory, or NULL */

/* --- job.c --- */
struct job *job_new(struct jobs *js, struct plan *plan);                                       /* takes the plan */
int job_load(struct jobs *js, const struct journal_job *row, struct job **out, struct err *e); /* copies row */
void job_free(struct job *b);                                                                  /* NULL is fine */
char *job_parent_key(const struct job *b);                          /* of a rollback, else NULL; caller frees */
char *job_token(const struct job *b, size_t seq, unsigned attempt); /* caller frees */
struct host *job_host(struct job *b, size_t seq);
int job_find(const struct job *b, const char *step, const char *subtask, size_t *first, size_t *n, struct err *e);
uint64_t job_time_ms(const struct job *b); /* the loop's time */
/* The code that its work runs now: its check or its act. */
const struct plan_code *job_code(const struct job *b, size_t seq);
void job_kick(struct job *b, size_t seq); /* the turn tries its next request again */
void job_set_why(struct job *b, const char *why);
/* A text that may come from anywhere (a reason, an error of the MetaDB): bounded, without the password, UTF-8; caller
 * frees. */
char *job_clean(const struct job *b, const char *from);
/* A whole text, without the secrets that are known: an operator's reason may have one in it. NULL stays NULL; caller
 * frees. */
char *job_scrub(const struct job *b, const char *text);
/* Sets the message in memory (bounded, without the password, UTF-8); record_sub() writes it. false: no change. */
bool job_say(struct job *b, size_t seq, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void job_waits(struct job *b, size_t seq, const char *what); /* NULL: it no longer waits */
/* Has its condition been waited for so long that a person may want to know what to do? */
bool job_waits_long(const struct job *b, size_t seq);
const char *job_message(const struct job *b, size_t seq); /* as shown; NULL: none */

size_t job_step(const struct job *b, const char *id, size_t len); /* the step of this name; n_steps: there is none */

/* --- stops.c: breakpoints in the journal --- */
char *stops_text(const struct job *b);                          /* NULL: none; caller frees */
int stops_read(struct job *b, const char *text, struct err *e); /* into the core; ERR_JOURNAL */

/* --- window.c: the window of a job --- */
char *confirmed_text(const struct job *b);     /* NULL: none; caller frees */
int window_read(struct job *b, struct err *e); /* from the row, into the core; ERR_JOURNAL */
/* Which steps await it, and how long each needs until the end of the job. Refused, with words, when that is not known,
 * or is longer than any night. */
int window_possible(struct job *b, struct err *e);
void window_look(struct job *b); /* brings the core's window up to date; before anything is asked of the core */
/* Why the step at which the job is does not begin now; caller frees. */
char *window_why(const struct job *b);

/* --- record.c: what is written --- */
_Noreturn void record_die(const struct err *e);
void record_begin(struct jobs *js);
/* A new job with its plan: gets its number and its rows. */
void record_new(struct job *b);
void record_job(struct job *b);
void record_sub(struct job *b, size_t seq);
void record_message(struct job *b, size_t seq, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void record_event(struct job *b, const char *step, const char *subtask, const char *actor, const char *event,
                  const char *from, const char *to, const char *reason);
/* An event about the connection to a host of the plan. */
void record_host(struct job *b, const char *host, const char *event, const char *reason);
/* What is to be told to a target, with the event (heard()); returns its number. And that it needs no telling any more.
 */
int64_t record_notice(struct jobs *js, const struct journal_event *ev, const char *target, const char *kind);
void record_told(struct jobs *js, int64_t notice);
/* An approval of now, in place of an older one of the same; and that it is spent. */
void record_approval(struct jobs *js, const struct journal_approval *a);
void record_approval_used(struct jobs *js, int64_t job, const char *what);
void record_fact(struct job *b, const char *name, const char *value);
void record_mark(struct job *b, const char *name); /* now, unless it is set already */
void record_attempt(struct job *b, size_t seq);    /* the present attempt starts */
void record_attempt_end(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len);
/* The subtask has ended and its attempt's outcome is not awaited: timeout of a probe, cancel, skip, done --force. */
void record_attempt_drop(struct job *b, size_t seq);
/* An event of no job; the newest NOTED_KEPT of them stay. */
enum { NOTED_KEPT = 5000 };
void record_noted(struct jobs *js, const char *actor, const char *event, const char *reason);
/* An event of a job that may have ended. */
void record_event_of(struct jobs *js, int64_t id, const char *actor, const char *event, const char *reason);
void record_taken(struct jobs *js, int64_t id, const char *why); /* the fact of a job that is not in memory */
/* After times_look() has told that the clock was set by so much. */
void record_clock(struct jobs *js, int64_t set_ms);
void record_series(struct jobs *js, const struct journal_series *s);
/* A fact of a job that has ended; NULL: it is no longer one. */
void record_fact_of(struct jobs *js, int64_t id, const char *name, const char *value);
void record_drop_job(struct jobs *js, const struct journal_job *row); /* journal_drop_job() */
/* Cancels a job that is on hold, by its rows alone: its plan cannot be read. */
void record_cancel_held(struct jobs *js, const struct journal_job *row, const char *actor, const char *event,
                        const char *reason);

/* --- stored_plan.c: plans in the journal --- */
int stored_plan_write(struct journal *j, const char *sha256, const struct plan *plan, struct err *e);
/* ERR_JOURNAL when it is damaged. */
int stored_plan_read(struct journal *j, const char *sha256, struct plan **out, struct err *e);
/* A plan costs more to read than all else of a job, and is the same for ever: the one of the job that was freed last is
 * kept for whoever asks for that job next. What plan_take() gives is the caller's until plan_keep() takes it;
 * NULL for sha256: it is freed. */
int plan_take(struct jobs *js, const char *sha256, struct plan **out, struct err *e);
void plan_keep(struct jobs *js, const char *sha256, struct plan *plan);
/* The text of a plan that need not be one that can be read, without its steps; caller frees. */
char *stored_plan_head(struct journal *j, const char *sha256);

/* --- held.c: jobs that this omsupd cannot continue --- */
void held_add(struct jobs *js, int64_t id, const char *why);
const char *held_why(const struct jobs *js, int64_t id); /* "on hold: …"; NULL: it is not on hold */
int held_cancel(struct jobs *js, const char *actor, int64_t id, const char *reason, bool force, struct err *e);
void held_free_all(struct jobs *js);

/* Like held_add(), for one that another control host has: "taken over by …". */
void held_taken(struct jobs *js, int64_t id, const char *why);

/* --- takeover.c: jobs that this host has taken over from another one --- */
#define TAKEOVER_FACT "takeover"                 /* of the new host: "EPOCH TAKER TIME HOST" */
#define TAKEN_FACT "taken-over"                  /* of the old one: why it is on hold */
int takeover_load(struct job *b, struct err *e); /* the fence of a job from its fact; ERR_JOURNAL */
/* The name of a job in the lease: OMSUP_JOB, and behind an @ the epoch of a job that was taken over; caller frees. */
char *takeover_lease(const struct jobs *js, int64_t id);

/* --- taken.c: jobs that another host has taken over --- */
/* Another host has it. From now on nothing of it may be asked; the turn drops it. `time` may be NULL. */
void taken_note(struct job *b, const char *host, const char *time);
void taken_hear(struct jobs *js, const struct node_fence *f); /* a node has told of a fence */
/* Writes, puts on hold and frees those that were noted; each is told to `dropped` before it is freed. false: none. */
bool taken_drop(struct jobs *js, void (*dropped)(void *ctx, const struct job *b), void *ctx);
/* Another host has the job, also one that has ended: ERR_STATE, with which. */
int taken_refuse(const struct jobs *js, int64_t id, struct err *e);
bool taken_hold(struct jobs *js, int64_t id); /* at start: puts it on hold if another host has it */

/* --- leases.c --- */
/* The jobs whose lease on the MetaDB this job may take over, one per line; caller frees. */
char *leases_of(const struct job *b);

/* --- series.c: a chained upgrade, as it stands now --- */
struct series_hop {
    char *source, *target;
    int64_t job;       /* 0: it has none yet */
    enum state state;  /* of the job */
    bool started;      /* it has been */
    bool undo_tried;   /* it has a rollback, whatever became of that */
    bool undone;       /* by one that was Successful */
    int64_t undone_by; /* its newest rollback that was not canceled; 0: none */
};
struct series {
    struct journal_series row;
    struct series_hop *hops;
    size_t n;
    unsigned next;     /* the hop whose job is to be created, from 1; 0: none */
    bool over;         /* no hop will follow, and none is under way */
    const char *ended; /* the version that OMS has, if it is over before its last hop; NULL: it is not, or is unknown */
};
int series_load(const struct jobs *js, int64_t id, struct series *out, struct err *e); /* series_clear() it */
void series_clear(struct series *s);
/* "4.1.1 > 4.2.0 > 4.2.13", for journal_series.path; caller frees. */
char *series_path(const char *source, const char *const *targets, size_t n);

/* --- same_oms.c --- */
enum same_oms { SAME_NOT, SAME_METADB, SAME_NODE, SAME_UNKNOWN /* its plan cannot be read */ };
/* Does the plan with this hash work on the same OMS as p? */
enum same_oms same_oms(const struct jobs *js, const char *plan, const struct plan *p);
/* ERR_BUSY when another job is under way on the same OMS; `self` and `parent` (of a rollback) do not count. */
int same_oms_conflict(const struct jobs *js, const struct plan *p, int64_t self, int64_t parent, struct err *e);
