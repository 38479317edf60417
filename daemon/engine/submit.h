/* What submit.c and rollback.c share: one submission under way, from the request to its answer. */
#pragma once
#include "daemon/engine/internal.h"

struct submit {
    struct engine *en;
    enum job_type type;
    bool plan_only, start;
    bool force; /* of a rollback: though something of the upgrade may still run */
    bool late;  /* of a rollback: it restores the databases */
    char *actor, *login, *text, *reason;
    int64_t parent; /* of a rollback; else 0 */
    const struct procedure *procedure;
    engine_reply *reply;
    void *ctx;
};

struct submit *submit_new(struct engine *en, const struct engine_caller *who, enum job_type type, engine_reply *reply,
                          void *ctx);
/* Parses, gathers, expands, and then answers by itself. */
void submit_begin(struct submit *s, const char *deployment, const char *file);
/* Takes result; frees s. */
void submit_answer(struct submit *s, cJSON *result, const struct err *e);

/* The ids of the old containers as the upgrade's plan has them, for gather_begin(). */
int rollback_old_ids(struct submit *s, const struct deployment *d, char ***ids, struct err *e);
int rollback_expand(struct submit *s, const struct gathered *g, struct plan **plan, struct err *e);
/* Not now: something of the upgrade acts, or may. What only looks is no hindrance: the cancel ends it. */
int rollback_refused(struct submit *s, struct err *e);
/* Adds `lost` and `backups`, verified now, to the answer r, and answers. */
void rollback_losses(struct submit *s, cJSON *r);
