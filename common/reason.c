#include "common/reason.h"

#include <string.h>

#include "common/array.h"
#include "common/utf8.h"

enum where { BEGINS, CONTAINS, ENDS };
struct pattern {
    enum where where;
    const char *text;
};

/* Lines that say nothing: hints, and what programs print about their surroundings whatever they do. */
static const struct pattern noise[] = {
    {BEGINS, "See '"},
    {BEGINS, "Run '"},
    {BEGINS, "Try '"},
    {BEGINS, "For more help"},
    {BEGINS, "For more information"},
    {BEGINS, "Usage:"},
    {BEGINS, "usage:"},
    {BEGINS, "ERROR: ld.so:"},
    {BEGINS, "@@@@"},
    {BEGINS, "Warning: Permanently added "},
    {BEGINS, "Emulate Docker CLI using podman"},
    {BEGINS, "WARNING: Error loading config file"},
    {BEGINS, "WARNING: Support for the legacy "},
    {BEGINS, "\tat "},
    {BEGINS, "    at "},
    {BEGINS, "Authenticated to "},
    {BEGINS, "Transferred: sent "},
    {BEGINS, "Bytes per second: sent "},
    {CONTAINS, "warning: setlocale: "},
    {CONTAINS, " cannot be preloaded"},
    {CONTAINS, "Deprecated program name"},
    {CONTAINS, "Using a password on the command line interface can be insecure"},
    {ENDS, " records in"},
    {ENDS, " records out"},
    {ENDS, " --help'."},
    {ENDS, " --help' for more information"},
    {ENDS, " --help' for more information."},
};

/* Lines that only say that something has failed: the reason is in front of them, if there is one. */
static const struct pattern weak[] = {
    {BEGINS, "Connection closed by "},
    {BEGINS, "Connection to "},
    {BEGINS, "Connection reset by "},
    {BEGINS, "Disconnected from "},
    {BEGINS, "Host key verification failed"},
    {BEGINS, "client_loop: send disconnect"},
    {BEGINS, "lost connection"},
    {BEGINS, "tar: Exiting with failure status"},
    {BEGINS, "tar: Error is not recoverable"},
    {BEGINS, "tar: Child returned status "},
    {BEGINS, "gzip: stdin: unexpected end of file"},
    {BEGINS, "Terminated"},
    {BEGINS, "Killed"},
    {BEGINS, "Aborted"},
    {BEGINS, "Caused by: "},
    {CONTAINS, " ended with status "},
    {CONTAINS, " ended with an error"},
    {CONTAINS, " exited with status "},
    {CONTAINS, "exit status "},
};

static bool matches(const struct pattern *list, size_t n, const char *line, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = strlen(list[i].text);
        if (k > len)
            continue;
        if ((list[i].where == BEGINS && memcmp(line, list[i].text, k) == 0) ||
            (list[i].where == ENDS && memcmp(line + len - k, list[i].text, k) == 0) ||
            (list[i].where == CONTAINS && memmem(line, len, list[i].text, k)))
            return true;
    }
    return false;
}

static bool blank(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!strchr(" \t\r-=*_.", line[i]))
            return false;
    return true;
}

void reason_line(struct reason *r, const char *line, size_t len)
{
    while (len > 0 && strchr("\r\n \t", line[len - 1]))
        len--;
    if (len == 0)
        return;
    const struct reason_at at = {line, len};
    if (blank(line, len) || matches(noise, ARRAY_LEN(noise), line, len)) {
        r->noise = at;
    } else if (matches(weak, ARRAY_LEN(weak), line, len)) {
        r->weak = at;
    } else {
        r->strong = at;
        r->weak = (struct reason_at){NULL, 0};
    }
}

static void add(const struct reason_at *at, size_t max, struct buf *out)
{
    size_t n = at->len, skip = 0;
    while (skip < n && strchr(" \t", at->text[skip]))
        skip++;
    n -= skip;
    buf_add(out, at->text + skip, n > max ? utf8_whole(at->text + skip, max) : n);
}

void reason_text(const struct reason *r, size_t max, struct buf *out)
{
    if (r->strong.text)
        add(&r->strong, max, out);
    if (r->strong.text && r->weak.text)
        buf_puts(out, "; ");
    if (r->weak.text)
        add(&r->weak, max, out);
    if (!r->strong.text && !r->weak.text && r->noise.text)
        add(&r->noise, max, out);
}

void reason_of(const char *text, size_t len, size_t max, struct buf *out)
{
    struct reason r = {0};
    for (size_t at = 0; at < len;) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t n = nl ? (size_t)(nl - text) - at : len - at;
        reason_line(&r, text + at, n);
        at += n + 1;
    }
    reason_text(&r, max, out);
}
