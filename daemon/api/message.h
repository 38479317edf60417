/* What leaves the socket: JSON-RPC 2.0, one message per line. Pure. */
#pragma once
#include <cjson/cJSON.h>
#include <stddef.h>

#include "common/err.h"

/* id: copied; NULL is null. */
cJSON *message_result(const cJSON *id, cJSON *result); /* takes result */
cJSON *message_error(const cJSON *id, const struct err *e);
cJSON *message_notification(const char *method, cJSON *params); /* takes params */
/* Takes the message. Its line with the newline, in UTF-8, whatever was put in; NULL: it is over PROTOCOL_LINE_MAX.
 * Caller frees. */
char *message_line(cJSON *message, size_t *len);
