/* Members of answers, and their size. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/view/internal.h"

void json_text(cJSON *o, const char *name, const char *value)
{
    if (value)
        cJSON_AddItemToObjectCS(o, name, cJSON_CreateString(value));
}

void json_word(cJSON *o, const char *name, const char *word)
{
    cJSON_AddItemToObjectCS(o, name, cJSON_CreateStringReference(word));
}

void json_number(cJSON *o, const char *name, double v) { cJSON_AddItemToObjectCS(o, name, cJSON_CreateNumber(v)); }

/* Times are stored with milliseconds and shown without. */
void json_time(cJSON *o, const char *name, const char *t)
{
    char *s = xstrdup(t);
    if (s)
        times_whole_seconds(s);
    json_text(o, name, s);
    free(s);
}

void json_seconds(cJSON *o, const char *name, double s)
{
    json_number(o, name, s > 0 ? (double)llround(s * 1000) / 1000 : 0);
}

void json_elapsed(cJSON *o, const char *started, const char *ended)
{
    if (!started)
        return;
    char *now = ended ? NULL : times_now();
    json_seconds(o, "elapsed", times_seconds(ended ? ended : now) - times_seconds(started));
    free(now);
}

size_t json_room(const char *s) { return s ? 2 * strlen(s) : 0; }
