/* The methods: who may call them and with which parameters is common/methods.def, which is checked here; the engine
 * does the rest. */
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/verbs.h"
#include "daemon/api/internal.h"
#include "daemon/api/params.h"
#include "daemon/engine/request/request.h"
#include "daemon/engine/view/view.h"
#include "daemon/house/house.h"
#include "daemon/house/prune_rules.h"
#include "daemon/plan/inputs/inputs.h"
#include "daemon/plan/plan.h"
#include "daemon/plan/procedure/procedure.h"
#include "daemon/tell/tell.h"

enum { LIST_DEFAULT = 50, EVENTS_DEFAULT = 500 };

_Static_assert((int)PROTOCOL_HOSTS_MAX == (int)PLAN_HOSTS_MAX - 1, "discover takes as many hosts as a plan can have");
_Static_assert((int)PROTOCOL_FILE_MAX == (int)DEPLOYMENT_MAX, "whatever is taken can be parsed");

static struct request_caller caller(const struct request *r)
{
    const struct peer *p = &r->session->peer;
    return (struct request_caller){p->actor, p->login, p->person, p->name};
}

static struct engine *engine_of(const struct request *r) { return r->session->server->engine; }
static struct jobs *jobs_of(const struct request *r) { return engine_jobs(engine_of(r)); }

static void finish(struct request *r, int rc, cJSON *result, const struct err *e)
{
    if (rc)
        request_fail(r, e);
    else
        request_ok(r, result);
}

static void on_reply(void *ctx, cJSON *result, const struct err *e) { finish(ctx, e->code, result, e); }

static const char *file_of(const struct params *p) { return p->file ? p->file : "deployment"; }

/* --- methods -------------------------------------------------------------------------------------- */

static void m_hello(struct request *r, const struct params *p)
{
    cJSON *o = cJSON_CreateObject();
    r->session->hello = true;
    cJSON_AddStringToObject(o, "daemon", "omsupd");
    cJSON_AddStringToObject(o, "version", OMSUP_VERSION);
    cJSON_AddNumberToObject(o, "protocol", PROTOCOL_VERSION);
    cJSON_AddStringToObject(o, "access", r->session->peer.access == ACCESS_OPERATE ? "operate" : "view");
    cJSON_AddStringToObject(o, "host", r->session->server->host);
    request_ok(r, o);
}

static struct request_steps before_of(const struct params *p)
{
    return (struct request_steps){p->pause_before.at, p->pause_before.n};
}

static enum job_type type_of(const struct params *p) { return p->type < 0 ? JOB_UPGRADE : (enum job_type)p->type; }

static int check_time(const char *name, const char *text, struct err *e)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    size_t i = 0;
    while (text && text[i] && (form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i]))
        i++;
    return !text || (!text[i] && !form[i])
               ? 0
               : err_set(e, ERR_PARAMS, "\"%s\" must be a time in UTC like 2026-03-01T21:04:05Z", name);
}

static void m_submit(struct request *r, const struct params *p)
{
    struct err e = {0};
    if (check_time("at", p->start_at, &e)) {
        request_fail(r, &e);
        return;
    }
    struct request_caller who = caller(r);
    submit_job(engine_of(r), &who, type_of(p), p->deployment, file_of(p), p->start, p->carry_on, p->agree, before_of(p),
               p->start_at, (struct request_window){p->window, p->expect}, on_reply, r);
}

static void m_plan_of_job(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *result = NULL;
    int rc = view_plan(jobs_of(r), p->job, &result, &e);
    finish(r, rc, result, &e);
}

static void m_plan(struct request *r, const struct params *p)
{
    submit_plan(engine_of(r), type_of(p), p->deployment, file_of(p), on_reply, r);
}

static void m_list(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *result = NULL;
    struct view_filter f = {.type = p->of_type,
                            .state = p->state,
                            .login = p->login,
                            .object = p->object,
                            .since = p->after,
                            .until = p->before,
                            .limit = p->limit ? (unsigned)p->limit : LIST_DEFAULT};
    int rc = check_time("since", p->after, &e);
    rc = rc ? rc : check_time("until", p->before, &e);
    rc = rc ? rc : view_list(jobs_of(r), &f, &result, &e);
    finish(r, rc, result, &e);
}

static void m_status(struct request *r, const struct params *p)
{
    struct err e = {0};
    struct view_mark mark;
    cJSON *result = NULL;
    int rc = view_snapshot(jobs_of(r), p->job, &mark, &result, &e);
    finish(r, rc, result, &e);
}

static void m_show(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *result = NULL;
    int rc = view_show(jobs_of(r), p->job, p->step, p->subtask, &result, &e);
    finish(r, rc, result, &e);
}

static void verb(struct request *r, const struct params *p, enum verb_id v)
{
    struct err e = {0};
    cJSON *result = NULL;
    struct request_caller who = caller(r);
    if (v == DO_RETRY && !p->step && next_hop_retry(engine_of(r), &who, p->job, on_reply, r))
        return;
    struct request_verb what = {.verb = v,
                                .job = p->job,
                                .step = p->step,
                                .subtask = p->subtask,
                                .reason = p->reason,
                                .force = p->force,
                                .carry_on = p->carry_on,
                                .one_step = p->one_step,
                                .before = before_of(p),
                                .remove = p->not_before,
                                .window = {p->window, p->expect},
                                .at = p->start_at};
    int rc = check_time("at", p->start_at, &e);
    rc = rc ? rc : verbs_do(engine_of(r), &who, &what, &result, &e);
    if (rc == ERR_STATE && !e.hint[0]) /* the status ends with what may be done */
        err_hint(&e, "omsupctl status %lld", (long long)p->job);
    finish(r, rc, result, &e);
}

#define VERB(id, name, ...)                                                                                            \
    static void m_##name(struct request *r, const struct params *p) { verb(r, p, DO_##id); }
#include "common/verbs.def"
#undef VERB

static void m_approve(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *result = NULL;
    struct request_caller who = caller(r);
    int rc = approve_do(engine_of(r), &who, p->job, p->what, &result, &e);
    finish(r, rc, result, &e);
}

static void m_rollback_preview(struct request *r, const struct params *p)
{
    struct request_caller who = caller(r);
    rollback_job(engine_of(r), &who, p->job, NULL, false, true, on_reply, r);
}

static void m_rollback(struct request *r, const struct params *p)
{
    struct request_caller who = caller(r);
    rollback_job(engine_of(r), &who, p->job, p->reason, p->force, false, on_reply, r);
}

static void m_events(struct request *r, const struct params *p)
{
    struct err e = {0};
    int64_t last = 0;
    cJSON *list = NULL, *result = NULL;
    bool more = false;
    int rc = view_events(jobs_of(r), p->job, p->since, p->limit ? (unsigned)p->limit : EVENTS_DEFAULT, &list, &last,
                         &more, &e);
    if (rc == 0) {
        result = cJSON_CreateObject();
        cJSON_AddItemToObject(result, "events", list);
        cJSON_AddNumberToObject(result, "last", (double)last);
        if (more)
            cJSON_AddTrueToObject(result, "more");
    }
    finish(r, rc, result, &e);
}

/* The output of an attempt that runs is read by processes on its host: not for viewers, who may ask without end. */
static void m_logs(struct request *r, const struct params *p)
{
    bool ask_node = r->session->peer.access == ACCESS_OPERATE;
    view_logs(jobs_of(r), p->job, p->step, p->subtask, (unsigned)p->attempt, (uint64_t)p->offset, ask_node, on_reply,
              r);
}

static void m_report(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *result = NULL;
    int rc = view_report(jobs_of(r), p->job, (uint64_t)p->offset, &result, &e);
    finish(r, rc, result, &e);
}

static void m_watch(struct request *r, const struct params *p)
{
    struct err e = {0};
    struct view_mark mark;
    cJSON *result = NULL;
    int rc = view_snapshot(jobs_of(r), p->job, &mark, &result, &e);
    if (rc == 0)
        watch_begin(r->session, mark.job, p->since ? p->since : mark.last, p->since && p->since != mark.last);
    finish(r, rc, result, &e);
}

static void m_procedure(struct request *r, const struct params *p)
{
    struct err e = {0};
    const struct procedures *ps = engine_procedures(engine_of(r));
    cJSON *result = NULL;
    for (size_t i = 0; i < procedures_count(ps); i++)
        if (strcmp(procedure_name(procedures_at(ps, i)), p->procedure) == 0) {
            result = cJSON_CreateObject();
            char *text = procedures_text(ps, i, p->whole);
            cJSON_AddStringToObject(result, "text", text);
            free(text);
        }
    if (!result) {
        err_set(&e, ERR_NOT_FOUND, "there is no procedure \"%s\"", p->procedure);
        err_hint(&e, "omsupctl procedures");
    }
    finish(r, e.code, result, &e);
}

static void m_procedures(struct request *r, const struct params *p)
{
    const struct procedures *ps = engine_procedures(engine_of(r));
    cJSON *result = cJSON_CreateObject(), *list = cJSON_AddArrayToObject(result, "procedures");
    for (size_t i = 0; i < procedures_count(ps); i++)
        cJSON_AddItemToArray(list, procedure_to_json(procedures_at(ps, i)));
    request_ok(r, result);
}

static void m_path(struct request *r, const struct params *p)
{
    struct err e = {0};
    cJSON *chain = NULL, *result = NULL;
    int rc = procedures_path(engine_procedures(engine_of(r)),
                             p->edition == EDITION_COMMUNITY ? "community" : "enterprise", p->from, p->to, &chain, &e);
    if (rc == 0) {
        result = cJSON_CreateObject();
        cJSON_AddItemToObject(result, "chain", chain);
    }
    finish(r, rc, result, &e);
}

static void m_discover(struct request *r, const struct params *p)
{
    discover_oms(engine_of(r), p->hosts.at, p->hosts.n, p->sudo, p->container, on_reply, r);
}

static void m_rename_project(struct request *r, const struct params *p)
{
    struct rename_what what = {.deployment = p->deployment,
                               .file = file_of(p),
                               .synchronization = p->kind == PROJECT_SYNCHRONIZATION,
                               .id = p->id,
                               .name = p->name,
                               .execute = p->execute};
    rename_project(engine_of(r), &what, on_reply, r);
}

static void m_notify(struct request *r, const struct params *p)
{
    request_ok(r, tell_status(r->session->server->config.tell));
}

static void m_doctor_whole(struct request *r, const struct params *p)
{
    const struct server_config *c = &r->session->server->config;
    house_doctor(c->house, true, tell_status(c->tell), on_reply, r);
}

static void m_doctor(struct request *r, const struct params *p)
{
    const struct server_config *c = &r->session->server->config;
    house_doctor(c->house, false, tell_status(c->tell), on_reply, r);
}

static void prune(struct request *r, const struct params *p, const char *agree)
{
    unsigned classes =
        (p->jobs ? PRUNE_JOBS : 0u) | (p->containers ? PRUNE_CONTAINERS : 0u) | (p->backups ? PRUNE_BACKUPS : 0u);
    int64_t age = p->job ? 0 : (int64_t)PRUNE_DAYS * 24 * 60 * 60;
    struct house_prune what = {.classes = classes ? classes : PRUNE_JOBS | PRUNE_CONTAINERS | PRUNE_BACKUPS,
                               .older_than_s = p->given & PARAM_BIT(older_than) ? p->older_than : age,
                               .job = p->job,
                               .agree = agree,
                               .actor = r->session->peer.actor};
    house_prune(r->session->server->config.house, &what, on_reply, r);
}

static void m_prune_agreed(struct request *r, const struct params *p) { prune(r, p, p->agree); }
static void m_prune(struct request *r, const struct params *p) { prune(r, p, NULL); }

static void m_notify_test(struct request *r, const struct params *p)
{
    tell_test(r->session->server->config.tell, p->notified, r->session->peer.actor, on_reply, r);
}

/* --- the table ------------------------------------------------------------------------------------ */

static const struct method {
    const char *name;
    enum access access;
    uint64_t required, optional;
    void (*fn)(struct request *r, const struct params *p);
} methods[] = {
#define P(member) PARAM_BIT(member)
#define S(state) STATE_BIT(STATE_##state)
#define PLAIN false
#define CAREFUL true
#define METHOD(id, name, access, required, optional) {name, ACCESS_##access, required, optional, m_##id},
#include "common/methods.def"
#undef METHOD
};
enum { N_METHODS = ARRAY_LEN(methods) };

/* The form of the method that the request has: the first whose required parameters are there, else the last. */
static const struct method *find(const char *name, const cJSON *params)
{
    const struct method *last = NULL;
    for (size_t i = 0; i < N_METHODS; i++)
        if (strcmp(methods[i].name, name) == 0) {
            last = &methods[i];
            if (params_present(last->required, params) == last->required)
                break;
        }
    return last;
}

static void unknown_method(const char *name, struct err *e)
{
    const char *names[N_METHODS + 1] = {NULL};
    for (size_t i = 0; i < N_METHODS; i++)
        names[i] = methods[i].name;
    const char *meant = nearest(name, names);
    err_set(e, ERR_METHOD, "there is no method \"%.64s\"%s%s%s", name, meant ? "; did you mean \"" : "",
            meant ? meant : "", meant ? "\"?" : "");
}

/* Before the parameters are: a client of another protocol may send others. */
static int check_protocol(const struct method *m, const cJSON *params, struct err *e)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(params, "protocol");
    if (m->fn != m_hello || !cJSON_IsNumber(v) || v->valueint != v->valuedouble || v->valueint < 1 ||
        v->valueint == PROTOCOL_VERSION)
        return 0;
    return err_set(
        e, ERR_PROTOCOL,
        "omsupd %s speaks protocol %d, but this client speaks protocol %d; use the omsupctl of the same release",
        OMSUP_VERSION, PROTOCOL_VERSION, v->valueint);
}

static int check_access(const struct session *s, const struct method *m, struct err *e)
{
    if (!s->hello && m->fn != m_hello)
        return err_set(e, ERR_USAGE, "the first request of a connection must be hello");
    if (s->peer.access < m->access)
        return err_set(e, ERR_DENIED, "permission denied: %s may view jobs, but not change them", s->peer.login);
    return 0;
}

static int decode(const struct method *m, const cJSON *params, struct params *out, struct err *e)
{
    struct takes t = {m->name, m->required, m->optional, 0, 0};
    for (const struct method *o = methods; o < methods + N_METHODS; o++)
        if (o != m && strcmp(o->name, m->name) == 0) {
            t.elsewhere |= o->required | o->optional;
            t.instead |= o->required & ~m->required;
        }
    return params_decode(&t, params, out, e);
}

void methods_call(struct request *r)
{
    struct err e = {0};
    struct params p;
    const struct method *m = find(r->method->valuestring, r->params);
    if (!m)
        unknown_method(r->method->valuestring, &e);
    else if (check_access(r->session, m, &e) == 0 && check_protocol(m, r->params, &e) == 0 &&
             decode(m, r->params, &p, &e) == 0) {
        log_debug("%s calls %s", r->session->peer.actor, m->name);
        audit_begin(r);
        m->fn(r, &p);
        return;
    }
    request_fail(r, &e);
}
