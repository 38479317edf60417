#include "client/show/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "common/alloc.h"
#include "common/utf8.h"

/* Does this character do something else than stand there? */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

static void add_escaped(struct buf *b, const struct term *t, const char *s, size_t len, bool lines)
{
    for (size_t i = 0; i < len;) {
        uint32_t c;
        size_t n = utf8_decode(s + i, len - i, &c);
        if (n == 0)
            buf_printf(b, "\\x%02x", (unsigned char)s[i]);
        else if (lines && (c == '\n' || c == '\t'))
            buf_add(b, s + i, 1);
        else if (c == '\n')
            buf_puts(b, "\\n");
        else if (c == '\t')
            buf_puts(b, " ");
        else if (is_control(c))
            buf_printf(b, c < 0x80 ? "\\x%02x" : "\\u%04x", c);
        else if (c >= 0x80 && t->tty && !t->utf8)
            buf_puts(b, "?");
        else
            buf_add(b, s + i, n);
        i += n ? n : 1;
    }
}

void text_add(struct buf *b, const struct term *t, const char *s)
{
    if (s)
        add_escaped(b, t, s, strlen(s), false);
    else
        buf_puts(b, "-");
}

void text_fmt(struct buf *b, const struct term *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    text_add(b, t, text);
    free(text);
}

void text_block(struct buf *b, const struct term *t, const char *s, size_t len)
{
    if (t->tty)
        add_escaped(b, t, s, len, true);
    else
        buf_add(b, s, len);
}

void text_paint(struct buf *b, const struct term *t, const char *colour, const char *s)
{
    if (t->colour)
        buf_printf(b, "\033[%sm%s\033[0m", colour, s);
    else
        buf_puts(b, s);
}

/* The length of what stands at s: a colour (no columns) or a character. */
static size_t piece(const char *s, size_t left, size_t *columns)
{
    uint32_t c;
    if (s[0] == '\033') {
        size_t n = 1;
        while (n < left && s[n] != 'm')
            n++;
        *columns = 0;
        return n < left ? n + 1 : n;
    }
    size_t n = utf8_decode(s, left, &c);
    int w = n ? wcwidth((wchar_t)c) : 1;
    *columns = w < 0 ? 1 : (size_t)w;
    return n ? n : 1;
}

unsigned text_lines(const struct buf *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < b->len; i++)
        n += b->data[i] == '\n';
    return n;
}

size_t text_width(const char *s, size_t len)
{
    size_t sum = 0, w;
    for (size_t i = 0; i < len; sum += w)
        i += piece(s + i, len - i, &w);
    return sum;
}

void text_pad(struct buf *b, size_t from, size_t width)
{
    for (size_t w = text_width(buf_str(b) + from, b->len - from); w < width; w++)
        buf_puts(b, " ");
}

void text_add_cut(struct buf *b, const struct term *t, const char *s, size_t len, size_t width)
{
    const char *dots = t->utf8 ? "…" : "...";
    size_t mark = t->utf8 ? 1 : 3, at = 0, w;
    bool coloured = false;
    if (text_width(s, len) <= width) {
        buf_add(b, s, len);
        return;
    }
    for (size_t i = 0; i < len;) {
        size_t n = piece(s + i, len - i, &w);
        if (at + w + mark > width)
            break;
        coloured |= s[i] == '\033';
        buf_add(b, s + i, n);
        at += w;
        i += n;
    }
    if (at + mark <= width)
        buf_puts(b, dots);
    if (coloured)
        buf_puts(b, "\033[0m");
}

void text_cut(struct buf *b, const struct term *t, size_t from)
{
    if (!t->tty || b->len == from)
        return;
    struct buf old = {0};
    buf_add(&old, b->data + from, b->len - from);
    b->len = from;
    for (size_t i = 0; i < old.len;) {
        const char *nl = memchr(old.data + i, '\n', old.len - i);
        size_t len = nl ? (size_t)(nl - old.data) - i : old.len - i;
        text_add_cut(b, t, old.data + i, len, t->width);
        if (nl)
            buf_puts(b, "\n");
        i += len + (nl != NULL);
    }
    buf_free(&old);
}

/* The character at `s`, when it is one of `set`. */
static bool one_of(const char *set, const char *s, size_t n)
{
    for (const char *p = set; *p;) {
        uint32_t c;
        size_t k = utf8_decode(p, strlen(p), &c);
        if (k == n && memcmp(p, s, n) == 0)
            return true;
        p += k ? k : 1;
    }
    return false;
}

/* Chinese is written without spaces: a line may end beside any wide character, but for marks that belong to the one
 * before them or after them. */
static bool may_part(const char *left, size_t n, size_t left_width, const char *right, size_t m, size_t right_width)
{
    return (left_width == 2 || right_width == 2) && right_width > 0 &&
           !one_of("，。、；：？！）》」』】”’…%)],.;:!?", right, m) && !one_of("（《「『【“‘([", left, n);
}

size_t text_line(const char *s, size_t len, size_t width, size_t *next)
{
    size_t at = 0, good = 0, after = 0, w = 0, before = 0, before_n = 0, before_w = 0;
    size_t lead = strspn(s, " ");
    for (size_t i = 0; i < len;) {
        size_t n = piece(s + i, len - i, &w);
        if (s[i] == ' ' && i >= lead) {
            for (good = i; good > 0 && s[good - 1] == ' ';)
                good--;
            after = i + 1;
        } else if (s[i] != '\033' && before_n && i > lead && s[before] != ' ' &&
                   may_part(s + before, before_n, before_w, s + i, n, w)) {
            good = after = i;
        }
        if (at + w > width && at > 0) {
            *next = after ? after : i;
            while (*next < len && s[*next] == ' ')
                ++*next;
            return after ? good : i;
        }
        if (s[i] != '\033' && w > 0) {
            before = i;
            before_n = n;
            before_w = w;
        }
        at += w;
        i += n;
    }
    *next = len;
    return len;
}

void text_wrap(struct buf *b, const struct term *t, size_t from, unsigned indent)
{
    size_t len = b->len - from;
    if (!t->tty || len == 0 || text_width(b->data + from, len) <= t->width)
        return;
    if (indent > t->width / 2)
        indent = t->width / 2;
    char *s = xstrndup(b->data + from, len);
    size_t next = 0;
    b->len = from;
    for (size_t at = 0; at < len; at += next) {
        size_t n = text_line(s + at, len - at, at ? t->width - indent : t->width, &next);
        if (at)
            buf_printf(b, "\n%*s", (int)indent, "");
        buf_add(b, s + at, n);
    }
    free(s);
}
