/* One request: parsed, allowed, answered once. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/api/internal.h"

/* Takes result. */
static cJSON *message(const struct request *r, cJSON *result, const struct err *e)
{
    cJSON *m = cJSON_CreateObject();
    cJSON_AddStringToObject(m, "jsonrpc", "2.0");
    cJSON_AddItemToObject(m, "id", r->id ? cJSON_Duplicate(r->id, true) : cJSON_CreateNull());
    if (result) {
        cJSON_AddItemToObject(m, "result", result);
    } else {
        cJSON *x = cJSON_AddObjectToObject(m, "error");
        cJSON_AddNumberToObject(x, "code", err_rpc(e->code));
        cJSON_AddStringToObject(x, "message", e->msg[0] ? e->msg : err_text(e->code));
        cJSON_AddStringToObject(cJSON_AddObjectToObject(x, "data"), "name", err_name(e->code));
    }
    return m;
}

static void answer(struct request *r, cJSON *result, const struct err *e)
{
    struct client *c = r->client;
    if (!c || c->closing) {
        cJSON_Delete(result);
        if (c)
            c->request = NULL;
        cJSON_Delete(r->message);
        free(r);
        return;
    }
    cJSON *m = message(r, result, e), *limit = NULL;
    if (!client_send(c, m)) {
        struct err long_ = {0};
        err_set(
            &long_, ERR_LIMIT,
            "the answer is longer than 1 MiB: ask for less, for one subtask instead of a step, or by a smaller limit");
        if (r->id && cJSON_IsString(r->id) && strlen(r->id->valuestring) > 256)
            r->id = NULL; /* with it the error may be too long as well */
        limit = message(r, NULL, &long_);
    }
    cJSON_Delete(r->message);
    free(r);
    c->request = NULL;
    if (limit)
        client_send(c, limit);
    client_answered(c);
}

void request_ok(struct request *r, cJSON *result) { answer(r, result, NULL); }
void request_fail(struct request *r, const struct err *e) { answer(r, NULL, e); }

static const struct method *allowed(struct request *r, struct err *e)
{
    const cJSON *method = cJSON_GetObjectItemCaseSensitive(r->message, "method");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(r->message, "jsonrpc");
    if (!cJSON_IsObject(r->message) || !cJSON_IsString(method) || !cJSON_IsString(version) ||
        strcmp(version->valuestring, "2.0") != 0) {
        err_set(e, ERR_USAGE, "not a JSON-RPC 2.0 request");
        return NULL;
    }
    if (r->id && !cJSON_IsString(r->id) && !cJSON_IsNumber(r->id)) {
        r->id = NULL;
        err_set(e, ERR_USAGE, "\"id\" must be a string or a number");
        return NULL;
    }
    if (r->params && !cJSON_IsObject(r->params)) {
        err_set(e, ERR_PARAMS, "\"params\" must be an object");
        return NULL;
    }
    const struct method *m = method_find(method->valuestring);
    if (!m)
        err_set(e, ERR_METHOD, "no such method: \"%.64s\"", method->valuestring);
    else if (!r->client->hello && strcmp(m->name, "hello") != 0)
        err_set(e, ERR_USAGE, "the first call of a connection is hello");
    else if (r->client->access < m->access)
        err_set(e, ERR_DENIED, "permission denied: %s may look, not operate", r->client->login);
    else
        return m;
    return NULL;
}

void request_begin(struct client *c, const char *line, size_t len)
{
    struct err e = {0};
    struct request *r = xcalloc(1, sizeof *r);
    r->client = c;
    c->request = r;
    r->message = cJSON_ParseWithLength(line, len);
    if (!r->message) {
        err_set(&e, ERR_PARSE, "a line is not valid JSON");
        request_fail(r, &e);
        return;
    }
    r->id = cJSON_GetObjectItemCaseSensitive(r->message, "id");
    r->params = cJSON_GetObjectItemCaseSensitive(r->message, "params");
    const struct method *m = allowed(r, &e);
    if (m)
        m->fn(r);
    else
        request_fail(r, &e);
}
