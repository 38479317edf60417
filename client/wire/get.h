/* Members of an answer, with their types checked: bytes from the daemon are not trusted.
 *
 * The error is sticky: the first wrong member sets ERR_PROTOCOL in `e`, later calls leave it. Read all members, then
 * look at e->code once. Values are borrowed from the cJSON tree. Absent and null are the same. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "common/err.h"

enum need { OPTIONAL, REQUIRED };

const char *get_text(const cJSON *o, const char *name, enum need need, struct err *e);    /* absent: NULL; wrong: "" */
double get_number(const cJSON *o, const char *name, enum need need, struct err *e);       /* absent: NAN */
int64_t get_id(const cJSON *o, const char *name, enum need need, struct err *e);          /* whole, >= 0; absent: -1 */
bool get_bool(const cJSON *o, const char *name, enum need need, struct err *e);           /* absent: false */
const cJSON *get_array(const cJSON *o, const char *name, enum need need, struct err *e);  /* absent: NULL */
const cJSON *get_object(const cJSON *o, const char *name, enum need need, struct err *e); /* absent: NULL */
/* An element of the array that is the member `list`. */
const char *get_string(const cJSON *element, const char *list, struct err *e); /* wrong: "" */
