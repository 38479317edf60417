/* What the files above the jobs share until they have rooms of their own. */
#pragma once
#include "common/strv.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/job/job.h"

struct effect {
    struct job *job;
    size_t seq;
    enum core_effect what;
};

struct engine {
    struct jobs jobs;
    struct reach reach;
    struct engine_config config;
    char *run_dir, *host;
    const struct procedures *procedures;
    struct effect *effects;
    size_t n_effects, cap_effects;
    bool flushing, reach_closed;
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
struct engine *engine_of(const struct job *b);

/* engine.c */
void engine_flush(struct engine *en); /* commit, then effects, then watchers */
/* One event for one subtask, with all that follows, written to the open transaction. false: no such move. */
bool engine_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason);
bool engine_verb_job(struct job *b, enum core_verb v, const char *actor, const char *reason);

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
