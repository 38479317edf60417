/* Shared by the files of the requests only. */
#pragma once
#include "daemon/engine/drive/drive.h"
#include "daemon/engine/request/request.h"
#include "daemon/plan/expand/expand.h"

/* --- submission.c: one submission under way, from the request to its answer
 * ------------------------------------------- */
struct submission;
/* What differs between the kinds. NULL: nothing is to be done there. */
struct submission_kind {
    /* The ids of the old containers, for gather_begin(): by node of d. */
    int (*old_ids)(struct submission *s, const struct deployment *d, char ***ids, struct err *e);
    int (*expand)(struct submission *s, const struct gathered *g, struct plan **plan, struct err *e);
    /* Asked before the nodes are, and once more when the job would be written: things go on meanwhile. */
    int (*refused)(struct submission *s, struct err *e);
    void (*created)(struct submission *s, const struct job *b);
    /* Without a job: completes the answer r and gives it. */
    void (*planned)(struct submission *s, cJSON *r);
};
struct submission {
    const struct submission_kind *kind;
    struct engine *en;
    struct jobs *jobs;
    enum job_type type;
    bool plan_only, start;
    bool force; /* of a rollback: though something of the upgrade may still run */
    bool late;  /* of a rollback: it restores the databases */
    char *actor, *login, *text, *reason;
    int64_t parent; /* of a rollback; else 0 */
    const struct procedure *procedure;
    request_reply *reply;
    void *ctx;
};
/* who NULL: without a job nobody is the operator. */
struct submission *submission_new(struct engine *en, const struct submission_kind *kind, enum job_type type,
                                  const struct request_caller *who, request_reply *reply, void *ctx);
/* Parses, gathers, expands, writes the job, and then answers by itself. */
void submission_begin(struct submission *s, const char *deployment, const char *file);
/* Takes result; frees s. */
void submission_answer(struct submission *s, cJSON *result, const struct err *e);

/* --- losses.c
 * ----------------------------------------------------------------------------------------------------------- */
/* Adds `lost` and `backups`, verified now, to the answer r, and answers. */
void losses_tell(struct submission *s, cJSON *r);

/* --- discover_file.c: what is found, as a deployment file for review
 * ----------------------------------------------------- */
struct discover_node {
    char *dest; /* ssh destination; NULL: local */
    char *name; /* node name */
    char *docker, *container;
    struct node_facts facts;
};
struct discover_found {
    struct discover_node *nodes;
    size_t n;
    bool sudo;
    struct metadb_rows hosts; /* the servers that OMS knows: ip, cm_location */
    char *metadb_said;        /* why they could not be asked for; NULL: they were */
};
/* Adds the file to `yaml`, and to `questions` what it does not know. */
void discover_file(const struct discover_found *f, struct buf *yaml, cJSON *questions);
