#include "daemon/plan/json.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { END = -1 };

/* The next byte, which is not taken yet. */
static int peek(struct json *j)
{
    while (j->at == j->end) {
        size_t n = j->more ? j->more(j->ctx, &j->at) : 0;
        if (n == 0) {
            j->more = NULL;
            j->at = j->end = NULL;
            return END;
        }
        j->end = j->at + n;
    }
    return (unsigned char)*j->at;
}

static int take(struct json *j)
{
    int c = peek(j);
    if (c != END)
        j->at++;
    return c;
}

static int token(struct json *j)
{
    int c;
    while ((c = peek(j)) == ' ' || c == '\n' || c == '\r' || c == '\t')
        j->at++;
    return c;
}

bool json_next_is(struct json *j, char c) { return token(j) == c; }
bool json_end(struct json *j) { return token(j) == END; }

bool json_mark(struct json *j, char c)
{
    if (token(j) != c)
        return false;
    j->at++;
    return true;
}

static bool hex4(struct json *j, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int c = take(j);
        const char *d = c == END || c == 0 ? NULL : strchr(digits, tolower(c));
        if (!d)
            return false;
        *out = *out << 4 | (uint32_t)(d - digits);
    }
    return true;
}

static void add_character(struct buf *b, uint32_t c)
{
    char s[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char head[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; c >>= 6)
        s[i] = (char)(0x80 | (c & 0x3F));
    s[0] = (char)(head[n] | c);
    buf_add(b, s, n);
}

/* Behind a backslash. */
static bool escape(struct json *j)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    int c = take(j);
    const char *known = c == END || c == 0 ? NULL : strchr(from, c);
    if (known) {
        buf_add(&j->string, &to[known - from], 1);
        return true;
    }
    uint32_t high, low;
    if (c != 'u' || !hex4(j, &high) || high == 0 || (high >= 0xDC00 && high < 0xE000))
        return false;
    if (high >= 0xD800 && high < 0xDC00) { /* half of a pair */
        if (take(j) != '\\' || take(j) != 'u' || !hex4(j, &low) || low < 0xDC00 || low >= 0xE000)
            return false;
        high = 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00));
    }
    add_character(&j->string, high);
    return true;
}

bool json_string(struct json *j, size_t max)
{
    if (!json_mark(j, '"'))
        return false;
    j->string.len = 0;
    buf_add(&j->string, "", 0);
    for (int c; (c = peek(j)) != '"';) {
        if (c == '\\') {
            j->at++;
            if (!escape(j))
                return false;
        } else {
            const char *p = j->at;
            while (p < j->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
                p++;
            if (c == END || p == j->at)
                return false; /* cut, or a control character */
            buf_add(&j->string, j->at, (size_t)(p - j->at));
            j->at = p;
        }
        if (j->string.len > max)
            return false;
    }
    j->at++;
    return true;
}

bool json_true(struct json *j)
{
    token(j);
    for (const char *c = "true"; *c; c++)
        if (take(j) != *c)
            return false;
    return true;
}

bool json_unsigned(struct json *j, unsigned max, unsigned *out)
{
    int c = token(j);
    uint64_t n = 0;
    if (c < '1' || c > '9')
        return false;
    for (; (c = peek(j)) >= '0' && c <= '9'; j->at++) {
        n = 10 * n + (uint64_t)(c - '0');
        if (n > max)
            return false;
    }
    *out = (unsigned)n;
    return c != '.' && c != 'e' && c != 'E';
}
