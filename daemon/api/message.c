#include "daemon/api/message.h"

#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/protocol.h"
#include "common/utf8.h"

static cJSON *message(void)
{
    cJSON *m = cJSON_CreateObject();
    cJSON_AddStringToObject(m, "jsonrpc", "2.0");
    return m;
}

static cJSON *answer(const cJSON *id)
{
    cJSON *m = message();
    cJSON_AddItemToObject(m, "id", id ? cJSON_Duplicate(id, true) : cJSON_CreateNull());
    return m;
}

cJSON *message_result(const cJSON *id, cJSON *result)
{
    cJSON *m = answer(id);
    cJSON_AddItemToObject(m, "result", result);
    return m;
}

cJSON *message_error(const cJSON *id, const struct err *e)
{
    cJSON *m = answer(id), *x = cJSON_AddObjectToObject(m, "error"), *data;
    cJSON_AddNumberToObject(x, "code", err_rpc(e->code));
    cJSON_AddStringToObject(x, "message", e->msg[0] ? e->msg : err_text(e->code));
    data = cJSON_AddObjectToObject(x, "data");
    cJSON_AddStringToObject(data, "name", err_name(e->code));
    if (e->hint[0])
        cJSON_AddStringToObject(data, "hint", e->hint);
    return m;
}

cJSON *message_notification(const char *method, cJSON *params)
{
    cJSON *m = message();
    cJSON_AddStringToObject(m, "method", method);
    cJSON_AddItemToObject(m, "params", params);
    return m;
}

char *message_line(cJSON *message, size_t *len)
{
    char *text = cJSON_PrintUnformatted(message);
    cJSON_Delete(message);
    if (!text)
        abort(); /* out of memory */
    size_t n = strlen(text);
    if (!utf8_clean(text, n)) { /* from an old journal, or a reason; what is not ASCII is within strings */
        struct buf clean = {0};
        utf8_add(&clean, text, n);
        free(text);
        n = clean.len;
        text = buf_take(&clean);
    }
    if (n + 1 > PROTOCOL_LINE_MAX) {
        free(text);
        return NULL;
    }
    text = xrealloc(text, n + 2, 1);
    memcpy(text + n, "\n", 2);
    *len = n + 1;
    return text;
}
