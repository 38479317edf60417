/* What the files of the engine share. Nobody outside daemon/engine includes this. */
#pragma once
#include "common/buf.h"
#include "common/strv.h"
#include "daemon/action/action.h"
#include "daemon/engine/core/core.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/output/output.h"
#include "daemon/engine/reach/reach.h"

/* What the driver does for a subtask right now. work.c */
enum work_what { WORK_NONE, WORK_CHECK, WORK_ACT, WORK_POLL, WORK_KILL };
struct work {
    enum work_what what;
    uint64_t gen;        /* answers of an older one are stale */
    bool in_flight;      /* an answer is coming */
    bool sent;           /* (ACT) the run was asked for, or may have been: from now on only look */
    bool stop_builtin;   /* (KILL) of a built-in: its own end is awaited */
    uint64_t watched_ms; /* of this act or wait, while its host was up */
    uint64_t asked_ms;   /* loop time of the last request to its host */
    uint64_t next_ms;    /* loop time of the next look or poll; 0: at once */
    bool waits_login;    /* for the login, or for an answer that may be kept; no time runs */
};

enum looked { LOOKED_NOT, LOOKED_NO, LOOKED_UNKNOWN };

struct sub {
    const struct plan_step *step;
    const struct plan_subtask *plan;
    char *started, *ended, *message;
    enum looked looked; /* of a condition: the last answer since it is asked */
    char *seen;         /* what it said; NULL: nothing */
    bool force_next;    /* the attempt that a retry --force has asked for is to come */
    bool forced;        /* the present attempt is it */
    struct work work;
    double progress_done, progress_total, progress_rate;
    char *progress_unit;
    char *before_login;    /* the message that stood where one about the login stands now */
    struct window *window; /* of its present output */
    uint64_t progress_ms, progress_asked_ms;
};

enum password_state { PASSWORD_NONE, PASSWORD_ASKED, PASSWORD_READY };

struct job {
    struct job *next;
    struct engine *en;
    struct journal_job row;
    char *key; /* OMSUP_JOB: number and instance of the journal, unique on nodes */
    struct plan *plan;
    struct core_job core;
    struct sub *subs;
    struct host **hosts; /* by plan host; NULL: not used yet */
    enum password_state password_state;
    uint64_t password_missed_ms;            /* since when it is looked for; 0: not yet */
    struct secret *password, *login;        /* the latter: the my.cnf text for scripts */
    struct redact redact;                   /* what must not be shown or kept */
    uint64_t lock_renewed_ms, lock_sure_ms; /* last asked; the lease was ours then */
    bool lock_in_flight, lock_take;         /* an operator says: take it again */
    bool changed;
};

struct effect {
    struct job *job;
    size_t seq;
    enum core_effect what;
};

struct engine {
    uv_loop_t *loop;
    struct engine_config config;
    char *run_dir, *host, *instance, *boot;
    struct journal *journal;
    const struct procedures *procedures;
    struct job *jobs; /* those that have not ended */
    struct held *held;
    struct reach reach;
    struct effect *effects;
    size_t n_effects, cap_effects;
    bool dirty, flushing, reach_closed;
    struct core_update update;
    uv_prepare_t prepare; /* drains what callbacks of this turn left */
    uv_timer_t tick;
    uint64_t last_tick_ms;
    void (*changed)(void *ctx, int64_t job);
    void *changed_ctx;
    unsigned open_handles;
    void (*closed)(void *ctx);
    void *closed_ctx;
};

/* engine.c */
_Noreturn void engine_die(const struct err *e); /* the journal failed */
char *engine_now(void);                         /* UTC, with milliseconds; caller frees */
void engine_flush(struct engine *en);           /* commit, then effects, then watchers */
void engine_touch(struct engine *en);           /* something is to be flushed at the end of this turn */
/* One event for one subtask, with all that follows, written to the open transaction. false: no such move. */
bool engine_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason);
bool engine_verb_job(struct job *b, enum core_verb v, const char *actor, const char *reason);
void engine_record_job(struct job *b);
void engine_record_sub(struct job *b, size_t seq);
void engine_add_event(struct job *b, const char *step, const char *subtask, const char *actor, const char *event,
                      const char *from, const char *to, const char *reason);
struct job *engine_job(struct engine *en, int64_t id); /* one in memory, or NULL */
void engine_set_why(struct job *b, const char *why);

/* job.c */
struct job *job_new(struct engine *en, struct plan *plan);                                       /* takes the plan */
int job_load(struct engine *en, const struct journal_job *row, struct job **out, struct err *e); /* copies row */
void job_free(struct job *b);
char *job_parent_key(const struct job *b); /* of a rollback, else NULL; caller frees */
/* The jobs whose lease on the MetaDB is this one's as well, one a line; caller frees. */
char *job_leases(const struct job *b);
char *job_token(const struct job *b, size_t seq, unsigned attempt); /* caller frees */
struct host *job_host(struct job *b, size_t seq);
int job_find(const struct job *b, const char *step, const char *subtask, size_t *first, size_t *n, struct err *e);
void sub_message(struct job *b, size_t seq, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* held.c */
void held_add(struct engine *en, int64_t id, const char *why);
const char *held_why(const struct engine *en, int64_t id); /* "held: …"; NULL: it is not */
int held_cancel(struct engine *en, const struct engine_caller *who, int64_t id, const char *reason, bool force,
                struct err *e);
void held_free_all(struct engine *en);

/* installation.c */
enum same_as { SAME_NOT, SAME_METADB, SAME_NODE, SAME_UNKNOWN /* its plan cannot be read at all */ };
/* Is a job with this plan (its hash) about the OMS that p is about? */
enum same_as job_same_as(struct engine *en, const char *plan, const struct plan *p);

/* submit.c */
int job_conflict(struct engine *en, const struct plan *p, int64_t self, int64_t parent, struct err *e);

/* work.c */
void work_start(struct job *b, size_t seq, enum core_effect what); /* after the commit */
void work_adopt(struct job *b, size_t seq);                        /* at start-up, by phase */
void work_kick(struct job *b, size_t seq);                         /* goes on when something it waited for is there */
void work_kick_host(struct engine *en, struct host *h);
void work_refused(struct job *b, size_t seq, const char *why); /* an act that was not sent: Failed */
void work_tick(struct job *b, uint64_t elapsed_ms);
bool work_needs_login(const struct job *b, size_t seq); /* what is going on there needs the MetaDB login */

/* watch.c */
void lock_tick(struct job *b);
/* May a change begin? The lease is known to be ours, or the job has none to hold. When not: it is asked for, and
 * work_kick() comes when it is. */
bool lock_sure(struct job *b, size_t seq);
void progress_tick(struct job *b);

/* answer.c */
void answer_attempt(struct job *b, size_t seq, const char *outcome, int exit, const char *output, size_t len);
bool answer_text(struct job *b, size_t seq, const char *output,
                 size_t len);                                 /* facts, evidence -> message; false: none */
char **work_env(struct job *b, size_t seq, unsigned attempt); /* attempt 0: of a check; free with strv_free */

/* password.c */
bool password_ready(struct job *b, size_t seq); /* false: asked for, work_kick() comes when it is there */
/* Is it known what must not be kept of an output? true, and b->password is NULL: not, and it was waited for long
 * enough. */
bool password_settled(struct job *b, size_t seq);
void password_unsay(struct job *b, size_t seq); /* the message that it is waited for */
void password_doubt(struct job *b);             /* it may have changed: is read again when needed next */
