#include "common/utf8.h"

/* How long the character with this first byte is; 0: none begins so. */
static size_t wanted(unsigned char c)
{
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

size_t utf8_decode(const char *s, size_t len, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = len ? wanted((unsigned char)s[0]) : 0;
    if (n == 0 || n > len)
        return 0;
    uint32_t c = (unsigned char)s[0] & (n == 1 ? 0x7FU : 0xFFU >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if (!continues(s[i]))
            return 0;
        c = c << 6 | ((unsigned char)s[i] & 0x3F);
    }
    if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *point = c;
    return n;
}

size_t utf8_char(const char *s, size_t len)
{
    uint32_t point;
    return utf8_decode(s, len, &point);
}

size_t utf8_whole(const char *s, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        char c = s[len - back];
        if (!continues(c))
            return wanted((unsigned char)c) > back ? len - back : len;
    }
    return len;
}

bool utf8_clean(const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        n = 1;
        if ((signed char)s[i] <= 0 &&
            ((n = utf8_char(s + i, len - i)) == 0 || s[i] == '\0')) /* not ASCII, which nearly all is */
            return false;
    }
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
