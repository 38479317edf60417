#include "daemon/yaml/yaml_slip.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/array.h"
#include "common/utf8.h"
#include "daemon/yaml/text.h"

int yslip_encoding(const char *text, size_t len, const char *file, struct err *e)
{
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return err_set(e, ERR_INPUT, "%s:1:1: the file is in UTF-16: save it as UTF-8", file);
    size_t line = 1, start = 0;
    for (size_t i = 0, n; i < len; i += n) {
        if ((n = utf8_char(text + i, len - i)) == 0)
            return err_set(
                e, ERR_INPUT,
                "%s:%zu:%zu: the byte 0x%02X is not UTF-8: save the file as UTF-8 (it may be in GBK or Latin-1)", file,
                line, text_columns(text + start, i - start) + 1, (unsigned char)text[i]);
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    return 0;
}

/* Where a character is taken for one of YAML's. */
enum place {
    COLON,  /* for the colon behind a key */
    SPACE,  /* for a space: in the indentation, or behind a colon or a dash */
    DASH,   /* for the dash of a list */
    QUOTE,  /* for a quote around a value */
    HASH,   /* for the start of a comment */
    HIDDEN, /* for nothing */
};

static const struct {
    uint32_t c;
    enum place place;
    const char *what, *instead;
} slips[] = {
    {0xFF1A, COLON, "a full-width colon", "a colon and a space"},
    {0xFE55, COLON, "a small colon", "a colon and a space"},
    {0x2236, COLON, "a ratio sign", "a colon and a space"},
    {0x00A0, SPACE, "a no-break space", "a space"},
    {0x202F, SPACE, "a narrow no-break space", "a space"},
    {0x3000, SPACE, "an ideographic space", "a space"},
    {0x2002, SPACE, "an en space", "a space"},
    {0x2003, SPACE, "an em space", "a space"},
    {0x2009, SPACE, "a thin space", "a space"},
    {0x2013, DASH, "an en dash", "a hyphen and a space"},
    {0x2014, DASH, "an em dash", "a hyphen and a space"},
    {0xFF0D, DASH, "a full-width hyphen", "a hyphen and a space"},
    {0x2018, QUOTE, "a typographic quote", "' or \""},
    {0x2019, QUOTE, "a typographic quote", "' or \""},
    {0x201C, QUOTE, "a typographic quote", "' or \""},
    {0x201D, QUOTE, "a typographic quote", "' or \""},
    {0xFF03, HASH, "a full-width #", "#"},
    {0x200B, HIDDEN, "a zero-width space", "nothing"},
    {0x200C, HIDDEN, "a zero-width non-joiner", "nothing"},
    {0x200D, HIDDEN, "a zero-width joiner", "nothing"},
    {0x2060, HIDDEN, "a word joiner", "nothing"},
    {0xFEFF, HIDDEN, "a byte order mark", "nothing"},
};

/* Is it one here, in a line of which `before` is what stands in front? */
static bool taken_for(enum place place, const char *before, size_t n)
{
    size_t lead = 0, last = n;
    while (lead < n && before[lead] == ' ')
        lead++;
    bool key = memmem(before, n, ": ", 2) == NULL; /* still before the value */
    while (last > 0 && before[last - 1] == ' ')
        last--;
    bool at_value = last == 0 || before[last - 1] == ':' || before[last - 1] == '-' || before[last - 1] == '[' ||
                    before[last - 1] == ',' || before[last - 1] == '{';
    switch (place) {
    case COLON:
        return key && n > lead;
    case SPACE:
        return n == lead || before[n - 1] == ':' || before[n - 1] == '-';
    case DASH:
    case HASH:
        return n == lead;
    case QUOTE:
        return at_value;
    case HIDDEN:
        return true;
    }
    return false;
}

static int in_line(const char *s, size_t n, size_t line, const char *file, struct err *e)
{
    for (size_t i = 0, size; i < n; i += size) {
        uint32_t c = 0;
        if ((size = utf8_decode(s + i, n - i, &c)) == 0)
            return 0;
        if (c == '#' && (i == 0 || s[i - 1] == ' '))
            return 0; /* a comment */
        for (size_t k = 0; c > 0x7F && k < ARRAY_LEN(slips); k++)
            if (slips[k].c == c && taken_for(slips[k].place, s, i))
                return err_set(e, ERR_INPUT, "%s:%zu:%zu: not valid YAML: %s (U+%04X) where YAML needs %s", file,
                               line + 1, text_columns(s, i) + 1, slips[k].what, (unsigned)c, slips[k].instead);
    }
    return 0;
}

static bool blank(const char *s, size_t n)
{
    size_t lead = 0;
    while (lead < n && (s[lead] == ' ' || s[lead] == '\r' || s[lead] == '\t'))
        lead++;
    return lead == n || s[lead] == '#';
}

int yslip_find(const char *text, size_t len, size_t from, size_t to, const char *file, struct err *e)
{
    const char *before = NULL; /* the last line in front that says something */
    size_t before_len = 0, before_line = 0, line = 0;
    for (size_t i = 0; i < len && line <= to; line++) {
        const char *nl = memchr(text + i, '\n', len - i);
        size_t n = nl ? (size_t)(nl - text) - i : len - i;
        if (line < from && !blank(text + i, n)) {
            before = text + i;
            before_len = n;
            before_line = line;
        }
        if (line == from && before && in_line(before, before_len, before_line, file, e))
            return ERR_INPUT;
        if (line >= from && in_line(text + i, n, line, file, e))
            return ERR_INPUT;
        i += n + 1;
    }
    /* The parser stopped behind the last line. */
    return line <= from && before ? in_line(before, before_len, before_line, file, e) : 0;
}
