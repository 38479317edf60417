/* Members of answers, and their size. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "daemon/engine/view/internal.h"

void json_text(cJSON *o, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(o, name, value);
}

void json_number(cJSON *o, const char *name, double v) { cJSON_AddNumberToObject(o, name, v); }

/* Times are stored with milliseconds and shown without. */
void json_time(cJSON *o, const char *name, const char *t)
{
    char *s = xstrdup(t);
    if (s)
        record_whole_seconds(s);
    json_text(o, name, s);
    free(s);
}

static double seconds(const char *t)
{
    struct tm tm = {0};
    const char *rest = strptime(t, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? (double)timegm(&tm) + strtod(rest, NULL) : 0;
}

void json_elapsed(cJSON *o, const char *started, const char *ended)
{
    if (!started)
        return;
    char *now = ended ? NULL : record_now();
    double s = seconds(ended ? ended : now) - seconds(started);
    json_number(o, "elapsed", s > 0 ? (double)(long long)(s * 1000) / 1000 : 0);
    free(now);
}

size_t json_room(const char *s) { return s ? 2 * strlen(s) : 0; }
