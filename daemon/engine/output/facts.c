/* Whether a fact may be kept as it is. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/engine/output/output.h"

enum { KNOWN_MIN = 3 }; /* shorter texts would explain any letters */

static const char digits[] = "0123456789", hex[] = "0123456789abcdef",
                  word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
                  moments[] = "0123456789-+:.TZ \t";

static bool starts(const char *s, const char *with) { return strncmp(s, with, strlen(with)) == 0; }

static bool ends(const char *s, const char *with)
{
    size_t n = strlen(s), m = strlen(with);
    return n > m && strcmp(s + n - m, with) == 0;
}

static bool only(const char *s, const char *chars, size_t least, size_t most)
{
    size_t n = strspn(s, chars);
    return !s[n] && n >= least && n <= most;
}

static bool backup_form(const char *name, const char *value)
{
    return ends(name, ".size")        ? only(value, digits, 1, 20)
           : ends(name, ".sha256")    ? only(value, hex, 64, 64)
           : ends(name, ".charset")   ? only(value, word, 1, 32)
           : ends(name, ".collation") ? only(value, word, 1, 64)
                                      : false;
}

/* An image's id or architecture, the hash of an archive, or whether something was seen. */
static bool image_form(const char *value)
{
    return only(value + (starts(value, "sha256:") ? 7 : 0), hex, 12, 64) || strcmp(value, "yes") == 0 ||
           strcmp(value, "no") == 0 || strcmp(value, "amd64") == 0 || strcmp(value, "arm64") == 0;
}

/* When a container was started and stopped; a version and since when it is that of OMS. */
static bool old_form(const char *name, const char *value)
{
    if (strcmp(name, "old.oms_version") != 0)
        return only(value, moments, 1, 96);
    size_t n = strspn(value, ".-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    bool version = *value && strchr(digits, *value) && n <= 32;
    return strcmp(value, "none") == 0 || (version && only(value + n, moments, 0, 64));
}

/* The name of a scratch database, a time, or that OMS runs. */
static bool rehearsal_form(const char *name, const char *value)
{
    static const char scratch[] = "omsup_rehearsal_";
    if (ends(name, ".seconds"))
        return only(value, digits, 1, 10);
    return starts(value, scratch) ? only(value + sizeof scratch - 1, "0123456789abcdef_", 18, 40)
                                  : strcmp(value, "yes") == 0;
}

/* Facts whose form leaves no room for a secret. That one of them contains its letters is by chance (a password such as
 * 2026, sha256 or utf8), and neither a backup nor the start of a container must fail because of it. */
static bool closed_form(const struct fact *f)
{
    if (strcmp(f->name, "ha.before") == 0)
        return strcmp(f->value, "on") == 0 || strcmp(f->value, "off") == 0 || strcmp(f->value, "absent") == 0;
    if (starts(f->name, "restart.")) /* a restart policy */
        return only(f->value, "abcdefghijklmnopqrstuvwxyz0123456789:-", 1, 32);
    return starts(f->name, "backup.")      ? backup_form(f->name, f->value)
           : starts(f->name, "image.")     ? image_form(f->value)
           : starts(f->name, "rehearsal.") ? rehearsal_form(f->name, f->value)
           : starts(f->name, "old.")       ? old_form(f->name, f->value)
                                           : false;
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
