/* What a plan is made from: the deployment file, OMS's own config.yaml, what a node says of its old
 * container, a procedure. All parsers take bytes from outside: bounded, validated, and an error names
 * FILE:LINE:COLUMN and what was expected. Pure: no I/O. */
#pragma once
#include "common/protocol.h"
#include "common/secret.h"
#include "daemon/plan/plan.h"

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
/* "…/oms:feature_4.2.3" and the like; ERR_NOT_FOUND when the tag tells no version. */
int version_of_image(const char *image, struct version *v, struct err *e);

/* --- deployment file ------------------------------------------------------------------------------ */
struct deploy_node {
    char *name, *ssh, *old, *new_; /* ssh NULL: `local: true`; old/new container names, defaults applied */
    char *docker;                  /* container command, default applied */
    unsigned port;
    bool sudo;
    unsigned region; /* index */
};
struct deploy_region {
    char *name;
};
struct deployment {
    char *name, *edition, *source, *target, *ha; /* ha default "console" */
    char *image_archive, *image_on, *image_name,
        *image_sha256; /* image_on "control" (default) or "nodes"; sha256 may be NULL */
    char *backup_dir;
    char *after_reboot;      /* "pause" (default) or "resume" */
    bool metadb_from_config; /* default; else the fields below */
    char *metadb_host, *metadb_user, *metadb_password_file;
    unsigned metadb_port;
    struct deploy_region *regions;
    size_t n_regions;
    struct deploy_node *nodes; /* in order of regions */
    size_t n_nodes;
};
enum { DEPLOYMENT_MAX = PROTOCOL_FILE_MAX };
int deployment_parse(const char *text, size_t len, const char *file, struct deployment **out, struct err *e);
void deployment_free(struct deployment *d);

/* --- OMS's config.yaml ---------------------------------------------------------------------------- */
struct oms_config { /* oms-facts §3: config.yaml keys of the same names; tags and quoted scalars are accepted */
    char *metadb_host, *metadb_user, *rm_db, *cm_db, *hb_db, *cm_url, *cm_region, *tsdb_url; /* last two may be NULL */
    unsigned metadb_port;
    struct secret *password;
    int cm_location; /* 0…127; -1 when absent */
    bool is_default;
    char **cm_nodes; /* NULL-terminated */
};
enum { OMS_CONFIG_MAX = 64 * 1024 };
int oms_config_parse(const char *text, size_t len, const char *file, struct oms_config **out, struct err *e);
void oms_config_free(struct oms_config *c);

/* --- what a node says ------------------------------------------------------------------------------ */
/* gather_script: a read-only sh script; environment DOCKER, OLD_CONTAINER, and OLD_ID: empty, or the id of the
 * container that is meant, whatever its name is now. gather_parse() reads its output. */
extern const char gather_script[];
struct node_facts {
    char *old_id, *old_image, *host_ip;                 /* OMS_HOST_IP of the old container's environment; may be "" */
    char **binds;                                       /* NULL-terminated "/host:/container[:opts]" */
    char *config_file, *logs_dir, *store_dir, *run_dir; /* host paths of the documented mounts */
    struct oms_config *config;
};
/* `node` prefixes errors. */
int gather_parse(const char *output, size_t len, const char *node, struct node_facts *out, struct err *e);
void node_facts_free(struct node_facts *f);

/* --- procedures ------------------------------------------------------------------------------------ */
struct procedure; /* schema/procedure.md */
enum { PROCEDURE_MAX = 256 * 1024 };
/* How procedure_parse() asks whether a built-in exists that acts (`acts`) or looks: set once, before the first parse.
 * NULL (the default): names are not checked. A hook, so that this module does not link the actions. */
void procedures_set_action_lookup(bool (*known)(const char *name, bool acts));
int procedure_parse(const char *text, size_t len, const char *file, struct procedure **out, struct err *e);
void procedure_free(struct procedure *p);
const char *procedure_name(const struct procedure *p);
cJSON *
procedure_to_json(const struct procedure *p); /* name, title, edition, target, source, doc, steps' ids and titles */

/* All procedures: the embedded ones, overridden by *.yaml of `dir` (NULL: none). */
struct procedures;
int procedures_load(const char *dir, struct procedures **out, struct err *e);
void procedures_free(struct procedures *ps);
size_t procedures_count(const struct procedures *ps);
const struct procedure *procedures_at(const struct procedures *ps, size_t i);
const char *procedures_text(const struct procedures *ps, size_t i); /* its YAML, for `omsupctl procedures NAME` */
/* The one for this edition and target whose source range holds. Otherwise an error that says what can be done
 * (`refuse`, the allowed sources, the chain of upgrades to take). */
int procedures_find(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    const struct procedure **out, struct err *e);
/* The chain of versions from `source` to `target` of the edition, e.g. ["4.0.0","4.1.0"]; ERR_NOT_FOUND with what is
 * known. */
int procedures_path(const struct procedures *ps, const char *edition, const char *source, const char *target,
                    cJSON **chain, struct err *e);

/* --- expansion -------------------------------------------------------------------------------------- */
/* What a rollback needs to know of the job that it rolls back. */
struct rollback_of {
    bool late;                /* an irreversible step had begun */
    const char *const *begun; /* NULL-terminated ids of the steps that had begun */
    const char *t1;           /* NULL when unknown */
    /* fact of the parent job, e.g. "backup.rm_402.file"; NULL when there is none */
    const char *(*fact)(void *ctx, const char *name);
    void *ctx;
    /* By node of d: the id of the old container in that job's plan, NULL where it has none; NULL: none at all. The
     * facts must be of these containers: the name may have been given to another one since. */
    const char *const *old_ids;
};
/* facts[i] belongs to d->nodes[i]. Cross-checks the inputs: cm_location unique per region, exactly one cm_is_default,
 * rm, cm and MetaDB the same everywhere, heartbeat databases different per region and the same within one, OMS_HOST_IP
 * unique and in cm_nodes, one TSDB, documented mounts present, source version as the image tag says (when it tells); in
 * a rollback the containers are those that the upgrade has stopped. `rb` is for JOB_ROLLBACK, else NULL. */
int plan_expand(enum job_type type, const struct procedure *proc, const struct deployment *d,
                const struct node_facts *facts, const struct rollback_of *rb, struct plan **out, struct err *e);
