/* rename-project: cures the precheck of duplicate project names (SEED, prerequisites). Shows the SQL; runs it when
 * asked. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

struct rename_call {
    struct engine *en;
    char *table, *name, *actor;
    int64_t id;
    bool execute;
    struct secret *password;
    char *host, *user, *rm, *cm;
    char *sql;
    unsigned long long changed;
    struct err err;
    engine_reply *reply;
    void *ctx;
};

static void finish(struct rename_call *c)
{
    cJSON *r = NULL;
    if (!c->err.code) {
        r = cJSON_CreateObject();
        cJSON_AddStringToObject(r, "sql", c->sql);
        if (c->execute)
            cJSON_AddNumberToObject(r, "changed", (double)c->changed);
    }
    c->reply(c->ctx, r, &c->err);
    secret_wipe(c->password);
    free(c->table);
    free(c->name);
    free(c->actor);
    free(c->host);
    free(c->user);
    free(c->rm);
    free(c->cm);
    free(c->sql);
    free(c);
}

static void work(struct metadb *db, const struct err *failed, void *arg)
{
    struct rename_call *c = arg;
    struct metadb_rows rows = {0};
    if (!db) {
        c->err = *failed;
        return;
    }
    char *rm = metadb_name(c->rm), *name = metadb_quote(db, c->name);
    c->sql = xasprintf("UPDATE %s.%s SET project_name=%s WHERE id=%lld", rm, c->table, name, (long long)c->id);
    if (metadb_query(db, &rows, NULL, &c->err,
                     "SELECT id FROM %s.%s WHERE project_name=%s AND project_status != 'DELETED'", rm, c->table,
                     name) == 0 &&
        rows.n_rows > 0)
        err_set(&c->err, ERR_STATE, "project %s has that name already: the new name must be unique", rows.cell[0][0]);
    metadb_rows_free(&rows);
    rows = (struct metadb_rows){0};
    if (!c->err.code &&
        metadb_query(db, &rows, NULL, &c->err, "SELECT project_name FROM %s.%s WHERE id=%lld", rm, c->table,
                     (long long)c->id) == 0 &&
        rows.n_rows == 0)
        err_set(&c->err, ERR_NOT_FOUND, "%s has no project with id %lld", c->table, (long long)c->id);
    metadb_rows_free(&rows);
    if (!c->err.code && c->execute && metadb_query(db, NULL, NULL, &c->err, "%s", c->sql) == 0)
        c->changed = metadb_affected(db);
    free(rm);
    free(name);
}

static void done(void *arg) { finish(arg); }

static void on_gathered(void *ctx, struct gathered *g, const struct err *failed)
{
    struct rename_call *c = ctx;
    c->err = *failed;
    if (c->err.code) {
        finish(c);
        return;
    }
    const struct oms_config *o = g->facts[0].config;
    c->host = xstrdup(o->metadb_host);
    c->user = xstrdup(o->metadb_user);
    c->rm = xstrdup(o->rm_db);
    c->cm = xstrdup(o->cm_db);
    c->password = secret_copy(o->password);
    struct metadb_login l = {c->host, c->user, o->metadb_port, c->password, c->rm, c->cm};
    calls_metadb(&c->en->reach, &l, work, done, c);
}

void engine_rename_project(struct engine *en, const struct engine_caller *who, const struct engine_rename *what,
                           engine_reply *reply, void *ctx)
{
    struct rename_call *c = xcalloc(1, sizeof *c);
    struct deployment *d = NULL;
    *c = (struct rename_call){.en = en,
                              .reply = reply,
                              .ctx = ctx,
                              .table = xstrdup(what->synchronization ? "oms_sync_project" : "oms_project"),
                              .name = xstrdup(what->name),
                              .actor = xstrdup(who->actor),
                              .id = what->id,
                              .execute = what->execute};
    if (deployment_parse(what->deployment, strlen(what->deployment), what->file, &d, &c->err))
        finish(c);
    else
        gather_begin(&en->reach, d, NULL, on_gathered, c);
}
