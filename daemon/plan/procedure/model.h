/* A procedure as parsed: for the files of this room, and for expansion, which reads it. Nobody else includes this. */
#pragma once
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/library.h"
#include "daemon/plan/procedure/procedure.h"
#include "daemon/yaml/yaml_tree.h"

/* --- `when` --- */
enum when_var {
    WHEN_SOURCE,
    WHEN_TARGET,
    WHEN_EDITION,
    WHEN_HA,
    WHEN_IMAGE_ON,
    WHEN_SLIM,
    WHEN_COPY_TO,
    WHEN_REGIONS,
    WHEN_NODES,
    WHEN_JOB,
    WHEN_REHEARSAL,
    WHEN_DUMPS,
    WHEN_UNDO, /* from here on: of a rollback only */
    WHEN_REACHED,
    WHEN_HA_BEFORE
};
struct when_term {
    enum when_var var;
    enum cmp_op op;
    struct version version; /* source, target */
    unsigned number;        /* regions, nodes; of reached: index of the step */
    char *word;             /* the others */
    bool alternative;       /* "or" stands in front of it, else "and" */
};
struct when {
    struct when_term *terms; /* "and" binds closer than "or" */
    size_t n;
};
/* What it is evaluated on. */
struct when_facts {
    struct version source, target;
    const char *edition, *ha, *image_on, *slim, *copy_to, *job,
        *undo;                     /* job: "upgrade", "check"; undo NULL: not a rollback */
    const char *rehearsal, *dumps; /* "yes", "no"; "keep", "remove" */
    const char *ha_before;         /* of the job that is rolled back: "on", "off", "absent", "unknown" */
    unsigned regions, nodes;
    size_t reached; /* 1 + index of the last step of the upgrade that had begun; 0: none */
};
/* `rollback`: undo and reached are allowed; steps are looked up in p. *out NULL when there is no `when`. */
int when_parse(const struct ynode *step, const struct procedure *p, bool rollback, struct when *out, struct err *e);
bool when_holds(const struct when *w, const struct when_facts *f);
void when_free(struct when *w);

/* --- steps --- */
enum target_kind {
    FOR_DEPLOYMENT,
    FOR_NODE,
    FOR_FIRST_NODE,
    FOR_INIT_NODE,
    FOR_OTHER_NODE,
    FOR_REGION,
    FOR_DATABASE,
    FOR_HEARTBEAT_DATABASE,
};
static inline bool target_has_node(enum target_kind k) { return k >= FOR_NODE && k <= FOR_REGION; }

struct proc_step {
    char *id, *title, *doc;
    struct when when;
    enum target_kind target;
    enum plan_kind kind;
    struct plan_code act, check; /* without what expansion puts in front; scripts are the library's */
    char *notice, *cure, *marks;
    char **guards, **facts;
    const struct lib_file **files; /* that its scripts were made of; NULL-terminated, NULL: none */
    unsigned timeout_s, every_s;
    bool on_node, serial, metadb, by_operator, judge, reasoned, progress, irreversible, rerun_force, repeat_asked;
};
struct proc_steps {
    struct proc_step *at;
    size_t n;
};
struct proc_refuse {
    char *targets;    /* a range of versions that there is no way to; NULL: `when` */
    struct when when; /* of deployments that it does not support */
    char *say;
};
/* A version that a procedure is for. */
struct proc_version {
    const struct procedure *of;
    char *target, *source, *others, *doc; /* source: a range; others: what to say to other sources, or NULL */
    struct version target_v;
};

enum { STEPS_MAX = PLAN_STEPS_MAX - 1 }; /* of one list; one for `precheck` */

struct procedure {
    char *name, *title, *edition;
    struct proc_version *versions;
    size_t n_versions;
    struct proc_refuse *refuse;
    size_t n_refuse;
    struct proc_steps checks, steps, rollback, rehearsal, rehearsal_rollback;
    char *file;                    /* for messages */
    const struct lib_file **files; /* the page itself first, then its parts; NULL-terminated; NULL: it is in no file */
    struct library *own;           /* procedure_parse() only */
};
struct procedures {
    struct library *lib;
    struct procedure **at;
    size_t n;
    const struct proc_version **versions; /* of all */
    size_t n_versions;
};
bool steps_have(const struct proc_steps *list, const char *id);
void files_add(const struct lib_file ***files, const struct lib_file *f); /* once each */

enum proc_list { LIST_CHECKS, LIST_STEPS, LIST_ROLLBACK, LIST_REHEARSAL, LIST_REHEARSAL_ROLLBACK };
int proc_step_parse(const struct ynode *n, const struct procedure *p, const struct library *lib, enum proc_list list,
                    struct proc_step *s, struct err *e);
void proc_step_free(struct proc_step *s);
/* The lists of a page. Adds their parts to p->files. */
int proc_lists_parse(const struct ynode *root, struct procedure *p, const struct library *lib, struct err *e);
void proc_lists_free(struct procedure *p);
bool proc_action_known(const char *name, bool acts);

/* procedure_parse() of a tree. `page`: where it stands; NULL: in no library. */
int procedure_parse_tree(const struct ynode *root, const struct library *lib, const struct lib_file *page,
                         const char *file, struct procedure **out, struct err *e);
