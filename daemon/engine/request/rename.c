/* rename-project fixes what the precheck of duplicate project names complains about (SEED, prerequisites). It shows the
 * SQL, and runs it only if asked to. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/request/internal.h"

struct rename {
    struct jobs *jobs;
    char *table, *name;
    int64_t id;
    bool execute;
    char *sql;
    unsigned long long changed;
    struct err err;
    request_reply *reply;
    void *ctx;
};

static void finish(struct rename *c)
{
    cJSON *r = NULL;
    if (!c->err.code) {
        r = cJSON_CreateObject();
        cJSON_AddStringToObject(r, "sql", c->sql);
        if (c->execute)
            cJSON_AddNumberToObject(r, "changed", (double)c->changed);
    }
    c->reply(c->ctx, r, &c->err);
    free(c->table);
    free(c->name);
    free(c->sql);
    free(c);
}

static void work(struct metadb *db, const struct err *failed, void *arg)
{
    struct rename *c = arg;
    struct metadb_rows rows = {0};
    if (!db) {
        c->err = *failed;
        return;
    }
    char *rm = metadb_name(metadb_login(db)->rm), *name = metadb_quote(db, c->name);
    c->sql = xasprintf("UPDATE %s.%s SET project_name=%s WHERE id=%lld", rm, c->table, name, (long long)c->id);
    if (metadb_select(db, 1, &rows, NULL, &c->err,
                      "SELECT id FROM %s.%s WHERE project_name=%s AND project_status != 'DELETED'", rm, c->table,
                      name) == 0 &&
        rows.n_rows > 0)
        err_set(&c->err, ERR_STATE, "project %s already has this name; project names must be unique",
                rows.cell[0][0] ? rows.cell[0][0] : "NULL");
    metadb_rows_free(&rows);
    rows = (struct metadb_rows){0};
    if (!c->err.code &&
        metadb_select(db, 1, &rows, NULL, &c->err, "SELECT project_name FROM %s.%s WHERE id=%lld", rm, c->table,
                      (long long)c->id) == 0 &&
        rows.n_rows == 0)
        err_set(&c->err, ERR_NOT_FOUND, "%s has no project with id %lld", c->table, (long long)c->id);
    metadb_rows_free(&rows);
    if (!c->err.code && c->execute && metadb_query(db, NULL, &c->err, "%s", c->sql) == 0)
        c->changed = metadb_affected(db);
    free(rm);
    free(name);
}

static void done(void *arg) { finish(arg); }

static void on_gathered(void *ctx, struct gathered *g, const struct err *failed)
{
    struct rename *c = ctx;
    c->err = *failed;
    if (c->err.code) {
        finish(c);
        return;
    }
    const struct oms_config *o = g->facts[0].config;
    const struct deployment *d = g->deployment;
    struct metadb_login l = {.host = o->metadb_host,
                             .user = o->metadb_user,
                             .port = o->metadb_port,
                             .password = o->password,
                             .rm = o->rm_db,
                             .cm = o->cm_db,
                             .ca = d->metadb_ssl_ca,
                             .public_key = d->metadb_public_key};
    metadb_tls_parse(d->metadb_ssl_mode, &l.tls);
    calls_metadb(c->jobs->reach, &l, work, done, c);
}

void rename_project(struct engine *en, const struct rename_what *what, request_reply *reply, void *ctx)
{
    struct rename *c = xcalloc(1, sizeof *c);
    struct deployment *d = NULL;
    *c = (struct rename){.jobs = engine_jobs(en),
                         .reply = reply,
                         .ctx = ctx,
                         .table = xstrdup(what->synchronization ? "oms_sync_project" : "oms_project"),
                         .name = xstrdup(what->name),
                         .id = what->id,
                         .execute = what->execute};
    if (deployment_parse(what->deployment, strlen(what->deployment), what->file, &d, &c->err))
        finish(c);
    else
        gather_begin(engine_jobs(en)->reach, d, NULL, on_gathered, c);
}
