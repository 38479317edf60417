#include "common/json.h"

#include <stdlib.h>

#include "common/alloc.h"

cJSON *json_parse(const char *text, size_t len)
{
    char *copy = xstrndup(text, len);
    cJSON *value = cJSON_Parse(copy);
    free(copy);
    return value;
}
