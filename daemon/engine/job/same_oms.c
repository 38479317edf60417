/* Which jobs are about the same OMS: by what their plans name, not by the deployment's text, which is another one for
 * each hop.
 *
 * Read from the plan's JSON as far as it can be: also a job whose plan this omsupd cannot honour is about something. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "daemon/engine/job/job.h"

static const char *text(const cJSON *o, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

/* A number that is 0 is left out. */
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
    char *json = NULL;
    enum same_oms same = SAME_NOT;
    cJSON *o = journal_plan(js->journal, plan, &json, NULL) == 0 ? cJSON_Parse(json) : NULL;
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
