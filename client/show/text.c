#include "client/show/text.h"

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

static void cut_line(struct buf *out, const struct term *t, const char *s, size_t len)
{
    const char *dots = t->utf8 ? "…" : "...";
    size_t keep = t->width - (t->utf8 ? 1 : 3), at = 0, w;
    bool coloured = false;
    if (text_width(s, len) <= t->width) {
        buf_add(out, s, len);
        return;
    }
    for (size_t i = 0; i < len;) {
        size_t n = piece(s + i, len - i, &w);
        if (at + w > keep)
            break;
        coloured |= s[i] == '\033';
        buf_add(out, s + i, n);
        at += w;
        i += n;
    }
    buf_puts(out, dots);
    if (coloured)
        buf_puts(out, "\033[0m");
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
        cut_line(b, t, old.data + i, len);
        if (nl)
            buf_puts(b, "\n");
        i += len + (nl != NULL);
    }
    buf_free(&old);
}

void text_wrap(struct buf *b, const struct term *t, size_t from, unsigned indent)
{
    size_t len = b->len - from;
    if (!t->tty || len == 0 || text_width(b->data + from, len) <= t->width)
        return;
    if (indent > t->width / 2)
        indent = t->width / 2;
    char *s = xstrndup(b->data + from, len);
    size_t line = 0, space = 0, at = 0, w; /* start of the line; after the last space in it; columns so far */
    size_t lead = strspn(s, " ");
    b->len = from;
    for (size_t i = 0; i < len;) {
        size_t n = piece(s + i, len - i, &w);
        if (at + w > t->width) {
            size_t end = s[i] == ' ' ? i : space > line ? space : i;
            size_t cut = end;
            while (cut > line && s[cut - 1] == ' ')
                cut--;
            buf_add(b, s + line, cut - line);
            buf_printf(b, "\n%*s", (int)indent, "");
            for (line = end; s[line] == ' '; line++)
                ;
            i = space = line;
            at = indent;
            continue;
        }
        at += w;
        i += n;
        if (s[i - 1] == ' ' && i > lead)
            space = i;
    }
    buf_add(b, s + line, len - line);
    free(s);
}
