/* Whether a fact may be kept as it is. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/engine/output/output.h"

enum { KNOWN_MIN = 3 }; /* shorter texts would explain any letters */

static const char digits[] = "0123456789", hex[] = "0123456789abcdef",
                  word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* Facts whose form leaves no room for a secret. That one of them contains its letters is by chance (a password such as
 * 2026 or utf8), and a backup must not fail because of it. */
static bool closed_form(const struct fact *f)
{
    static const struct {
        const char *ends, *chars;
        size_t least, most;
    } forms[] = {
        {".size", digits, 1, 20}, {".sha256", hex, 64, 64}, {".charset", word, 1, 32}, {".collation", word, 1, 64}};
    size_t n = strlen(f->name), len = strlen(f->value);
    if (strcmp(f->name, "ha.before") == 0)
        return strcmp(f->value, "on") == 0 || strcmp(f->value, "off") == 0 || strcmp(f->value, "absent") == 0;
    if (strncmp(f->name, "restart.", sizeof "restart." - 1) == 0) /* a restart policy */
        return len > 0 && len <= 32 && strspn(f->value, "abcdefghijklmnopqrstuvwxyz0123456789:-") == len;
    if (strncmp(f->name, "backup.", sizeof "backup." - 1) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        size_t e = strlen(forms[i].ends);
        if (n > e && strcmp(f->name + n - e, forms[i].ends) == 0)
            return len >= forms[i].least && len <= forms[i].most && strspn(f->value, forms[i].chars) == len;
    }
    return false;
}

/* Marks what `text` explains of the value, wherever it is in it. */
static void explain(const char *value, const char *text, size_t n, bool *explained)
{
    for (const char *at = value; n >= KNOWN_MIN && (at = memmem(at, strlen(at), text, n)); at++)
        memset(explained + (at - value), true, n);
}

/* What stands between the known parts of a path. */
static void explain_rest(const char *value, bool *explained)
{
    static const char numbered[] = ".sql";
    size_t len = strlen(value), end = sizeof numbered - 1;
    for (size_t i = 0; i < len; i++)
        explained[i] = explained[i] || strchr("/._-", value[i]);
    if (len <= end || strcmp(value + len - end, numbered) != 0)
        return;
    size_t from = len - end;
    while (from > 0 && strchr(digits, value[from - 1])) /* the attempt's number */
        from--;
    memset(explained + from, true, len - from);
}

bool fact_may_keep(const struct redact *r, const struct fact *f, const char *const *known)
{
    size_t len = strlen(f->value), n = 0, at = redact_find(r, f->value, len, 0, &n);
    if (at == len || closed_form(f))
        return true;
    bool *explained = xcalloc(len + 1, sizeof *explained);
    for (; known && *known; known++)
        for (const char *line = *known; *line;) { /* some values are lists */
            size_t k = strcspn(line, "\n");
            explain(f->value, line, k, explained);
            line += k + (line[k] == '\n');
        }
    explain_rest(f->value, explained);
    bool keep = true;
    for (; at < len && keep; at = redact_find(r, f->value, len, at + 1, &n))
        for (size_t i = 0; i < n; i++)
            keep = keep && explained[at + i];
    free(explained);
    return keep;
}
