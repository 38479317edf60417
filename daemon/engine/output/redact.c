/* Finds the password in text, in all its forms. */
#include <string.h>

#include "daemon/engine/output/output.h"

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

/* As in an option file, which a script may print. */
static struct secret *quoted(const struct secret *password)
{
    struct buf b = {0};
    redact_quote(&b, secret_use(password));
    struct secret *s = secret_new(b.data + 1, b.len - 3); /* without the quotes and the line's end */
    explicit_bzero(b.data, b.cap);
    buf_free(&b);
    return s;
}

/* As in a config.yaml with single quotes, where each is doubled. (In double quotes it is as in an option file.) */
static struct secret *yaml_quoted(const struct secret *password)
{
    struct buf b = {0};
    for (const char *s = secret_use(password); *s; s++)
        buf_add(&b, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
    struct secret *s = secret_new(b.data, b.len);
    if (b.data)
        explicit_bzero(b.data, b.cap);
    buf_free(&b);
    return s;
}

void redact_clear(struct redact *r)
{
    for (size_t i = 0; i < REDACT_FORMS; i++)
        secret_wipe(r->form[i]);
    *r = (struct redact){0};
}

void redact_set(struct redact *r, const struct secret *password)
{
    redact_clear(r);
    r->form[0] = secret_copy(password);
    r->form[1] = quoted(password);
    r->form[2] = yaml_quoted(password);
}

/* The largest result of `of` for any form. */
static size_t of_forms(const struct redact *r, size_t (*of)(const struct secret *s, const char *text, size_t len),
                       const char *text, size_t len)
{
    size_t most = 0;
    for (size_t i = 0; i < REDACT_FORMS; i++) {
        size_t n = of(r->form[i], text, len);
        most = n > most ? n : most;
    }
    return most;
}

size_t redact_find(const struct redact *r, const char *text, size_t len, size_t from, size_t *n)
{
    for (; from < len; from++)
        if ((*n = of_forms(r, secret_at, text + from, len - from)) > 0)
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
    for (size_t i = 0; i < REDACT_FORMS; i++) {
        size_t n = r->form[i] ? secret_len(r->form[i]) : 0;
        most = n > most ? n : most;
    }
    return most ? most - 1 : 0;
}
