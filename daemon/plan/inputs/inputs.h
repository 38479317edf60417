/* The inputs of a plan: versions, the deployment file, OMS's own config.yaml, and a node's report about its old
 * container.
 *
 * All parsers take bytes from outside, which they bound and validate. An error names FILE:LINE:COLUMN and what was
 * expected, and leaves *out alone. The result owns everything that it points to; its _free() accepts NULL. Pure: no
 * I/O, no state; may be called from any thread. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/protocol.h"
#include "common/secret.h"

/* --- versions ------------------------------------------------------------------------------------ */
struct version {
    unsigned part[4];
    unsigned n;
}; /* 4.0.2 = {4,0,2} n 3; at most 4 parts, missing = 0 in comparisons */
int version_parse(const char *s, struct version *v,
                  struct err *e); /* "4.0.2", "V4.0.2", "4.2.2-CE", "4.0.1 BP1" refused */
int version_cmp(const struct version *a, const struct version *b);
/* Is v in a range such as ">=3.2.1, <4.2.3"? e is set when the range is malformed. 1, 0 or negative. */
int version_in(const struct version *v, const char *range, struct err *e);
/* "…/oms:feature_4.2.3" and the like; ERR_NOT_FOUND when the tag contains no version. */
int version_of_image(const char *image, struct version *v, struct err *e);

/* Comparisons of versions, and in `when`. */
enum cmp_op { CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_EQ, CMP_NE };
bool cmp_holds(int cmp, enum cmp_op op);
bool version_op(const struct version *a, enum cmp_op op, const struct version *b);
char *version_text(const struct version *v);

/* --- deployment file ------------------------------------------------------------------------------ */
struct deploy_node {
    char *name, *ssh, *old, *new_name; /* ssh NULL: `local: true`; old/new container names, defaults applied */
    char *docker;                      /* container command, default applied */
    char **run_options;                /* what the new container is run with besides; each is one option */
    char *run_dir, *image_dir;         /* NULL: the daemon's run directory; the deployment's image_dir */
    char *host_ip;                     /* OMS_HOST_IP, where the old container has none; NULL: not given */
    unsigned port;
    bool sudo;
    unsigned region; /* index */
};
struct deploy_region {
    char *name;
};
struct deploy_image {
    char *archive, *on, *name, *sha256, *directory;
};
struct deploy_hop { /* of a chain of upgrades */
    char *target;
    struct deploy_image image;
    char **new_names; /* of the new containers, by node */
};
/* A hook: a script of the site before or after a step. In a plan it is a step of its own, HOOK_PREFIX and its name. */
#define HOOK_PREFIX "hook."
struct hook_script {
    char *file; /* its path on the control host; NULL: the text is in the deployment file */
    char *text; /* of a file it is NULL until hooks_read() (procedure/hooks.h) */
    /* The place of its value in the deployment file, for messages: as of a node of yaml/yaml_tree.h. */
    char *in;
    unsigned line, col, indent;
    int style;
};
enum hook_kind { HOOK_RUN, HOOK_PROBE, HOOK_UNTIL };
struct deploy_hook {
    char *name, *title, *cure; /* title, cure may be NULL */
    char *step, *at;           /* before or after this one; at: FILE:LINE:COLUMN of its id */
    bool after, rollback;      /* rollback: a step of the rollback, not of the upgrade */
    char *target;              /* as `for` of a procedure's step */
    bool on_node, serial, metadb, repeat_asked;
    enum hook_kind kind;
    struct hook_script act, check; /* check: without file and text there is none */
    unsigned timeout_s, every_s;
};
struct deploy_undo { /* a step of the upgrade that is followed by a rollback when it is Failed */
    char *step, *at; /* as of a hook */
};
enum { PORT_MAX = 65535, DEPLOY_HOPS_MAX = 16, DEPLOY_HOOKS_MAX = 64, DEPLOY_UNDO_MAX = 128 };
struct deployment {
    char *name, *edition, *source, *target, *ha; /* ha default "console" */
    char *image_archive, *image_on, *image_name,
        *image_sha256; /* image_on "control" (default) or "nodes"; sha256 may be NULL */
    char *image_dir;   /* of the copies on nodes; has a default */
    char *backup_dir;
    char *copy_to;           /* of the backups: PATH, or NODE:PATH; NULL: there is no second copy */
    unsigned copy_node;      /* the index of that NODE + 1; 0: a path of the control host */
    char *after_reboot;      /* "pause" (default) or "resume" */
    char *slim;              /* "delete" or "swap"; the default is what the page of the edition says */
    bool rehearse;           /* the backups of an upgrade are loaded into scratch databases before it starts OMS */
    bool keep_rehearsed;     /* the dumps of a rehearsal stay */
    unsigned init_wait_s;    /* between the start of a container and docker_init.sh, where the page asks for it */
    bool metadb_from_config; /* the default; otherwise the fields below are set */
    char *metadb_host, *metadb_user, *metadb_password_file;
    char *metadb_ssl_mode, *metadb_ssl_ca, *metadb_public_key; /* each may be NULL */
    unsigned metadb_port;
    char **metadb_addresses;  /* HOST:PORT of one and the same MetaDB; NULL: not given */
    char **approve;           /* steps, "rollback", "--force": what needs a second operator; NULL: nothing */
    char *correction_package; /* its path in the new container; NULL: it is looked for */
    struct deploy_region *regions;
    size_t n_regions;
    struct deploy_node *nodes; /* in order of regions */
    size_t n_nodes;
    struct deploy_hop *hops; /* NULL: one upgrade, without `hops` */
    size_t n_hops;
    struct deploy_hook *hooks; /* in their order in the file */
    size_t n_hooks;
    struct deploy_undo *undo;
    size_t n_undo;
    unsigned hop; /* from 1: source, target, image and containers are those of this hop; 0: no hops */
};
enum { DEPLOYMENT_MAX = PROTOCOL_FILE_MAX };
int deployment_parse(const char *text, size_t len, const char *file, struct deployment **out, struct err *e);
void deployment_free(struct deployment *d);
bool deployment_region_ok(const char *s);                     /* the name of a region */
const char *deployment_copy_kind(const struct deployment *d); /* where the second copy is: "none", "path", "node" */
/* HOST:PORT or [V6]:PORT; the caller frees *host. false: it is neither. */
bool deployment_address(const char *s, char **host, unsigned *port);
const struct deploy_hook *deployment_hook(const struct deployment *d, const char *name); /* NULL: there is none */
bool deployment_approve_verb(const char *what); /* of the key `approve`: "rollback", "--force"; else it is a step */
/* With hops, the result of deployment_parse() is at the first one. This moves it to a later one, or to where it is. */
void deployment_hop(struct deployment *d, unsigned hop);
/* The version before a hop: this one or a later one. */
const char *deployment_hop_source(const struct deployment *d, unsigned hop);

/* --- OMS's config.yaml ---------------------------------------------------------------------------- */
struct oms_config { /* keys of the same names in config.yaml; tags and quoted scalars are accepted */
    char *metadb_host, *metadb_user, *rm_db, *cm_db, *hb_db, *cm_url, *cm_region, *tsdb_url; /* last two may be NULL */
    unsigned metadb_port;
    struct secret *password;
    struct secret **secrets; /* the values of all keys that name one, the password's too, whatever they are nested in */
    size_t n_secrets;
    int cm_location; /* 0…127; -1 when absent */
    bool is_default;
    char **cm_nodes; /* NULL-terminated */
};
enum { OMS_CONFIG_MAX = 64 * 1024 };
int oms_config_parse(const char *text, size_t len, const char *file, struct oms_config **out, struct err *e);
void oms_config_free(struct oms_config *c);

/* --- a node's report ------------------------------------------------------------------------------- */
/* node_facts_script is a read-only sh script. Its environment: DOCKER, OLD_CONTAINER, and OLD_ID, which is empty or the
 * id of the container, whatever its name is now. node_facts_parse() reads its output. */
extern const char node_facts_script[];
struct node_facts {
    char *old_id, *old_image, *host_ip;                 /* OMS_HOST_IP of the old container's environment; may be "" */
    char **binds;                                       /* NULL-terminated "/host:/container[:opts]" */
    char *config_file, *logs_dir, *store_dir, *run_dir; /* host paths of the documented mounts */
    char *
        config_state; /* for comparison: config.yaml without its secrets, hashed; its size; its modification time; "" */
    struct oms_config *config;
};
/* Errors start with `node`. */
int node_facts_parse(const char *output, size_t len, const char *node, struct node_facts *out, struct err *e);
void node_facts_free(struct node_facts *f);
