/* JSON text that no NUL ends, by a cJSON of any age. */
#pragma once
#include <cjson/cJSON.h>
#include <stddef.h>

cJSON *json_parse(const char *text, size_t len); /* the value at its beginning; NULL: there is none. Caller deletes */
