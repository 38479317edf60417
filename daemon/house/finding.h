/* One finding: a row of findings.def with words. Any thread; a list belongs to one thread at a time. */
#pragma once
#include <cjson/cJSON.h>

enum finding {
#define FINDING(name, word, level) FOUND_##name,
#include "daemon/house/findings.def"
#undef FINDING
    N_FINDINGS
};

/* host: where; NULL: on the control host, or nowhere. fix: what to type, or what to do; NULL: nothing. The words are
 * one line. The finding that was added is the list's. */
void finding_add(cJSON *list, enum finding f, const char *host, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
