#include "daemon/node/why.h"

#include <string.h>

#include "common/reason.h"
#include "daemon/node/wire.h"

enum { SAID_MAX = 160 };

/* The word behind `before` in text, up to `after`; false: there is none. */
static bool between(const char *text, size_t len, const char *before, const char *after, struct buf *out)
{
    const char *from = len ? memmem(text, len, before, strlen(before)) : NULL;
    if (!from)
        return false;
    from += strlen(before);
    size_t left = len - (size_t)(from - text);
    const char *end = memmem(from, left, after, strlen(after)), *line = memchr(from, '\n', left);
    if (!end || (line && line < end))
        return false;
    wire_printable(out, from, (size_t)(end - from), 100);
    return true;
}

static bool contains(const char *text, size_t len, const char *what)
{
    return len > 0 && memmem(text, len, what, strlen(what)) != NULL;
}

/* An unknown key is an omission, a changed one an alarm: nobody is to be led to remove the known key before the new one
 * was compared. */
static bool host_key(struct buf *out, const char *err, size_t len)
{
    struct buf host = {0};
    bool found = true;
    if (contains(err, len, "IDENTIFICATION HAS CHANGED") || contains(err, len, " has changed and you have requested")) {
        between(err, len, "ost key for ", " has changed", &host);
        buf_printf(out,
                   "ALARM: the host key%s%s HAS CHANGED: someone may be intercepting the connection, or the host was "
                   "reinstalled. Compare the key's fingerprint on the host's own console; only if it is right: "
                   "ssh-keygen -R '%s'",
                   host.len ? " of " : "", buf_str(&host), host.len ? buf_str(&host) : "HOST");
    } else if (contains(err, len, "Host key verification failed") && !contains(err, len, "REVOKED")) {
        between(err, len, "host key is known for ", " and you", &host);
        buf_printf(out,
                   "Host key verification failed: the host key%s%s is not known here. Compare its fingerprint with the "
                   "host's; if it is right, run ssh to the host once as the account that omsupd runs as, and accept it",
                   host.len ? " of " : "", buf_str(&host));
    } else {
        found = false;
    }
    buf_free(&host);
    return found;
}

/* Behind the escape sequence that s begins with. */
static size_t escape_end(const char *s, size_t len)
{
    size_t i = 2;
    if (len < 2)
        return len;
    if (s[1] == '[') {
        while (i < len && (s[i] < '@' || s[i] > '~'))
            i++;
        return i < len ? i + 1 : len;
    }
    if (s[1] == ']') {
        while (i < len && s[i] != '\a' && s[i] != '\033')
            i++;
        return i < len ? i + (s[i] == '\033' ? 2 : 1) : len;
    }
    return 2;
}

/* The text without escape sequences and empty lines, with | between lines. */
static void flatten(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        if (text[i] == '\033') {
            i += escape_end(text + i, len - i);
            i = i < len ? i : len;
        } else if (text[i] == '\n' || text[i] == '\r') {
            if (out->len && out->data[out->len - 1] != '|')
                buf_puts(out, "|");
            i++;
        } else {
            if ((text[i] != ' ' && text[i] != '\a') || (out->len && out->data[out->len - 1] != '|'))
                buf_add(out, text + i, text[i] != '\a');
            i++;
        }
    }
    while (out->len && strchr("| ", out->data[out->len - 1]))
        out->len--;
}

static void add_said(struct buf *out, const char *said, size_t len)
{
    struct buf flat = {0};
    flatten(&flat, said, len);
    size_t from = flat.len > SAID_MAX ? flat.len - SAID_MAX : 0;
    while (from < flat.len && from > 0 && ((unsigned char)flat.data[from] & 0xC0) == 0x80)
        from++;
    if (flat.len) {
        buf_puts(out, out->len ? "; it printed: " : "");
        buf_puts(out, from ? "…" : "");
        for (size_t at = from; at < flat.len;) {
            size_t n = strcspn(flat.data + at, "|");
            n = n < flat.len - at ? n : flat.len - at;
            wire_printable(out, flat.data + at, n, SAID_MAX);
            at += n + 1;
            buf_puts(out, at < flat.len ? " | " : "");
        }
    }
    buf_free(&flat);
}

/* What to do when sudo refuses; it speaks the node's language, but for these two. */
static const char *sudo_cure(const char *err, size_t len)
{
    if (contains(err, len, "sudo: sorry, you must have a tty"))
        return ": omsupd has no terminal on the node; add 'Defaults:ACCOUNT !requiretty' to its sudoers (visudo), or "
               "log "
               "in as root";
    if (contains(err, len, "sudo: a password is required"))
        return ": omsupd cannot enter one; add 'ACCOUNT ALL=(root) NOPASSWD: ALL' to the node's sudoers (visudo), or "
               "log "
               "in as root";
    return "";
}

void why_of(struct buf *out, const char *err, size_t err_len, const char *said, size_t said_len)
{
    struct buf line = {0};
    if (host_key(out, err, err_len))
        return;
    reason_of(err, err_len, WHY_MAX, &line);
    wire_printable(out, buf_str(&line), line.len, WHY_MAX);
    buf_puts(out, sudo_cure(err, err_len));
    buf_free(&line);
    add_said(out, said, said_len);
}
