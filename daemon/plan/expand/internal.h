/* Inside the room: what expansion works on. */
#pragma once
#include <stdint.h>

#include "common/buf.h"
#include "daemon/plan/expand/expand.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/plan/procedure/script.h"

struct expand {
    enum job_type type;
    const struct procedure *proc;
    const struct deployment *d;
    const struct node_facts *facts;
    const struct rollback_of *rb; /* NULL unless a rollback */
    const char *const *ips;       /* OMS_HOST_IP of each node, or what stands for it */
    struct plan *plan;
    struct err *e;
};

/* Whether hooks and approvals are for the job: it is neither a check nor a rehearsal or the rollback of one. */
static inline bool expand_changes_oms(const struct expand *x)
{
    return x->type != JOB_CHECK && x->type != JOB_REHEARSAL && (!x->rb || x->rb->of != JOB_REHEARSAL);
}

/* One target of a step. */
struct target {
    char *name;
    size_t node;    /* of node kinds; SIZE_MAX: none */
    size_t region;  /* SIZE_MAX: none */
    const char *db; /* NULL: none */
    const char *db_role;
};
#define NONE SIZE_MAX

/* approve.c: what of the plan needs a second operator; after its steps. */
int expand_approve(const struct expand *x);
/* check.c: the facts of the nodes fit together and to the deployment. */
int expand_check(const struct expand *x);
/* env.c: the environment of a target, sorted. */
char **expand_env(const struct expand *x, const struct proc_step *s, const struct target *t);
/* `text` with each ${NAME} replaced by its value in env. */
char *expand_notice(const char *text, char *const *env);
/* target.c: the targets of a step; the caller frees with targets_free(). */
size_t expand_targets(const struct expand *x, enum target_kind kind, struct target **out);
void targets_free(struct target *t, size_t n);
size_t first_node_of(const struct deployment *d, size_t region);
/* step.c: adds a step to the plan, if it has a target. */
int expand_step(const struct expand *x, const struct proc_step *s);
/* Of it: a place for one behind the last; its subtasks (`check`: of an entry of `checks`); which files of the site were
 * used. */
struct plan_step *expand_new_step(struct plan *p);
void expand_subtasks(const struct expand *x, const struct proc_step *s, bool check, struct plan_step *step);
void expand_files(const struct expand *x, const struct lib_file *const *files);
/* hooks.c: the hooks of the site before or after a step; and, when all steps are there, what else the site asks for. */
int expand_hooks(const struct expand *x, const char *step, bool after);
int expand_site(const struct expand *x);
