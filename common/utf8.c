#include "common/utf8.h"

/* How long the character with this first byte is; 0: none begins so. */
static size_t wanted(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

size_t utf8_char(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t n = len ? wanted(p[0]) : 0;
    if (n == 0 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if (n == 3 && ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] >= 0xA0))) /* over-long; surrogates */
        return 0;
    if (n == 4 && ((p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] >= 0x90)))
        return 0;
    return n;
}

size_t utf8_whole(const char *s, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        unsigned char c = (unsigned char)s[len - back];
        if ((c & 0xC0) != 0x80)
            return wanted(c) > back ? len - back : len;
    }
    return len;
}

bool utf8_clean(const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n)
        if ((n = utf8_char(s + i, len - i)) == 0 || s[i] == '\0')
            return false;
    return true;
}

void utf8_add(struct buf *out, const char *s, size_t len)
{
    size_t from = 0;
    for (size_t i = 0; i < len;) {
        size_t n = s[i] ? utf8_char(s + i, len - i) : 0;
        if (n == 0) {
            buf_add(out, s + from, i - from);
            buf_puts(out, "\xEF\xBF\xBD");
            from = i + 1;
        }
        i += n ? n : 1;
    }
    buf_add(out, s + from, len - from);
}
