#include "daemon/action/ha_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/json.h"

enum { REFETCH_DEFAULT = 30, REFETCH_MAX = 1000000000 };

/* --- reading ------------------------------------------------------------------------------------------- */

static bool blank(const char *s) { return s[strspn(s, " \t\r\n")] == '\0'; }

static int read_bool(const cJSON *root, const char *key, bool otherwise, bool *out, struct err *e)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, key);
    *out = otherwise;
    if (!v || cJSON_IsNull(v))
        return OK;
    if (cJSON_IsBool(v))
        *out = cJSON_IsTrue(v);
    else if (cJSON_IsNumber(v))
        *out = v->valuedouble != 0;
    else if (cJSON_IsString(v) && (strcasecmp(v->valuestring, "true") == 0 || strcasecmp(v->valuestring, "false") == 0))
        *out = strcasecmp(v->valuestring, "true") == 0;
    else
        return err_set(e, ERR_INPUT, "ha.config: \"%s\" is neither true nor false", key);
    return OK;
}

static int read_minutes(const cJSON *root, long long *out, struct err *e)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(root, "refetchStoreIntervalMin");
    double n = REFETCH_DEFAULT;
    char *end = NULL;
    if (v && cJSON_IsString(v))
        n = strtod(v->valuestring, &end);
    else if (v && cJSON_IsNumber(v))
        n = v->valuedouble;
    else if (v && !cJSON_IsNull(v))
        return err_set(e, ERR_INPUT, "ha.config: \"refetchStoreIntervalMin\" is not a number of minutes");
    if ((end && *end) || !(n >= 0 && n <= (double)REFETCH_MAX))
        return err_set(e, ERR_INPUT, "ha.config: \"refetchStoreIntervalMin\" is not a number of minutes");
    *out = (long long)n;
    return OK;
}

/* It is unknown which of two equal keys OMS would use. */
static int one_each(const cJSON *root, struct err *e)
{
    static const char *const ours[] = {"enable", "enableStore", "perceiveStoreClientCheckpoint",
                                       "refetchStoreIntervalMin"};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        unsigned n = 0;
        for (const cJSON *c = root->child; c; c = c->next)
            n += strcmp(c->string, ours[i]) == 0;
        if (n > 1)
            return err_set(e, ERR_INPUT, "ha.config: \"%s\" occurs %u times", ours[i], n);
    }
    return OK;
}

int ha_parse(const char *value, struct ha *h, struct err *e)
{
    *h = (struct ha){.present = value != NULL,
                     .value = xstrdup(value),
                     .json = xstrdup(value && !blank(value) ? value : HA_DEFAULT)};
    const char *end;
    cJSON *root = cJSON_ParseWithOpts(h->json, &end, 1);
    int rc = OK;
    if (!root)
        rc = err_set(e, ERR_INPUT, "ha.config is not valid JSON (from byte %zu on)", (size_t)(end - h->json));
    else if (!cJSON_IsObject(root))
        rc = err_set(e, ERR_INPUT, "ha.config is not a JSON object");
    rc = rc ? rc : one_each(root, e);
    rc = rc ? rc : read_bool(root, "enable", false, &h->enable, e);
    rc = rc ? rc : read_bool(root, "perceiveStoreClientCheckpoint", false, &h->perceive, e);
    rc = rc ? rc : read_bool(root, "enableStore", true, &h->stores, e);
    rc = rc ? rc : read_minutes(root, &h->refetch_min, e);
    h->knows_perceive = !rc && value && !blank(value) && cJSON_HasObjectItem(root, "perceiveStoreClientCheckpoint");
    cJSON_Delete(root);
    if (rc)
        ha_free(h);
    return rc;
}

void ha_free(struct ha *h)
{
    free(h->value);
    free(h->json);
    *h = (struct ha){0};
}

int ha_load(struct metadb *db, const struct action_args *a, struct ha *h, unsigned *sql_errno, struct err *e)
{
    struct metadb_rows r;
    char *rm = metadb_name(action_env(a, "RM_DB"));
    *h = (struct ha){0};
    int rc = metadb_select(db, 1, &r, sql_errno, e,
                           "SELECT cfg_value FROM %s.oms_normal_config WHERE cfg_name = 'ha.config'", rm);
    free(rm);
    if (rc)
        return rc;
    if (r.n_rows > 1) {
        rc = err_set(e, ERR_INPUT, "there are %zu rows for ha.config; expected one", r.n_rows);
    } else {
        rc = ha_parse(r.n_rows ? r.cell[0][0] : NULL, h, e);
        h->present = r.n_rows == 1;
    }
    metadb_rows_free(&r);
    return rc;
}

long long ha_outage(const struct action_args *a) { return a->t1_ago < 0 ? -1 : (a->t1_ago + 59) / 60; }

/* --- editing -------------------------------------------------------------------------------------------
 * Works on text that cJSON has accepted, with cJSON's notion of white space. */

static const char *skip_space(const char *s)
{
    while (*s && (unsigned char)*s <= ' ')
        s++;
    return s;
}

static const char *skip_string(const char *s)
{
    for (s++; *s && *s != '"'; s++)
        if (*s == '\\' && s[1])
            s++;
    return *s ? s + 1 : s;
}

static const char *skip_value(const char *s)
{
    if (*s == '"')
        return skip_string(s);
    int depth = 0;
    for (; *s; s++) {
        if (*s == '"') {
            s = skip_string(s) - 1;
        } else if (*s == '{' || *s == '[') {
            depth++;
        } else if (depth > 0 && (*s == '}' || *s == ']')) {
            if (--depth == 0)
                return s + 1;
        } else if (depth == 0 && (*s == ',' || *s == '}' || (unsigned char)*s <= ' ')) {
            return s;
        }
    }
    return s;
}

static bool is_key(const char *quoted, const char *end, const char *key)
{
    cJSON *k = json_parse(quoted, (size_t)(end - quoted));
    bool same = cJSON_IsString(k) && strcmp(k->valuestring, key) == 0;
    cJSON_Delete(k);
    return same;
}

char *ha_set(const char *json, const char *key, const char *value)
{
    const char *s = skip_space(strchr(json, '{') + 1);
    bool empty = *s == '}';
    const char *last = s; /* the end of the last value */
    while (*s == '"') {
        const char *name = s, *name_end = skip_string(s);
        const char *v = skip_space(skip_space(name_end) + 1), *v_end = skip_value(v);
        if (is_key(name, name_end, key))
            return xasprintf("%.*s%s%s", (int)(v - json), json, value, v_end);
        last = v_end;
        s = skip_space(v_end);
        if (*s == ',')
            s = skip_space(s + 1);
    }
    return xasprintf("%.*s%s\"%s\":%s%s", (int)(last - json), json, empty ? "" : ",", key, value, last);
}

char *ha_enabled(const struct ha *h, long long refetch_min)
{
    char *on = h->enable ? xstrdup(h->json) : ha_set(h->json, "enable", "true");
    char *perceive = h->perceive ? xstrdup(on) : ha_set(on, "perceiveStoreClientCheckpoint", "true");
    free(on);
    if (refetch_min == 0)
        return perceive;
    char *minutes = xasprintf("%lld", refetch_min), *refetch = ha_set(perceive, "refetchStoreIntervalMin", minutes);
    free(perceive);
    free(minutes);
    return refetch;
}
