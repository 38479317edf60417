#include "daemon/house/finding.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/alloc.h"
#include "common/utf8.h"

enum { WORDS_MAX = 1000, LISTED_MAX = 200 };

static const struct {
    const char *word, *level;
} rows[] = {
#define ERROR "error"
#define WARNING "warning"
#define NOTE "note"
#define FINDING(name, word, level) {word, level},
#include "daemon/house/findings.def"
#undef FINDING
};

void finding_add(cJSON *list, enum finding f, const char *host, const char *fix, const char *fmt, ...)
{
    va_list ap;
    if (cJSON_GetArraySize(list) >= LISTED_MAX)
        return;
    va_start(ap, fmt);
    char *what = xvasprintf(fmt, ap);
    va_end(ap);
    size_t n = 0;
    while (n < WORDS_MAX && what[n])
        n++;
    struct buf text = {0};
    for (size_t i = 0; i < n; i++)
        what[i] = (unsigned char)what[i] < ' ' || what[i] == 0x7f ? ' ' : what[i];
    utf8_add(&text, what, utf8_whole(what, n));
    cJSON *o = cJSON_CreateObject();
    cJSON_AddStringToObject(o, "finding", rows[f].word);
    cJSON_AddStringToObject(o, "level", rows[f].level);
    if (host)
        cJSON_AddStringToObject(o, "host", host);
    cJSON_AddStringToObject(o, "what", buf_str(&text));
    if (fix)
        cJSON_AddStringToObject(o, "fix", fix);
    cJSON_AddItemToArray(list, o);
    buf_free(&text);
    free(what);
}
