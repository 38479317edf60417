/* Finds secrets in text, in all their forms. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "common/utf8.h"
#include "common/wipe.h"
#include "daemon/engine/output/output.h"

enum { REDACT_MIN = 4 }; /* as in secret.c */

/* The value is in double quotes, \ and " are escaped, line ends are written out. */
void redact_quote(struct buf *b, const char *s)
{
    buf_puts(b, "\"");
    for (; *s; s++)
        switch (*s) {
        case '\\':
            buf_puts(b, "\\\\");
            break;
        case '"':
            buf_puts(b, "\\\"");
            break;
        case '\n':
            buf_puts(b, "\\n");
            break;
        case '\r':
            buf_puts(b, "\\r");
            break;
        case '\t':
            buf_puts(b, "\\t");
            break;
        default:
            buf_add(b, s, 1);
        }
    buf_puts(b, "\"\n");
}

/* A form of a secret, made in memory that is wiped. */
typedef void form_fn(struct buf *out, const unsigned char *s, size_t n);

static void plain(struct buf *b, const unsigned char *s, size_t n) { buf_add(b, (const char *)s, n); }

/* As in an option file, in JSON, and in a config.yaml with double quotes. */
static void quoted(struct buf *b, const unsigned char *s, size_t n)
{
    struct buf q = {0};
    redact_quote(&q, (const char *)s);
    buf_add(b, q.data + 1, q.len - 3); /* without the quotes and the line's end */
    wipe(q.data, q.cap);
    buf_free(&q);
}

/* As JSON by Go, in the answers of docker inspect. */
static void go_json(struct buf *b, const unsigned char *s, size_t n)
{
    for (; n; s++, n--)
        if (*s == '<' || *s == '>' || *s == '&')
            buf_printf(b, "\\u%04x", *s);
        else if (*s == '"' || *s == '\\')
            buf_printf(b, "\\%c", *s);
        else
            buf_add(b, (const char *)s, 1);
}

/* As JSON that is all ASCII. */
static void ascii_json(struct buf *b, const unsigned char *s, size_t n)
{
    uint32_t c;
    for (size_t k; n; s += k, n -= k) {
        k = utf8_decode((const char *)s, n, &c);
        if (k > 1 && c >= 0x10000)
            buf_printf(b, "\\u%04x\\u%04x", 0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF));
        else if (k > 1)
            buf_printf(b, "\\u%04x", c);
        else if (*s == '"' || *s == '\\')
            buf_printf(b, "\\%c", *s);
        else
            buf_add(b, (const char *)s, 1);
        k = k ? k : 1;
    }
}

static void doubled(struct buf *b, const unsigned char *s, size_t n, const char *quote)
{
    for (; n; s++, n--)
        if (*s == '\'')
            buf_puts(b, quote);
        else
            buf_add(b, (const char *)s, 1);
}
static void yaml_quoted(struct buf *b, const unsigned char *s, size_t n) { doubled(b, s, n, "''"); }
static void shell_quoted(struct buf *b, const unsigned char *s, size_t n) { doubled(b, s, n, "'\\''"); }

static void percent(struct buf *b, const unsigned char *s, size_t n, bool small)
{
    for (; n; s++, n--)
        if ((*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z') || strchr("-._~", *s))
            buf_add(b, (const char *)s, 1);
        else
            buf_printf(b, small ? "%%%02x" : "%%%02X", *s);
}
static void url(struct buf *b, const unsigned char *s, size_t n) { percent(b, s, n, false); }
static void url_small(struct buf *b, const unsigned char *s, size_t n) { percent(b, s, n, true); }

/* Without the padding, which some leave out. */
static void base64(struct buf *b, const unsigned char *s, size_t n)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)s[i] << 16 | (i + 1 < n ? (unsigned)s[i + 1] << 8 : 0) | (i + 2 < n ? s[i + 2] : 0U);
        size_t k = i + 2 < n ? 4 : i + 1 < n ? 3 : 2;
        for (size_t c = 0; c < k; c++)
            buf_add(b, &abc[v >> (18 - 6 * c) & 63], 1);
    }
}

/* Of a text in base64 that has the secret in it, as "user:secret" or with a newline behind it: what is the same
 * whatever stands beside it, by how many bytes stand before it (modulo 3). Too short ones would be found by chance. */
enum { BASE64_PART_MIN = 6 };
static void base64_within(struct buf *b, const unsigned char *s, size_t n, size_t before)
{
    struct buf text = {0}, all = {0};
    buf_add(&text, "\0", before > 0);
    buf_add(&text, "\0", before > 1);
    buf_add(&text, s, n);
    base64(&all, (const unsigned char *)text.data, text.len);
    size_t from = before ? before + 1 : 0, to = text.len * 4 / 3;
    if (to >= from + BASE64_PART_MIN)
        buf_add(b, all.data + from, to - from);
    wipe(text.data, text.cap);
    wipe(all.data, all.cap);
    buf_free(&text);
    buf_free(&all);
}
static void base64_0(struct buf *b, const unsigned char *s, size_t n) { base64_within(b, s, n, 0); }
static void base64_1(struct buf *b, const unsigned char *s, size_t n) { base64_within(b, s, n, 1); }
static void base64_2(struct buf *b, const unsigned char *s, size_t n) { base64_within(b, s, n, 2); }

static const unsigned char *bytes_of(const struct secret *s) { return (const unsigned char *)secret_use(s); }

static bool has(const struct redact *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < r->n; i++)
        if (secret_len(r->forms[i]) == n && memcmp(secret_use(r->forms[i]), bytes, n) == 0)
            return true;
    return false;
}

void redact_add(struct redact *r, const struct secret *s)
{
    static form_fn *const forms[] = {plain, quoted,    yaml_quoted, shell_quoted, go_json,  ascii_json,
                                     url,   url_small, base64,      base64_0,     base64_1, base64_2};
    if (secret_len(s) < REDACT_MIN)
        return;
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        struct buf b = {0};
        forms[i](&b, bytes_of(s), secret_len(s));
        if (b.len >= REDACT_MIN && !has(r, b.data, b.len)) {
            r->forms = xrealloc(r->forms, r->n + 1, sizeof *r->forms);
            r->forms[r->n++] = secret_new(b.data, b.len);
            r->begins[(unsigned char)*b.data] = true;
        }
        wipe(b.data, b.cap);
        buf_free(&b);
    }
}

void redact_clear(struct redact *r)
{
    for (size_t i = 0; i < r->n; i++)
        secret_wipe(r->forms[i]);
    free(r->forms);
    *r = (struct redact){0};
}

/* The largest result of `of` for any form. */
static size_t of_forms(const struct redact *r, size_t (*of)(const struct secret *s, const char *text, size_t len),
                       const char *text, size_t len)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t n = of(r->forms[i], text, len);
        most = n > most ? n : most;
    }
    return most;
}

size_t redact_find(const struct redact *r, const char *text, size_t len, size_t from, size_t *n)
{
    for (; from < len; from++)
        if (r->begins[(unsigned char)text[from]] && (*n = of_forms(r, secret_at, text + from, len - from)) > 0)
            return from;
    return len;
}

void redact_scrub(const struct redact *r, char *text, size_t *len)
{
    size_t out = 0, n = 0;
    for (size_t at = 0, next; at < *len; at = next + n) {
        next = redact_find(r, text, *len, at, &n);
        memmove(text + out, text + at, next - at);
        out += next - at;
        if (next == *len)
            break;
        memcpy(text + out, "***", 3); /* a form is never shorter */
        out += 3;
    }
    *len = out;
}

size_t redact_begun(const struct redact *r, const char *text, size_t len)
{
    return of_forms(r, secret_begun, text, len);
}

size_t redact_rest(const struct redact *r, const char *text, size_t len) { return of_forms(r, secret_rest, text, len); }

size_t redact_part_max(const struct redact *r)
{
    size_t most = 0;
    for (size_t i = 0; i < r->n; i++) {
        size_t n = secret_len(r->forms[i]);
        most = n > most ? n : most;
    }
    return most ? most - 1 : 0;
}
