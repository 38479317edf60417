/* Which variables a step's texts may use: the table of schema/procedure.md. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/nearest.h"
#include "daemon/plan/procedure/model.h"
#include "daemon/plan/procedure/script.h"
#include "daemon/yaml/text.h"

#define NAME_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"
enum { NAME_MAX_LEN = 63 };

#define FOR(k) (1u << FOR_##k)
enum {
    ON_ALL = (1u << (FOR_HEARTBEAT_DATABASE + 1)) - 1,
    ON_NODE = FOR(NODE) | FOR(FIRST_NODE) | FOR(INIT_NODE) | FOR(OTHER_NODE) | FOR(REGION),
    ON_REGION = ON_NODE | FOR(HEARTBEAT_DATABASE),
    ON_DB = FOR(DATABASE) | FOR(HEARTBEAT_DATABASE),
};
enum { ROLLBACK = 1, RUNTIME = 2, ATTEMPT = 4 }; /* only in a rollback; set at run time; not in a check */

static const struct row {
    const char *name;
    unsigned targets, flags;
} rows[] = {
    {"OMSUP_JOB", ON_ALL, RUNTIME},
    {"OMSUP_PARENT", ON_ALL, RUNTIME | ROLLBACK},
    {"OMSUP_LEASE", ON_ALL, RUNTIME},
    {"OMSUP_SSH", ON_ALL, RUNTIME},
    {"OMSUP_TOKEN", ON_ALL, RUNTIME | ATTEMPT},
    {"OMSUP_ATTEMPT", ON_ALL, RUNTIME | ATTEMPT},
    {"OMSUP_FORCE", ON_ALL, RUNTIME | ATTEMPT},
    {"OMSUP_FACTS", ON_ALL, RUNTIME},
    {"OMSUP_FACTS_OF", ON_ALL, RUNTIME},
    {"SOURCE", ON_ALL, 0},
    {"TARGET", ON_ALL, 0},
    {"EDITION", ON_ALL, 0},
    {"IMAGE", ON_ALL, 0},
    {"IMAGE_ARCHIVE", ON_ALL, 0},
    {"IMAGE_ON", ON_ALL, 0},
    {"IMAGE_SHA256", ON_ALL, 0},
    {"IMAGE_DIR", ON_ALL, 0},
    {"CORRECTION_PACKAGE", ON_ALL, 0},
    {"BACKUP_DIR", ON_ALL, 0},
    {"COPY_TO", ON_ALL, 0},
    {"SLIM", ON_ALL, 0},
    {"INIT_WAIT", ON_ALL, 0},
    {"METADB_HOST", ON_ALL, 0},
    {"METADB_PORT", ON_ALL, 0},
    {"METADB_ADDRESSES", ON_ALL, 0},
    {"METADB_USER", ON_ALL, 0},
    {"RM_DB", ON_ALL, 0},
    {"CM_DB", ON_ALL, 0},
    {"HB_DBS", ON_ALL, 0},
    {"NODES", ON_ALL, 0},
    {"NODE", ON_NODE, 0},
    {"NODE_SSH", ON_NODE, 0},
    {"NODE_PORT", ON_NODE, 0},
    {"NODE_SUDO", ON_NODE, 0},
    {"DOCKER", ON_NODE, 0},
    {"OLD_CONTAINER", ON_NODE, 0},
    {"OLD_ID", ON_NODE, 0},
    {"OLD_IMAGE", ON_NODE, 0},
    {"NEW_CONTAINER", ON_NODE, 0},
    {"RUN_OPTIONS", ON_NODE, 0},
    {"OLD_RESTART", ON_NODE, ROLLBACK},
    {"OMS_HOST_IP", ON_NODE, 0},
    {"BINDS", ON_NODE, 0},
    {"LOGS_DIR", ON_NODE, 0},
    {"STORE_DIR", ON_NODE, 0},
    {"RUN_DIR", ON_NODE, 0},
    {"CONFIG_FILE", ON_NODE, 0},
    {"CONFIG_STATE", ON_NODE, 0},
    {"REGION", ON_REGION, 0},
    {"CM_LOCATION", ON_REGION, 0},
    {"CM_NODES", ON_REGION, 0},
    {"CM_URL", ON_REGION, 0},
    {"HB_DB", ON_REGION, 0},
    {"LAST_REGION", ON_REGION, 0},
    {"DEFAULT_REGION", ON_REGION, 0},
    {"DB", ON_DB, 0},
    {"DB_ROLE", ON_DB, 0},
    {"OLD_CONTAINERS", FOR(DATABASE), 0},
    {"DB_CHARSET", FOR(DATABASE), ROLLBACK},
    {"DB_COLLATION", FOR(DATABASE), ROLLBACK},
    {"BACKUP_FILE", FOR(DATABASE), ROLLBACK},
    {"BACKUP_SIZE", FOR(DATABASE), ROLLBACK},
    {"BACKUP_SHA256", FOR(DATABASE), ROLLBACK},
    {"BACKUP_COPY", FOR(DATABASE), ROLLBACK},
    {"T1", ON_ALL, ROLLBACK},
};
enum { N_ROWS = ARRAY_LEN(rows) };

static const char *const posix_names[] = {"HOME",   "PATH",   "PWD",    "OLDPWD", "IFS",  "PPID",
                                          "LINENO", "OPTARG", "OPTIND", "TMPDIR", "USER", "LOGNAME",
                                          "SHELL",  "LANG",   "LC_ALL", "TZ",     NULL};

const char *target_name(enum target_kind k)
{
    static const char *const names[] = {
        [FOR_DEPLOYMENT] = "deployment", [FOR_NODE] = "node",
        [FOR_FIRST_NODE] = "first-node", [FOR_INIT_NODE] = "init-node",
        [FOR_OTHER_NODE] = "other-node", [FOR_REGION] = "region",
        [FOR_DATABASE] = "database",     [FOR_HEARTBEAT_DATABASE] = "heartbeat-database",
    };
    TABLE_ENDS(names, FOR_HEARTBEAT_DATABASE);
    return names[k];
}

enum target_kind target_of(const char *name)
{
    int k = FOR_DEPLOYMENT;
    while (k < FOR_HEARTBEAT_DATABASE && strcmp(target_name((enum target_kind)k), name) != 0)
        k++;
    return (enum target_kind)k;
}

static const struct row *row_of(const char *name)
{
    for (size_t i = 0; i < N_ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

const char *env_name(size_t i) { return i < N_ROWS ? rows[i].name : NULL; }
bool env_is_runtime(const char *name)
{
    const struct row *r = row_of(name);
    return r && (r->flags & RUNTIME);
}

bool env_known(const char *name, const struct script_place *at)
{
    const struct row *r = row_of(name);
    return r && (r->targets & (1u << at->target)) && !(r->flags & ROLLBACK && !at->rollback) &&
           !(r->flags & ATTEMPT && at->use == USE_CHECK) && !(r->flags & RUNTIME && at->use == USE_NOTICE);
}

bool env_posix(const char *name)
{
    for (size_t i = 0; posix_names[i]; i++)
        if (strcmp(posix_names[i], name) == 0)
            return true;
    return false;
}

int env_unknown(const struct ynode *text, size_t offset, const char *name, const struct script_place *at, struct err *e)
{
    const struct row *r = row_of(name);
    if (r && !(r->targets & (1u << at->target)))
        return ynode_err_at(text, offset, e, "variable \"%s\" is not set with \"for: %s\"", name,
                            target_name(at->target));
    if (r && r->flags & ROLLBACK && !at->rollback)
        return ynode_err_at(text, offset, e, "variable \"%s\" is set only in a rollback", name);
    if (r)
        return ynode_err_at(text, offset, e, "variable \"%s\" is not set in a %s", name,
                            at->use == USE_CHECK ? "check" : "notice");
    const char *known[N_ROWS + 1];
    for (size_t i = 0; i < N_ROWS; i++)
        known[i] = rows[i].name;
    known[N_ROWS] = NULL;
    char shown[TEXT_SHOWN];
    text_shown(name, shown);
    const char *near = nearest(name, known);
    return near ? ynode_err_at(text, offset, e, "unknown variable \"%s\" (did you mean \"%s\"?)", shown, near)
                : ynode_err_at(text, offset, e, "unknown variable \"%s\"", shown);
}

int notice_check(const struct ynode *text, const struct script_place *at, struct err *e)
{
    for (const char *s = text->text; (s = strchr(s, '$')); s++) {
        size_t brace = s[1] == '{', n = strspn(s + 1 + brace, NAME_CHARS), offset = (size_t)(s - text->text);
        if (!brace && n == 0)
            continue;
        if (!brace || n == 0 || n > NAME_MAX_LEN || s[2 + n] != '}')
            return ynode_err_at(text, offset, e, "in a notice, a variable must be written as ${NAME}");
        char *name = xstrndup(s + 2, n);
        int rc = env_known(name, at) ? 0 : env_unknown(text, offset, name, at, e);
        free(name);
        if (rc)
            return rc;
    }
    return 0;
}
