/* Do two jobs work on the same OMS? Decided by what their plans contain, not by the deployment's text, which differs
 * from hop to hop.
 *
 * The plan's JSON is read as far as possible, because a job on hold counts too. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "common/alloc.h"
#include "common/job_types.h"
#include "daemon/engine/job/job.h"

static const char *text(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

/* Numbers that are 0 are absent. */
static double number(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

static bool is_metadb(const cJSON *m, const struct plan_metadb *p)
{
    return strcasecmp(text(m, "host"), p->host) == 0 && number(m, "port") == p->port &&
           strcmp(text(m, "cm"), p->cm) == 0;
}

/* The same container's address on the same host. */
static bool is_node(const cJSON *server, const cJSON *hosts, const struct plan *p)
{
    const cJSON *h = cJSON_GetArrayItem(hosts, (int)number(server, "host"));
    for (size_t i = 0; i < p->n_servers; i++) {
        const struct plan_host *o = &p->hosts[p->servers[i].host];
        if (*p->servers[i].ip && strcmp(text(server, "ip"), p->servers[i].ip) == 0 &&
            strcasecmp(text(h, "ssh"), o->ssh ? o->ssh : "") == 0 && number(h, "port") == o->port)
            return true;
    }
    return false;
}

enum same_oms same_oms(const struct jobs *js, const char *plan, const struct plan *p)
{
    char *json = stored_plan_head(js->journal, plan);
    enum same_oms same = SAME_NOT;
    cJSON *o = cJSON_Parse(json);
    const cJSON *metadb = cJSON_GetObjectItemCaseSensitive(o, "metadb"), *server;
    free(json);
    if (!cJSON_IsObject(metadb))
        same = SAME_UNKNOWN;
    else if (is_metadb(metadb, &p->metadb))
        same = SAME_METADB;
    cJSON_ArrayForEach(server, cJSON_GetObjectItemCaseSensitive(
                                   o, "servers")) if (same == SAME_NOT &&
                                                      is_node(server, cJSON_GetObjectItemCaseSensitive(o, "hosts"), p))
        same = SAME_NODE;
    cJSON_Delete(o);
    return same;
}

struct conflict {
    const struct jobs *jobs;
    const struct plan *plan;
    int64_t self, parent;
    struct err *e;
    int rc;
};

static bool look_conflict(void *ctx, const struct journal_job *row)
{
    struct conflict *x = ctx;
    const struct plan_metadb *m = &x->plan->metadb;
    if (row->id == x->self || row->id == x->parent || strcmp(row->mode, core_mode_name(MODE_READY)) == 0 ||
        job_type_parse(row->type) == JOB_CHECK)
        return true;
    enum same_oms same = same_oms(x->jobs, row->plan, x->plan);
    if (same == SAME_NOT)
        return true;
    char *metadb = xasprintf("uses the MetaDB %s:%u/%s", m->host, m->port, m->cm);
    const struct job *b = jobs_find(x->jobs, row->id);
    x->rc = err_set(x->e, ERR_BUSY, "job %lld (%s, %s) %s: only one job may run at a time", (long long)row->id,
                    job_type_shown(row->type),
                    b                            ? state_word(core_job_state(&b->core))
                    : held_why(x->jobs, row->id) ? "on hold"
                                                 : row->state,
                    same == SAME_METADB ? metadb
                    : same == SAME_NODE ? "uses a node of this deployment"
                                        : "may be for the same OMS (its plan cannot be read)");
    free(metadb);
    return false;
}

/* Asks the journal, which also has the jobs that are on hold. */
int same_oms_conflict(const struct jobs *js, const struct plan *p, int64_t self, int64_t parent, struct err *e)
{
    struct conflict x = {js, p, self, parent, e, 0};
    int rc = journal_jobs(js->journal, true, look_conflict, &x, e);
    return rc ? rc : x.rc;
}
