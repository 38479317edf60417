/* One request: parsed, answered once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/nearest.h"
#include "common/protocol.h"
#include "daemon/api/internal.h"
#include "daemon/api/message.h"

enum { ID_BYTES = 256 }; /* longer ones are not sent back when room is short */

static void forget(struct request *r)
{
    struct request **p = &r->server->requests;
    while (*p != r)
        p = &(*p)->next;
    *p = r->next;
}

static void answer(struct request *r, cJSON *result, const struct err *e)
{
    struct session *s = r->session;
    if (s)
        s->request = NULL;
    if (r->server) {
        audit_end(r, result, e);
        forget(r);
    }
    if (!s || connection_closing(s->connection)) {
        cJSON_Delete(result);
    } else if (!connection_send(s->connection, result ? message_result(r->id, result) : message_error(r->id, e))) {
        struct err limit = {0};
        err_set(&limit, ERR_LIMIT,
                "the answer is longer than %d MiB; ask for less: one subtask instead of a step, or a smaller limit",
                PROTOCOL_LINE_MAX >> 20);
        bool big = cJSON_IsString(r->id) && strlen(r->id->valuestring) > ID_BYTES;
        connection_send(s->connection, message_error(big ? NULL : r->id, &limit));
    }
    cJSON_Delete(r->message);
    free(r->actor);
    free(r);
    if (s)
        connection_next(s->connection);
}

void request_ok(struct request *r, cJSON *result) { answer(r, result, NULL); }
void request_fail(struct request *r, const struct err *e) { answer(r, NULL, e); }

/* A misspelt "params" must not pass as a request without any, nor one of two be ignored. */
static int known_members(const cJSON *message, struct err *e)
{
    static const char *const known[] = {"jsonrpc", "id", "method", "params", NULL};
    unsigned seen = 0;
    for (const cJSON *v = message->child; v; v = v->next) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], v->string) != 0)
            i++;
        const char *meant = known[i] ? NULL : nearest(v->string, known);
        if (!known[i])
            return err_set(e, ERR_USAGE, "a request has no member \"%.64s\"%s%s%s", v->string,
                           meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
        if (seen & 1U << i)
            return err_set(e, ERR_USAGE, "\"%s\" is given twice", known[i]);
        seen |= 1U << i;
    }
    return 0;
}

/* One that can be sent back: a number beyond the range of a double cannot. */
static bool id_ok(const cJSON *id) { return cJSON_IsString(id) || (cJSON_IsNumber(id) && isfinite(id->valuedouble)); }

static int check(struct request *r, struct err *e)
{
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(r->message, "jsonrpc"), *id = r->id;
    if (!id_ok(id))
        r->id = NULL;
    if (!cJSON_IsObject(r->message) || !cJSON_IsString(r->method) || !cJSON_IsString(version) ||
        strcmp(version->valuestring, "2.0") != 0)
        return err_set(e, ERR_USAGE, "not a JSON-RPC 2.0 request");
    if (!r->id)
        return err_set(e, ERR_USAGE, id ? "\"id\" must be a string or a number" : "\"id\" is missing");
    if (r->params && !cJSON_IsObject(r->params))
        return err_set(e, ERR_PARAMS, "\"params\" must be an object");
    return known_members(r->message, e);
}

/* cJSON would end a text at the escape of a NUL, and what stands behind it would be ignored. */
static bool hides_nul(const char *line)
{
    for (const char *p = line; (p = strchr(p, '\\')); p += p[1] ? 2 : 1)
        if (strncmp(p, "\\u0000", 6) == 0)
            return true;
    return false;
}

struct request *request_new(struct session *s, const char *line)
{
    struct err e = {0};
    struct request *r = xcalloc(1, sizeof *r);
    r->session = s;
    r->server = s->server;
    r->next = s->server->requests;
    s->server->requests = r;
    r->uid = s->peer.uid;
    r->actor = xstrdup(s->peer.actor);
    s->request = r;
    bool nul = hides_nul(line);
    r->message = nul ? NULL : cJSON_ParseWithOpts(line, NULL, true);
    r->id = cJSON_GetObjectItemCaseSensitive(r->message, "id");
    r->method = cJSON_GetObjectItemCaseSensitive(r->message, "method");
    r->params = cJSON_GetObjectItemCaseSensitive(r->message, "params");
    if (!r->message)
        err_set(&e, ERR_PARSE, nul ? "a string contains \\u0000" : "a line is not one JSON value");
    else if (check(r, &e) == 0)
        return r;
    request_fail(r, &e);
    return NULL;
}
