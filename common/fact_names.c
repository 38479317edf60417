#include "common/fact_names.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"

enum { PATTERN_MAX = 128 };

bool fact_pattern_ok(const char *pattern)
{
    static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    static const char *const own[] = {"T1", "T2", "T3", "online", "on_failure", "takeover", "taken-over"};
    size_t n = strspn(pattern, chars);
    if (n == 0 || n > PATTERN_MAX)
        return false;
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (strcmp(pattern, own[i]) == 0)
            return false;
    bool any = n > 1 && pattern[n - 1] == '.' && strcmp(pattern + n, "*") == 0;
    return any || (pattern[n] == '\0' && pattern[n - 1] != '.');
}

bool fact_declared(char *const *list, const char *name, bool part)
{
    size_t len = strlen(name);
    for (; list && *list; list++) {
        size_t n = strlen(*list);
        bool any = (*list)[n - 1] == '*';
        if (any ? strncmp(name, *list, n - 1) == 0 && len > n - 1 : strcmp(name, *list) == 0)
            return true;
        if (part && (any || len <= n) && strncmp(name, *list, len < n - any ? len : n - any) == 0)
            return true;
    }
    return false;
}

bool fact_acted_on(const char *name)
{
    static const char *const begin[] = {"restart.", "old.", "image."};
    for (size_t i = 0; i < ARRAY_LEN(begin); i++)
        if (strncmp(name, begin[i], strlen(begin[i])) == 0)
            return true;
    return fact_of_control(name) || strcmp(name, "ha.before") == 0;
}

bool fact_of_control(const char *pattern)
{
    static const char *const begin[] = {"backup.", "rehearsal."};
    for (size_t i = 0; i < ARRAY_LEN(begin); i++)
        if (strncmp(pattern, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

void fact_restore_note(struct fact_restore *x, const char *name, const char *value)
{
    static const char prefix[] = "rehearsal.", suffix[] = "seconds";
    size_t len = strlen(name), end = sizeof suffix - 1;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0 || strcmp(name + len - end, suffix) != 0 ||
        strspn(value, "0123456789") != strlen(value) || *value == '\0' || strlen(value) > 10)
        return;
    double seconds = strtod(value, NULL);
    if (len == sizeof prefix - 1 + end)
        x->earlier = seconds;
    else if (name[len - end - 1] == '.' && seconds > x->measured)
        x->measured = seconds;
}

double fact_restore_seconds(const struct fact_restore *x) { return x->measured >= 0 ? x->measured : x->earlier; }
