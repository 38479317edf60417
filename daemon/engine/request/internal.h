/* Shared by the files of this room only. */
#pragma once
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/request/request.h"
#include "daemon/plan/expand/expand.h"

/* --- approve.c: two persons --- */
/* An approval that the caller is about to spend. */
struct approval_used {
    char *what, *by;
};
/* Does anything of the plan need a second operator? */
bool approve_any(const struct plan *p);
bool approve_verb(const struct plan *p, const char *what); /* "rollback", "--force" */
/* May the caller do what needs an approval? Another person must have approved it, in time, of this plan. The error says
 * what to type first. approve_spend() it when it is done, in the same transaction, or approve_free(). */
int approve_find(struct jobs *js, int64_t job, const char *plan, const char *what, const struct request_caller *who,
                 struct approval_used *out, struct err *e);
void approve_spend(struct jobs *js, int64_t job, const struct request_caller *who, struct approval_used *a);
void approve_free(struct approval_used *a);
/* A retry of a step that was approved: another person than the one who approved it? */
int approve_retry(const struct job *b, const char *step, const struct request_caller *who, struct err *e);
/* Whoever starts the job has asked for its steps, so they may not have approved one. */
int approve_start(const struct job *b, const struct request_caller *who, struct err *e);
/* `asked` with this person, too; takes the text. */
char *approve_ask(char *asked, const struct request_caller *who);
int approve_known(const struct plan *p, const struct request_caller *who, struct err *e);

/* --- submission.c: one submission under way, from the request to its answer --- */
struct submission;
/* What differs between kinds of submissions. NULL: nothing to do. */
struct submission_kind {
    /* Ids of the old containers by node of d, for gather_begin(). */
    int (*old_ids)(struct submission *s, const struct deployment *d, char ***ids, struct err *e);
    int (*expand)(struct submission *s, const struct gathered *g, struct plan **plan, struct err *e);
    /* Checked right before the job is written: things may have changed while the nodes were asked. */
    int (*refused)(struct submission *s, struct err *e);
    void (*created)(struct submission *s, struct job *b, const struct deployment *d);
    /* For a plan without a job: completes the answer r and sends it. */
    void (*planned)(struct submission *s, cJSON *r);
};
struct submission {
    const struct submission_kind *kind;
    struct engine *en;
    struct jobs *jobs;
    enum job_type type;
    bool plan_only, start;
    bool force; /* of a rollback: even if an attempt of the upgrade may still be running */
    bool late;  /* of a rollback: it restores the databases */
    char *actor, *login, *text, *reason;
    char *window; /* NULL: none */
    int64_t expect;
    int64_t person; /* who asks, and their name */
    char *name;
    char *asked; /* journal_job.asked of the job that it makes */
    struct approval_used rollback_approval, force_approval;
    char *at;       /* when it is to be started; NULL: see `start` */
    char **before;  /* steps before which the job is to be paused; ends with NULL; NULL: none */
    int64_t parent; /* of a rollback; otherwise 0 */
    int64_t series; /* of a hop but the first, and of its rollback; otherwise 0 */
    unsigned hop;   /* of a deployment with hops; 0: the first, which begins a series */
    char *frozen;   /* the plan whose texts of the hooks are taken; NULL: their files are read */
    char *agreed;   /* the plan that the caller has agreed to; NULL: none */
    bool unasked;   /* of a rollback: on_failure asks for it */
    bool carry_on;  /* of that series: the next jobs are started by omsupd */
    const struct procedure *procedure;
    request_reply *reply;
    void *ctx;
};
/* who NULL: for a plan without a job. */
struct submission *submission_new(struct engine *en, const struct submission_kind *kind, enum job_type type,
                                  const struct request_caller *who, request_reply *reply, void *ctx);
/* Parses, gathers, expands, writes the job, and answers. */
void submission_begin(struct submission *s, const char *deployment, const char *file);
struct request_caller submission_caller(const struct submission *s); /* borrows */
/* Takes result; frees s. */
void submission_answer(struct submission *s, cJSON *result, const struct err *e);

/* --- hops.c: a deployment with hops --- */
/* Is there a procedure for each hop, from where d is? */
int hops_known(const struct procedures *ps, const struct deployment *d, struct err *e);
/* No procedure leads from its source to its target: if a chain does, the error says how to take it. */
void hops_suggest(const struct procedures *ps, const struct deployment *d, struct err *e);
/* Looks for the image archives of the hops, from where d is to the last one that is given. Owns nothing. */
typedef void hops_done(struct submission *s, struct deployment *d, const struct err *e);
void hops_archives(struct submission *s, struct deployment *d, unsigned last, hops_done *done);
cJSON *hops_json(const struct deployment *d); /* as `series` of the protocol, without jobs */

/* --- schedule.c --- */
/* `at` is a time of the protocol. */
int schedule_possible(const char *at, struct err *e); /* is it in the future? */
int schedule_start(struct job *b, const char *actor, const char *reason, const char *at, struct err *e);
bool schedule_withdraw(struct job *b, const char *actor, const char *reason); /* false: there is none */

/* A Ready job gets a window; or `why not`, and nothing has changed. */
int schedule_window(struct job *b, const char *actor, struct request_window window, struct err *e);

/* --- breakpoints.c --- */
/* Sets them, or removes them, all or none, with an event for each. */
int breakpoints_possible(struct job *b, struct request_steps at, struct err *e); /* nothing has changed */
int breakpoints_set(struct job *b, const char *actor, struct request_steps at, struct err *e);
int breakpoints_remove(struct job *b, const char *actor, struct request_steps at, struct err *e);

/* --- next_hop.c --- */
extern const struct submission_kind upgrade_kind; /* an upgrade or a check; with hops it begins or continues a series */
int next_hop_may_continue(const struct job *b, struct err *e);
void next_hop_continue(struct job *b, const char *actor); /* `continue` of start */

/* --- rollback.c --- */
/* Only while it is due. */
void rollback_unasked(struct engine *en, const struct request_caller *who, int64_t job, const char *reason,
                      request_reply *reply, void *ctx);

/* --- agree.c: rollbacks that on_failure asks for --- */
extern const char losses_since_backup[];
void undo_json(const struct deployment *d, cJSON *r); /* adds to r what is to be agreed to: `on_failure`, `lost` */
char *undo_agreed(const struct deployment *d);        /* for the events; the caller frees */

/* --- losses.c --- */
/* Adds `lost` and `backups`, which it verifies now, to the answer r and sends it. */
void losses_tell(struct submission *s, cJSON *r);
unsigned losses_limit_ms(const cJSON *backups); /* for reading them, by their `size` */

/* --- discover_file.c: a deployment file for review --- */
struct discover_node {
    char *dest; /* ssh destination; NULL: local */
    char *name; /* node name */
    char *docker, *container;
    char *image;   /* its name, even if the container names it by its id; then the id if it has no name */
    char *same_as; /* the destination of an earlier node that is the same host; NULL: there is none */
    struct node_facts facts;
};
struct discover_found {
    struct discover_node *nodes;
    size_t n;
    bool sudo;
    struct metadb_rows hosts; /* the servers that OMS knows: ip, cm_location */
    char *metadb_said;        /* why the MetaDB could not be asked; NULL: it was */
};
/* Adds the file to `yaml`, and what it cannot know to `questions`. */
void discover_file(const struct discover_found *f, struct buf *yaml, cJSON *questions);
