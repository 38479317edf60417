#include "client/watch/keys.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/utf8.h"

enum { ESC = 0x1B, BEL = 0x07 };

static struct key plain(const struct keys *k, enum key_code code) { return (struct key){code, "", k->pasting}; }

static struct key control(struct keys *k, unsigned char c)
{
    switch (c) {
    case ESC:
        k->state = KEYS_ESCAPE;
        return plain(k, KEY_NONE);
    case '\r':
    case '\n':
        return plain(k, KEY_ENTER);
    case 0x08:
    case 0x7F:
        return plain(k, KEY_BACKSPACE);
    case 0x17:
        return plain(k, KEY_ERASE_WORD);
    case 0x15:
        return plain(k, KEY_ERASE_LINE);
    case 0x0C:
        return plain(k, KEY_REDRAW);
    case 0x04:
        return plain(k, KEY_CLOSE);
    default:
        return plain(k, KEY_UNKNOWN);
    }
}

/* A character that is whole: C1 controls are none. */
static struct key character(struct keys *k)
{
    uint32_t c = 0;
    struct key key = plain(k, KEY_UNKNOWN);
    k->state = KEYS_GROUND;
    if (utf8_decode(k->held, k->n, &c) == k->n && c >= 0xA0) {
        key.code = KEY_TEXT;
        memcpy(key.text, k->held, k->n);
    }
    return key;
}

static struct key ground(struct keys *k, unsigned char c)
{
    if (c < 0x20 || c == 0x7F)
        return control(k, c);
    if (c < 0x80) {
        struct key key = plain(k, KEY_TEXT);
        key.text[0] = (char)c;
        return key;
    }
    k->need = c >= 0xF0 && c < 0xF8 ? 4 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xC0 && c < 0xE0 ? 2 : 0;
    if (k->need == 0)
        return plain(k, KEY_UNKNOWN);
    memset(k->held, 0, sizeof k->held);
    k->held[0] = (char)c;
    k->n = 1;
    k->state = KEYS_UTF8;
    return plain(k, KEY_NONE);
}

static struct key continued(struct keys *k, unsigned char c)
{
    if ((c & 0xC0) != 0x80) { /* the character was cut: this byte begins anew */
        k->state = KEYS_GROUND;
        return ground(k, c);
    }
    k->held[k->n++] = (char)c;
    return k->n == k->need ? character(k) : plain(k, KEY_NONE);
}

static struct key escaped(struct keys *k, unsigned char c)
{
    k->n_args = 0;
    memset(k->args, 0, sizeof k->args);
    switch (c) {
    case '[':
        k->state = KEYS_CSI;
        return plain(k, KEY_NONE);
    case 'O':
        k->state = KEYS_SS3;
        return plain(k, KEY_NONE);
    case ']': /* a terminal's answers: strings up to BEL or ESC \ */
    case 'P':
    case '_':
    case '^':
    case 'X':
        k->state = KEYS_STRING;
        return plain(k, KEY_NONE);
    case ESC:
        k->pasting = false;
        return plain(k, KEY_ESCAPE); /* the first one; this one may begin a sequence */
    default:
        k->state = KEYS_GROUND;
        return plain(k, KEY_UNKNOWN); /* Alt and a key */
    }
}

static const struct {
    char letter;
    enum key_code code;
} letters[] = {{'A', KEY_UP}, {'B', KEY_DOWN}, {'H', KEY_HOME}, {'F', KEY_END}, {'M', KEY_ENTER}};

static struct key by_letter(const struct keys *k, unsigned char c)
{
    for (size_t i = 0; i < ARRAY_LEN(letters); i++)
        if ((unsigned char)letters[i].letter == c)
            return plain(k, letters[i].code);
    return plain(k, KEY_UNKNOWN);
}

static struct key by_number(struct keys *k)
{
    switch (k->n_args < sizeof k->args ? strtol(k->args, NULL, 10) : 0) {
    case 1:
    case 7:
        return plain(k, KEY_HOME);
    case 4:
    case 8:
        return plain(k, KEY_END);
    case 5:
        return plain(k, KEY_PAGE_UP);
    case 6:
        return plain(k, KEY_PAGE_DOWN);
    case 200:
        k->pasting = true;
        return plain(k, KEY_NONE);
    case 201:
        k->pasting = false;
        return plain(k, KEY_NONE);
    default:
        return plain(k, KEY_UNKNOWN);
    }
}

static struct key skip(struct keys *k, size_t n)
{
    k->state = KEYS_SKIP;
    k->need = n;
    return plain(k, KEY_NONE);
}

static struct key sequence(struct keys *k, unsigned char c)
{
    if (c == ESC) {
        k->state = KEYS_ESCAPE;
        return plain(k, KEY_UNKNOWN);
    }
    if (c == '[' && k->n_args == 0)
        return skip(k, 1); /* a function key of the Linux console */
    if (c == 'M' && k->n_args == 0)
        return skip(k, 3); /* a mouse that another program has left switched on */
    if (c >= 0x20 && c < 0x40) {
        if (k->n_args < sizeof k->args - 1)
            k->args[k->n_args++] = (char)c;
        else
            k->n_args = sizeof k->args;
        return plain(k, KEY_NONE);
    }
    k->state = KEYS_GROUND;
    return c == '~'                ? by_number(k)
           : c == 'M'              ? plain(k, KEY_UNKNOWN)
           : c >= 0x40 && c < 0x7F ? by_letter(k, c)
                                   : plain(k, KEY_UNKNOWN);
}

struct key keys_byte(struct keys *k, char byte)
{
    unsigned char c = (unsigned char)byte;
    switch (k->state) {
    case KEYS_ESCAPE:
        return escaped(k, c);
    case KEYS_CSI:
        return sequence(k, c);
    case KEYS_SS3:
        k->state = KEYS_GROUND;
        return c == ESC ? control(k, c) : by_letter(k, c);
    case KEYS_STRING:
    case KEYS_STRING_ESCAPE:
        k->state = c == BEL || (k->state == KEYS_STRING_ESCAPE && c == '\\') ? KEYS_GROUND
                   : c == ESC                                                ? KEYS_STRING_ESCAPE
                                                                             : KEYS_STRING;
        return plain(k, KEY_NONE);
    case KEYS_SKIP:
        if (--k->need == 0)
            k->state = KEYS_GROUND;
        return plain(k, k->need ? KEY_NONE : KEY_UNKNOWN);
    case KEYS_UTF8:
        return continued(k, c);
    case KEYS_GROUND:
        break;
    }
    return ground(k, c);
}

struct key keys_quiet(struct keys *k)
{
    if (k->state != KEYS_ESCAPE)
        return plain(k, KEY_NONE);
    k->state = KEYS_GROUND;
    k->pasting = false;
    return plain(k, KEY_ESCAPE);
}
