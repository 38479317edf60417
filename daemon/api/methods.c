/* The methods: parameters are checked here, the engine does the rest. */
#include <stdlib.h>
#include <string.h>

#include "daemon/api/internal.h"
#include "daemon/engine/request/request.h"
#include "daemon/engine/view/view.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"

enum { LIST_DEFAULT = 50 };

/* --- parameters ----------------------------------------------------------------------------------- */

static const cJSON *param(const struct request *r, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(r->params, name);
}

static int get_text(const struct request *r, const char *name, bool required, size_t max, const char **out,
                    struct err *e)
{
    const cJSON *v = param(r, name);
    *out = NULL;
    if (!v && !required)
        return 0;
    if (!cJSON_IsString(v) || v->valuestring[0] == '\0')
        return err_set(e, ERR_PARAMS, "\"%s\" must be a string%s", name, v ? " that is not empty" : "");
    if (strlen(v->valuestring) > max)
        return err_set(e, ERR_PARAMS, "\"%s\" has more than %zu bytes", name, max);
    *out = v->valuestring;
    return 0;
}

static int get_number(const struct request *r, const char *name, bool required, double max, int64_t *out, struct err *e)
{
    const cJSON *v = param(r, name);
    *out = 0;
    if (!v && !required)
        return 0;
    if (!cJSON_IsNumber(v) || v->valuedouble < 0 || v->valuedouble > max ||
        v->valuedouble != (double)(int64_t)v->valuedouble)
        return err_set(e, ERR_PARAMS, "\"%s\" must be a whole number from 0 to %.0f", name, max);
    *out = (int64_t)v->valuedouble;
    return 0;
}

static int get_bool(const struct request *r, const char *name, bool *out, struct err *e)
{
    const cJSON *v = param(r, name);
    if (v && !cJSON_IsBool(v))
        return err_set(e, ERR_PARAMS, "\"%s\" must be true or false", name);
    *out = cJSON_IsTrue(v);
    return 0;
}

static const double ID_MAX = 9007199254740991.0; /* whole numbers that JSON keeps */

static struct request_caller caller(const struct request *r)
{
    return (struct request_caller){r->client->actor, r->client->login};
}

static struct engine *engine_of(const struct request *r) { return r->client->server->engine; }
static struct jobs *jobs_of(const struct request *r) { return engine_jobs(engine_of(r)); }

static void finish(struct request *r, int rc, cJSON *result, const struct err *e)
{
    if (rc)
        request_fail(r, e);
    else
        request_ok(r, result);
}

static void on_reply(void *ctx, cJSON *result, const struct err *e) { finish(ctx, e->code, result, e); }

/* --- methods -------------------------------------------------------------------------------------- */

static void m_hello(struct request *r)
{
    struct err e = {0};
    int64_t version;
    cJSON *o = NULL;
    int rc = get_number(r, "protocol", true, 1000, &version, &e);
    if (rc == 0 && version != PROTOCOL_VERSION)
        rc = err_set(&e, ERR_PROTOCOL,
                     "this omsupd (%s) speaks protocol %d, the client %d: use the client of the same version",
                     OMSUP_VERSION, PROTOCOL_VERSION, (int)version);
    if (rc == 0) {
        r->client->hello = true;
        o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "daemon", "omsupd");
        cJSON_AddStringToObject(o, "version", OMSUP_VERSION);
        cJSON_AddNumberToObject(o, "protocol", PROTOCOL_VERSION);
        cJSON_AddStringToObject(o, "access", r->client->access == ACCESS_OPERATE ? "operate" : "look");
        cJSON_AddStringToObject(o, "host", r->client->server->host);
    }
    finish(r, rc, o, &e);
}

static int get_deployment(struct request *r, const char **text, const char **file, enum job_type *type, struct err *e)
{
    const char *t;
    int rc = get_text(r, "deployment", true, DEPLOYMENT_MAX, text, e);
    if (rc == 0 && (rc = get_text(r, "file", false, 4096, file, e)) == 0)
        rc = get_text(r, "type", false, 32, &t, e);
    if (rc)
        return rc;
    if (!*file)
        *file = "deployment";
    *type = t ? job_type_parse(t) : JOB_UPGRADE;
    if (*type != JOB_UPGRADE && *type != JOB_CHECK)
        return err_set(e, ERR_PARAMS, "\"type\" must be \"upgrade\" or \"check\"");
    return 0;
}

static void m_submit(struct request *r)
{
    struct err e = {0};
    const char *text = NULL, *file = NULL;
    enum job_type type = JOB_UPGRADE;
    bool start = false;
    struct request_caller who = caller(r);
    if (get_deployment(r, &text, &file, &type, &e) || get_bool(r, "start", &start, &e))
        request_fail(r, &e);
    else
        submit_job(engine_of(r), &who, type, text, file, start, on_reply, r);
}

static void m_plan(struct request *r)
{
    struct err e = {0};
    const char *text = NULL, *file = NULL;
    enum job_type type = JOB_UPGRADE;
    int64_t job = 0;
    cJSON *result = NULL;
    if (param(r, "job")) {
        int rc = get_number(r, "job", true, ID_MAX, &job, &e);
        if (rc == 0)
            rc = view_plan(jobs_of(r), job, &result, &e);
        finish(r, rc, result, &e);
    } else if (r->client->access < ACCESS_OPERATE) {
        /* Planning looks at the nodes that the text names, by the command that it names, as this process. */
        err_set(&e, ERR_DENIED, "permission denied: %s may look, not operate; the plan of a job may be seen",
                r->client->login);
        request_fail(r, &e);
    } else if (get_deployment(r, &text, &file, &type, &e)) {
        request_fail(r, &e);
    } else {
        submit_plan(engine_of(r), type, text, file, on_reply, r);
    }
}

static void m_list(struct request *r)
{
    struct err e = {0};
    cJSON *result = NULL;
    struct view_filter f = {0};
    int64_t limit;
    int rc = get_number(r, "limit", false, 1000, &limit, &e);
    if (rc == 0 && (rc = get_text(r, "type", false, 256, &f.type, &e)) == 0 &&
        (rc = get_text(r, "state", false, 256, &f.state, &e)) == 0 &&
        (rc = get_text(r, "operator", false, 256, &f.operator_, &e)) == 0)
        rc = get_text(r, "object", false, 256, &f.object, &e);
    f.limit = limit ? (unsigned)limit : LIST_DEFAULT;
    if (rc == 0)
        rc = view_list(jobs_of(r), &f, &result, &e);
    finish(r, rc, result, &e);
}

static void m_status(struct request *r)
{
    struct err e = {0};
    int64_t job = 0;
    cJSON *result = NULL;
    int rc = get_number(r, "job", false, ID_MAX, &job, &e);
    if (rc == 0)
        rc = view_snapshot(jobs_of(r), job, &result, &e);
    finish(r, rc, result, &e);
}

static int get_address(struct request *r, int64_t *job, const char **step, const char **subtask, struct err *e)
{
    int rc = get_number(r, "job", true, ID_MAX, job, e);
    if (rc == 0 && (rc = get_text(r, "step", false, 128, step, e)) == 0)
        rc = get_text(r, "subtask", false, 256, subtask, e);
    if (rc == 0 && *subtask && !*step)
        rc = err_set(e, ERR_PARAMS, "\"subtask\" needs \"step\"");
    return rc;
}

static void m_show(struct request *r)
{
    struct err e = {0};
    int64_t job = 0;
    const char *step = NULL, *subtask = NULL;
    cJSON *result = NULL;
    int rc = get_address(r, &job, &step, &subtask, &e);
    if (rc == 0)
        rc = view_show(jobs_of(r), job, step, subtask, &result, &e);
    finish(r, rc, result, &e);
}

static void m_verb(struct request *r)
{
    struct err e = {0};
    const char *step, *subtask, *reason;
    int64_t job = 0;
    bool force = false;
    cJSON *result = NULL;
    enum verb_id v = verb_parse(cJSON_GetObjectItemCaseSensitive(r->message, "method")->valuestring);
    struct request_caller who = caller(r);
    int rc = get_address(r, &job, &step, &subtask, &e);
    if (rc == 0 && (rc = get_text(r, "reason", verbs[v].careful, PROTOCOL_REASON_MAX, &reason, &e)) == 0 &&
        (rc = get_bool(r, "force", &force, &e)) == 0)
        rc = verbs_do(engine_of(r), &who, v, job, step, subtask, reason, force, &result, &e);
    finish(r, rc, result, &e);
}

static void m_rollback(struct request *r)
{
    struct err e = {0};
    int64_t job = 0;
    const char *reason = NULL;
    bool plan_only = false, force = false;
    struct request_caller who = caller(r);
    if (get_number(r, "job", true, ID_MAX, &job, &e) || get_bool(r, "plan_only", &plan_only, &e) ||
        get_bool(r, "force", &force, &e) || get_text(r, "reason", !plan_only, PROTOCOL_REASON_MAX, &reason, &e))
        request_fail(r, &e);
    else
        rollback_job(engine_of(r), &who, job, reason, force, plan_only, on_reply, r);
}

static void m_events(struct request *r)
{
    struct err e = {0};
    int64_t job = 0, since = 0, limit = 0, last = 0;
    cJSON *list = NULL, *result = NULL;
    bool more = false;
    int rc = get_number(r, "job", false, ID_MAX, &job, &e);
    if (rc == 0 && (rc = get_number(r, "since", false, ID_MAX, &since, &e)) == 0 &&
        (rc = get_number(r, "limit", false, 1000, &limit, &e)) == 0)
        rc = view_events(jobs_of(r), job, since, limit ? (unsigned)limit : EVENTS_MAX, &list, &last, &more, &e);
    if (rc == 0) {
        result = cJSON_CreateObject();
        cJSON_AddItemToObject(result, "events", list);
        cJSON_AddNumberToObject(result, "last", (double)last);
        if (more)
            cJSON_AddTrueToObject(result, "more");
    }
    finish(r, rc, result, &e);
}

static void m_logs(struct request *r)
{
    struct err e = {0};
    int64_t job = 0, attempt = 0, offset = 0;
    const char *step = NULL, *subtask = NULL;
    int rc = get_address(r, &job, &step, &subtask, &e);
    if (rc == 0 && !step)
        rc = err_set(&e, ERR_PARAMS, "\"step\" must be a string");
    if (rc == 0 && (rc = get_number(r, "attempt", false, 1e6, &attempt, &e)) == 0)
        rc = get_number(r, "offset", false, ID_MAX, &offset, &e);
    if (rc)
        request_fail(r, &e);
    else
        view_logs(jobs_of(r), job, step, subtask, (unsigned)attempt, (uint64_t)offset, on_reply, r);
}

static void m_watch(struct request *r)
{
    struct err e = {0};
    int64_t job = 0, since = 0;
    cJSON *result = NULL;
    struct client *c = r->client;
    int rc = get_number(r, "job", false, ID_MAX, &job, &e);
    if (rc == 0 && (rc = get_number(r, "since", false, ID_MAX, &since, &e)) == 0)
        rc = view_snapshot(jobs_of(r), job, &result, &e);
    if (rc == 0) {
        c->watching = true;
        c->watch_job = (int64_t)cJSON_GetObjectItemCaseSensitive(result, "job")->valuedouble;
        int64_t last = (int64_t)cJSON_GetObjectItemCaseSensitive(result, "last")->valuedouble;
        c->watch_last = since ? since : last;
        c->dirty = since != 0 && since != last;
        c->watch_sent = uv_now(c->server->loop);
    }
    finish(r, rc, result, &e);
}

static void m_procedures(struct request *r)
{
    struct err e = {0};
    const char *name = NULL;
    const struct procedures *ps = engine_procedures(engine_of(r));
    cJSON *result = NULL;
    int rc = get_text(r, "name", false, 128, &name, &e);
    if (rc == 0 && name) {
        rc = err_set(&e, ERR_NOT_FOUND, "there is no procedure \"%s\": omsupctl procedures", name);
        for (size_t i = 0; i < procedures_count(ps); i++)
            if (strcmp(procedure_name(procedures_at(ps, i)), name) == 0) {
                result = cJSON_CreateObject();
                cJSON_AddStringToObject(result, "text", procedures_text(ps, i));
                rc = 0;
            }
    } else if (rc == 0) {
        result = cJSON_CreateObject();
        cJSON *list = cJSON_AddArrayToObject(result, "procedures");
        for (size_t i = 0; i < procedures_count(ps); i++)
            cJSON_AddItemToArray(list, procedure_to_json(procedures_at(ps, i)));
    }
    finish(r, rc, result, &e);
}

static void m_path(struct request *r)
{
    struct err e = {0};
    const char *edition = NULL, *from = NULL, *to = NULL;
    cJSON *chain = NULL, *result = NULL;
    int rc = get_text(r, "edition", false, 32, &edition, &e);
    if (rc == 0 && (rc = get_text(r, "from", true, 32, &from, &e)) == 0 &&
        (rc = get_text(r, "to", true, 32, &to, &e)) == 0)
        rc = procedures_path(engine_procedures(engine_of(r)), edition ? edition : "enterprise", from, to, &chain, &e);
    if (rc == 0) {
        result = cJSON_CreateObject();
        cJSON_AddItemToObject(result, "chain", chain);
    }
    finish(r, rc, result, &e);
}

static void m_discover(struct request *r)
{
    struct err e = {0};
    const char *container = NULL, *dest[PLAN_HOSTS_MAX];
    bool sudo = false;
    size_t n = 0;
    const cJSON *hosts = param(r, "hosts"), *h;
    int rc = get_text(r, "container", false, 128, &container, &e);
    if (rc == 0)
        rc = get_bool(r, "sudo", &sudo, &e);
    if (rc == 0 &&
        (!cJSON_IsArray(hosts) || cJSON_GetArraySize(hosts) < 1 || cJSON_GetArraySize(hosts) > PLAN_HOSTS_MAX - 1))
        rc = err_set(&e, ERR_PARAMS, "\"hosts\" must be an array of 1 to %d ssh destinations", PLAN_HOSTS_MAX - 1);
    for (h = rc ? NULL : hosts->child; h && rc == 0; h = h->next)
        if (cJSON_IsString(h))
            dest[n++] = h->valuestring;
        else
            rc = err_set(&e, ERR_PARAMS, "\"hosts\" must hold strings");
    if (rc)
        request_fail(r, &e);
    else
        discover_oms(engine_of(r), dest, n, sudo, container, on_reply, r);
}

static void m_rename(struct request *r)
{
    struct err e = {0};
    const char *kind = "";
    struct rename_what what = {0};
    struct request_caller who = caller(r);
    if (get_text(r, "deployment", true, DEPLOYMENT_MAX, &what.deployment, &e) ||
        get_text(r, "file", false, 4096, &what.file, &e) || get_text(r, "kind", true, 32, &kind, &e) ||
        get_number(r, "id", true, ID_MAX, &what.id, &e) || get_text(r, "name", true, 128, &what.name, &e) ||
        get_bool(r, "execute", &what.execute, &e)) {
        request_fail(r, &e);
        return;
    }
    what.synchronization = strcmp(kind, "synchronization") == 0;
    if (!what.file)
        what.file = "deployment";
    if (!what.synchronization && strcmp(kind, "migration") != 0)
        err_set(&e, ERR_PARAMS, "\"kind\" must be \"migration\" or \"synchronization\"");
    else if (what.id < 1)
        err_set(&e, ERR_PARAMS, "\"id\" must be the id of a project");
    if (e.code)
        request_fail(r, &e);
    else
        rename_project(engine_of(r), &who, &what, on_reply, r);
}

const struct method *method_find(const char *name)
{
    static const struct method methods[] = {
#define METHOD(n, access, fn) {n, ACCESS_##access, fn},
#include "daemon/api/methods.def"
#undef METHOD
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}
