#include "client/cli/collect.h"

#include <string.h>

#include "client/lang/lang.h"

enum { TRIES = 3, PAGE = 1000, ENGINE_EVENTS_MAX = 20000 };

static cJSON *of_job(int64_t job)
{
    cJSON *params = cJSON_CreateObject();
    cJSON_AddNumberToObject(params, "job", (double)job);
    return params;
}

static int goes_back(const char *what, struct err *e)
{
    return err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: \"%s\" does not advance"), what);
}

static void move_all(cJSON *from, cJSON *to)
{
    for (cJSON *o; (o = cJSON_DetachItemFromArray(from, 0)) != NULL;)
        cJSON_AddItemToArray(to, o);
}

/* *made: when the first part was made. *last: the job's last event in all parts; -1: it was not the same. */
static int subtasks(struct cli *c, int64_t job, cJSON *list, char made[32], int64_t *last, struct err *e)
{
    int64_t offset = 0;
    bool end = false;
    *last = 0;
    while (!end) {
        cJSON *params = of_job(job), *result = NULL;
        cJSON_AddNumberToObject(params, "offset", (double)offset);
        int rc = cli_call(c, "report", params, false, &result, e);
        if (rc)
            return rc;
        e->code = 0;
        int64_t next = get_id(result, "next", REQUIRED, e), seen = get_id(result, "last", REQUIRED, e);
        const cJSON *part = get_array(result, "subtasks", REQUIRED, e);
        const char *now = get_text(result, "now", REQUIRED, e);
        end = get_bool(result, "end", REQUIRED, e);
        if (e->code == 0 && !end && next <= offset)
            goes_back("next", e);
        if (e->code == 0 && offset == 0) {
            snprintf(made, 32, "%s", now);
            *last = seen;
        }
        *last = *last == seen ? seen : -1;
        if (e->code == 0)
            move_all((cJSON *)part, list);
        cJSON_Delete(result);
        offset = next;
        if (e->code)
            return e->code;
    }
    return 0;
}

static bool by_engine(const cJSON *event)
{
    const cJSON *actor = cJSON_GetObjectItemCaseSensitive(event, "actor");
    return cJSON_IsString(actor) && strcmp(actor->valuestring, "engine") == 0;
}

/* What people did stays; of what omsupd did, the newest. */
static size_t bound(cJSON *list, size_t engine)
{
    size_t dropped = 0;
    for (cJSON *o = list->child, *next; o && engine - dropped > ENGINE_EVENTS_MAX; o = next) {
        next = o->next;
        if (by_engine(o)) {
            cJSON_Delete(cJSON_DetachItemViaPointer(list, o));
            dropped++;
        }
    }
    return dropped;
}

/* Until the event `until`, or if the job has changed meanwhile (-1) until the newest. */
static int events(struct cli *c, int64_t job, int64_t until, cJSON *doc, struct err *e)
{
    cJSON *list = cJSON_AddArrayToObject(doc, "events"), *o;
    int64_t since = 0;
    size_t engine = 0, dropped = 0;
    for (bool more = true; more;) {
        cJSON *params = of_job(job), *result = NULL;
        cJSON_AddNumberToObject(params, "since", (double)since);
        cJSON_AddNumberToObject(params, "limit", PAGE);
        int rc = cli_call(c, "events", params, false, &result, e);
        if (rc)
            return rc;
        e->code = 0;
        cJSON *part = (cJSON *)get_array(result, "events", REQUIRED, e);
        int64_t newest = get_id(result, "last", REQUIRED, e);
        more = e->code == 0 && (cJSON_GetArraySize(part) >= PAGE || get_bool(result, "more", OPTIONAL, e));
        if (more && newest <= since)
            goes_back("last", e);
        while (e->code == 0 && (o = cJSON_DetachItemFromArray(part, 0)) != NULL) {
            if (until >= 0 && get_id(o, "id", REQUIRED, e) > until) {
                cJSON_Delete(o);
                more = false;
                continue;
            }
            engine += by_engine(o);
            cJSON_AddItemToArray(list, o);
        }
        cJSON_Delete(result);
        if (e->code)
            return e->code;
        size_t n = bound(list, engine);
        engine -= n;
        dropped += n;
        since = newest;
    }
    if (dropped)
        cJSON_AddNumberToObject(doc, "events_left_out", (double)dropped);
    return 0;
}

/* The job and its subtasks, in `to`. */
static int one_state(struct cli *c, int64_t job, cJSON *to, char made[32], int64_t *last, struct err *e)
{
    for (int i = 1;; i++) {
        cJSON *snapshot = NULL, *list = cJSON_CreateArray();
        int rc = cli_call(c, "status", of_job(job), false, &snapshot, e);
        if (rc == 0)
            rc = subtasks(c, job, list, made, last, e);
        if (rc) {
            cJSON_Delete(snapshot);
            cJSON_Delete(list);
            return rc;
        }
        e->code = 0;
        if (get_id(snapshot, "last", OPTIONAL, e) != *last)
            *last = -1;
        if (*last >= 0 || i == TRIES || e->code) {
            cJSON_AddItemToObject(to, "job", snapshot);
            cJSON_AddItemToObject(to, "subtasks", list);
            return e->code;
        }
        cJSON_Delete(snapshot);
        cJSON_Delete(list);
    }
}

/* A job of which nothing can be told (its plan cannot be read) is left out: this one is asked for. */
static int other(struct cli *c, cJSON *doc, const char *name, int64_t job, struct err *e)
{
    cJSON *o = cJSON_CreateObject();
    struct err why = {0};
    char made[32];
    int64_t last;
    int rc = one_state(c, job, o, made, &last, &why);
    if (rc == 0)
        cJSON_AddItemToObject(doc, name, o);
    else
        cJSON_Delete(o);
    if (rc == ERR_NO_DAEMON || rc == ERR_PROTOCOL)
        return *e = why, rc;
    return 0;
}

static int others(struct cli *c, cJSON *doc, struct err *e)
{
    const cJSON *job = cJSON_GetObjectItemCaseSensitive(doc, "job");
    e->code = 0;
    int64_t parent = get_id(job, "parent", OPTIONAL, e), by = get_id(job, "rolled_back_by", OPTIONAL, e);
    if (by < 0)
        by = get_id(job, "rollback_unfinished", OPTIONAL, e);
    int rc = e->code;
    if (rc == 0 && parent > 0)
        rc = other(c, doc, "rolls_back", parent, e);
    else if (rc == 0 && by > 0)
        rc = other(c, doc, "rollback", by, e);
    return rc;
}

int collect_job(struct cli *c, int64_t job, cJSON **doc, struct err *e)
{
    cJSON *hello = NULL, *o = cJSON_CreateObject();
    char made[32] = "";
    int64_t last = 0;
    int rc = cli_hello(c, &hello, e);
    if (rc == 0) {
        cJSON_AddNumberToObject(o, "report", 1);
        cJSON_AddStringToObject(o, "omsupctl", OMSUP_VERSION);
        cJSON_AddItemToObject(o, "omsupd", hello);
        rc = one_state(c, job, o, made, &last, e);
    }
    if (rc == 0) {
        cJSON_AddStringToObject(o, "made", made);
        if (last < 0)
            cJSON_AddTrueToObject(o, "changing");
        rc = events(c, job, last, o, e);
    }
    if (rc == 0)
        rc = others(c, o, e);
    if (rc)
        cJSON_Delete(o);
    else
        *doc = o;
    return rc;
}

int collect_doctor(struct cli *c, const cJSON *hello, bool whole, cJSON **result, struct err *e)
{
    cJSON *params = cJSON_CreateObject();
    if (whole)
        cJSON_AddTrueToObject(params, "whole");
    int rc = cli_call(c, "doctor", params, true, result, e);
    if (rc)
        return rc;
    e->code = 0;
    const char *version = get_text(hello, "version", REQUIRED, e);
    cJSON *list = (cJSON *)get_array(*result, "findings", REQUIRED, e);
    if (e->code == 0 && strcmp(version, OMSUP_VERSION) != 0) {
        struct buf what = {0};
        buf_printf(&what, _("omsupd has version %.60s, and omsupctl %s: install both from the same package"), version,
                   OMSUP_VERSION);
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "finding", "client-differs");
        cJSON_AddStringToObject(o, "level", "warning");
        cJSON_AddStringToObject(o, "what", buf_str(&what));
        cJSON_AddItemToArray(list, o);
        buf_free(&what);
    }
    if (e->code)
        cJSON_Delete(*result);
    return e->code;
}
