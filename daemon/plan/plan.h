/* A plan: procedure × deployment, expanded to the last command; immutable, known by its SHA-256.
 *
 * plan_expand() makes it from parsed inputs and the facts gathered on the nodes. plan_write() gives its canonical form
 * (unformatted JSON), which the journal keeps and which is hashed; plan_read() reads it back. Both work in parts, for a
 * plan of many nodes has some 20 MiB of text. A plan never contains a secret.
 * Pure: no clock, no I/O. Ownership: a plan owns everything that it points to; after plan_share() and plan_read() equal
 * texts and lists of texts are one, so none is to be changed or freed by itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/job_types.h"

enum {
    PLAN_STEPS_MAX = 128,
    PLAN_SUBTASKS_MAX = 8192, /* of a whole plan */
    PLAN_HOSTS_MAX = 129,     /* the control host and 128 nodes */
};

enum plan_kind {
    KIND_RUN,    /* a script that changes something */
    KIND_ACTION, /* a built-in that changes something */
    KIND_PROBE,  /* a read-only script or built-in that must succeed */
    KIND_WAIT,   /* a read-only script or built-in, repeated until its condition is met */
    KIND_GATE,   /* an operator confirms */
};
const char *plan_kind_name(enum plan_kind k); /* "run", "action", "probe", "wait", "gate" */

/* What to run: a script for sh, or a built-in by name; or nothing. */
struct plan_code {
    char *script;  /* NULL when none; "set -eu" and helper functions are already in front */
    char *builtin; /* NULL when none; a row of actions.def */
};

struct plan_host { /* [0] is the control host: name "control", local */
    char *name;
    char *ssh;     /* NULL: local */
    unsigned port; /* 0: default */
    bool sudo;
    char *run_dir; /* NULL: the daemon's */
};

struct plan_subtask {
    char
        *name; /* unique in its step: "oms1", "rm_402", "cn-hangzhou"; of prechecks "docker/oms1"; "-" for deployment */
    char *title;   /* the title of a precheck; otherwise NULL */
    unsigned host; /* index into hosts: where scripts run */
    enum plan_kind kind;
    struct plan_code act;   /* what is done, or tested (PROBE, WAIT) */
    struct plan_code check; /* is it done? */
    char **env;             /* NULL-terminated NAME=value, sorted */
    char *notice, *cure;    /* NULL when none */
    bool metadb;            /* scripts get the login on fd 3 */
    bool by_operator;       /* a WAIT for something that an operator has to do */
    bool reasoned;          /* with judge: while the condition is false, confirm needs a reason */
    bool judge;             /* a person judges the result: confirm is never refused because of it */
    bool progress;
    unsigned timeout_s; /* 0: none */
    unsigned every_s;
    char **facts; /* that its scripts may set (common/fact_names.h); NULL-terminated; NULL when none */
};

struct plan_step {
    char *id, *title, *doc; /* doc may be NULL */
    bool serial, irreversible, rerun_force, repeat_asked;
    bool approve;  /* each attempt needs the approval of a second operator */
    char *marks;   /* NULL when none */
    char **guards; /* NULL-terminated step ids; NULL when none */
    char *hook;    /* it is a hook of the site: "before stop-old"; NULL: it is one of the procedure's */
    bool undo;     /* when it is Failed, the job is rolled back without asking */
    struct plan_subtask *subtasks;
    size_t n_subtasks; /* at least 1 */
};

struct plan_metadb {
    char *host, *user;
    unsigned port;
    char *rm, *cm;
    char **hb;                                   /* NULL-terminated, one a region in order of regions (all different) */
    char *password_file;                         /* on the control host; NULL: from OMS's config.yaml */
    unsigned config_host;                        /* index of the host whose config.yaml holds the password */
    char *config_file;                           /* its path there */
    char *ssl_mode, *ssl_ca, *server_public_key; /* as in the deployment; files of the control host; each may be NULL */
};

struct plan_server {               /* an OMS node as it appears in the metadata */
    char *node, *region, *ip, *hb; /* ip = OMS_HOST_IP, hb = heartbeat database of its region */
    unsigned host;
};

struct plan_site_script { /* a file that a hook of the deployment names, as it was at submit */
    char *file, *text;
};

struct plan {
    enum job_type type;
    unsigned revision;                                             /* of the omsupd that made it: revisions.def */
    char *procedure, *deployment, *edition, *source, *target, *ha; /* ha: "console" or "sql" */
    char **site_files; /* NULL-terminated paths of the site's own pages and scripts in it; NULL when none */
    char **approve;    /* what of the job needs that: "rollback", "--force"; NULL-terminated; NULL when none */
    char *object;      /* shown as O&M task object: "lab: 4.0.2 -> 4.2.3, 2 nodes" */
    struct plan_host *hosts;
    size_t n_hosts;
    struct plan_metadb metadb;
    struct plan_server *servers;
    size_t n_servers;
    struct plan_site_script *site_scripts; /* also those of hooks of its rollback and of later hops; NULL: none */
    size_t n_site_scripts;
    struct plan_step *steps;
    size_t n_steps;
    struct texts *texts; /* owns the texts; NULL: each has its own owner */
};

/* The time in which OMS is out of service: from the step that marks T1 (of a rollback: T3) to the last that waits until
 * every server is Online. *from is n_steps if no step marks it. false: nothing waits for that. */
bool plan_outage(const struct plan *p, size_t *from, size_t *to);
bool plan_is_online(const struct plan_subtask *s); /* does it wait until every server is Online? */

/* The canonical text, in parts of some 64 KiB that end where a value ends; `data` ends with NUL. */
void plan_write(const struct plan *p, void (*part)(void *ctx, const char *data, size_t n), void *ctx);
char *plan_text(const struct plan *p);              /* the whole; the caller frees */
void plan_hash(const struct plan *p, char hex[65]); /* SHA-256 of it, as hex digits */
void plan_sha256(const char *text, char hex[65]);
/* The next part of a text; 0: there is none. It stays until the next call. */
typedef size_t plan_more(void *ctx, const char **data);
/* Validates everything: the bytes come from outside. `hash`: of the whole text, also of one that is refused. */
int plan_read(plan_more *more, void *ctx, char hash[65], struct plan **out, struct err *e);
int plan_from_text(const char *text, struct plan **out, struct err *e); /* the same of a whole text */
void plan_share(struct plan *p); /* keeps equal texts once; a second time is nothing */
void plan_free(struct plan *p);  /* NULL is fine */
/* Why a plan must not be continued by this omsupd, because an older one made it; static text, NULL: it may be. */
const char *plan_outdated(const struct plan *p);
unsigned plan_revision(void); /* of plans made by this omsupd */
/* The plan as text for people: every command that will run, for every target; the caller frees. */
char *plan_print(const struct plan *p);
/* How plan_print() tells in one line what a built-in does (NULL: it cannot): set once at start. NULL (the default): it
 * prints only names. A hook, so that this room does not link the actions. */
void plan_set_builtin_text(const char *(*text)(const char *name));
/* The head of every script, and the second part of it for scripts with the MetaDB login. */
extern const char script_head[], script_metadb[];
