#include "daemon/plan/fields.h"

enum {
    NAME_MAX_ = 512,
    TEXT_MAX_ = 8 * 1024,
    SCRIPT_MAX_ = 256 * 1024,
    ENV_MAX_ = 128,
    FACTS_MAX_ = 32,
    SITE_FILES_MAX_ = 1024,
    SECONDS_MAX_ = 7 * 24 * 3600,
};

static const char *type_name(int v) { return job_type_name((enum job_type)v); }
static const char *kind_name(int v) { return plan_kind_name((enum plan_kind)v); }

#define TEXT(s, f, max)                                                                                                \
    {                                                                                                                  \
#f, F_TEXT, offsetof(struct s, f), 0, max, NULL, NULL                                                          \
    }
#define OPTIONAL(s, f, max)                                                                                            \
    {                                                                                                                  \
#f, F_OPTIONAL, offsetof(struct s, f), 0, max, NULL, NULL                                                      \
    }
#define BOOL(s, key, f)                                                                                                \
    {                                                                                                                  \
        key, F_BOOL, offsetof(struct s, f), 0, 1, NULL, NULL                                                           \
    }
#define UINT(s, f, max)                                                                                                \
    {                                                                                                                  \
#f, F_UINT, offsetof(struct s, f), 0, max, NULL, NULL                                                          \
    }
#define TEXTS(s, f, max)                                                                                               \
    {                                                                                                                  \
#f, F_TEXTS, offsetof(struct s, f), 0, max, NULL, NULL                                                         \
    }
#define RECORD(s, f, rec)                                                                                              \
    {                                                                                                                  \
#f, F_RECORD, offsetof(struct s, f), 0, 0, rec, NULL                                                           \
    }
#define RECORDS(s, f, max, rec)                                                                                        \
    {                                                                                                                  \
#f, F_RECORDS, offsetof(struct s, f), offsetof(struct s, n_##f), max, rec, NULL                                \
    }
#define SOME(s, f, max, rec)                                                                                           \
    {                                                                                                                  \
#f, F_SOME, offsetof(struct s, f), offsetof(struct s, n_##f), max, rec, NULL                                   \
    }
#define END                                                                                                            \
    {                                                                                                                  \
        NULL, F_TEXT, 0, 0, 0, NULL, NULL                                                                              \
    }

static const struct field code_fields[] = {
    OPTIONAL(plan_code, script, SCRIPT_MAX_),
    OPTIONAL(plan_code, builtin, NAME_MAX_),
    END,
};
static const struct fields code = {sizeof(struct plan_code), code_fields};

static const struct field subtask_fields[] = {
    TEXT(plan_subtask, name, NAME_MAX_),
    OPTIONAL(plan_subtask, title, TEXT_MAX_),
    UINT(plan_subtask, host, PLAN_HOSTS_MAX - 1),
    {"kind", F_ENUM, offsetof(struct plan_subtask, kind), 0, KIND_GATE, NULL, kind_name},
    RECORD(plan_subtask, act, &code),
    RECORD(plan_subtask, check, &code),
    TEXTS(plan_subtask, env, ENV_MAX_),
    OPTIONAL(plan_subtask, notice, 64 * 1024),
    OPTIONAL(plan_subtask, cure, TEXT_MAX_),
    BOOL(plan_subtask, "metadb", metadb),
    BOOL(plan_subtask, "operator", by_operator),
    BOOL(plan_subtask, "judge", judge),
    BOOL(plan_subtask, "reason", reasoned),
    BOOL(plan_subtask, "progress", progress),
    UINT(plan_subtask, timeout_s, SECONDS_MAX_),
    UINT(plan_subtask, every_s, SECONDS_MAX_),
    TEXTS(plan_subtask, facts, FACTS_MAX_),
    END,
};
static const struct fields subtask = {sizeof(struct plan_subtask), subtask_fields};

static const struct field step_fields[] = {
    TEXT(plan_step, id, NAME_MAX_),
    TEXT(plan_step, title, TEXT_MAX_),
    OPTIONAL(plan_step, doc, TEXT_MAX_),
    BOOL(plan_step, "serial", serial),
    BOOL(plan_step, "irreversible", irreversible),
    BOOL(plan_step, "rerun_force", rerun_force),
    BOOL(plan_step, "repeat_asked", repeat_asked),
    BOOL(plan_step, "approve", approve),
    OPTIONAL(plan_step, marks, NAME_MAX_),
    TEXTS(plan_step, guards, PLAN_STEPS_MAX),
    OPTIONAL(plan_step, hook, NAME_MAX_),
    BOOL(plan_step, "on_failure_rollback", undo),
    RECORDS(plan_step, subtasks, PLAN_SUBTASKS_MAX, &subtask),
    END,
};
static const struct fields step = {sizeof(struct plan_step), step_fields};

static const struct field host_fields[] = {
    TEXT(plan_host, name, NAME_MAX_), OPTIONAL(plan_host, ssh, NAME_MAX_),     UINT(plan_host, port, 65535),
    BOOL(plan_host, "sudo", sudo),    OPTIONAL(plan_host, run_dir, TEXT_MAX_), END,
};
static const struct fields host = {sizeof(struct plan_host), host_fields};

static const struct field metadb_fields[] = {
    TEXT(plan_metadb, host, NAME_MAX_),
    TEXT(plan_metadb, user, NAME_MAX_),
    UINT(plan_metadb, port, 65535),
    TEXT(plan_metadb, rm, NAME_MAX_),
    TEXT(plan_metadb, cm, NAME_MAX_),
    TEXTS(plan_metadb, hb, PLAN_HOSTS_MAX),
    OPTIONAL(plan_metadb, password_file, TEXT_MAX_),
    UINT(plan_metadb, config_host, PLAN_HOSTS_MAX - 1),
    OPTIONAL(plan_metadb, config_file, TEXT_MAX_),
    OPTIONAL(plan_metadb, ssl_mode, NAME_MAX_),
    OPTIONAL(plan_metadb, ssl_ca, TEXT_MAX_),
    OPTIONAL(plan_metadb, server_public_key, TEXT_MAX_),
    END,
};
static const struct fields metadb = {sizeof(struct plan_metadb), metadb_fields};

static const struct field server_fields[] = {
    TEXT(plan_server, node, NAME_MAX_), TEXT(plan_server, region, NAME_MAX_),        TEXT(plan_server, ip, NAME_MAX_),
    TEXT(plan_server, hb, NAME_MAX_),   UINT(plan_server, host, PLAN_HOSTS_MAX - 1), END,
};
static const struct fields server = {sizeof(struct plan_server), server_fields};

static const struct field site_script_fields[] = {
    TEXT(plan_site_script, file, TEXT_MAX_),
    TEXT(plan_site_script, text, SCRIPT_MAX_),
    END,
};
static const struct fields site_script = {sizeof(struct plan_site_script), site_script_fields};

static const struct field root_fields[] = {
    {"type", F_ENUM, offsetof(struct plan, type), 0, N_JOB_TYPES - 1, NULL, type_name},
    UINT(plan, revision, 1000000),
    TEXT(plan, procedure, NAME_MAX_),
    TEXT(plan, deployment, NAME_MAX_),
    TEXT(plan, edition, NAME_MAX_),
    TEXT(plan, source, NAME_MAX_),
    TEXT(plan, target, NAME_MAX_),
    TEXT(plan, ha, NAME_MAX_),
    TEXT(plan, object, NAME_MAX_),
    TEXTS(plan, site_files, SITE_FILES_MAX_),
    TEXTS(plan, approve, PLAN_STEPS_MAX),
    RECORDS(plan, hosts, PLAN_HOSTS_MAX, &host),
    RECORD(plan, metadb, &metadb),
    RECORDS(plan, servers, PLAN_HOSTS_MAX, &server),
    RECORDS(plan, steps, PLAN_STEPS_MAX, &step),
    SOME(plan, site_scripts, SITE_FILES_MAX_, &site_script),
    END,
};
const struct fields plan_fields = {sizeof(struct plan), root_fields};
