/* What comes from a keyboard, byte by byte, becomes keys. Pure.
 *
 * Escape sequences may come in pieces: keys_byte() for each byte; when it has been quiet for KEYS_QUIET_MS and
 * keys_open() says that an Escape stands alone, keys_quiet(). What a terminal says that is no key that we know is
 * swallowed whole, so that its letters are not taken for keys. Between the marks of bracketed paste every key is
 * `pasted`: text for a line that is being typed, never a command; a lone Escape ends that as well. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { KEYS_QUIET_MS = 100 };

enum key_code {
    KEY_NONE, /* more bytes are needed, or nothing is meant */
    KEY_TEXT, /* a character */
    KEY_UP,
    KEY_DOWN,
    KEY_PAGE_UP,
    KEY_PAGE_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_ENTER,
    KEY_ESCAPE,
    KEY_BACKSPACE,
    KEY_ERASE_WORD, /* Ctrl-W */
    KEY_ERASE_LINE, /* Ctrl-U */
    KEY_REDRAW,     /* Ctrl-L */
    KEY_CLOSE,      /* Ctrl-D */
    KEY_UNKNOWN
};

struct key {
    enum key_code code;
    char text[5]; /* of KEY_TEXT: one character of UTF-8, no control */
    bool pasted;
};

struct keys {
    enum { KEYS_GROUND, KEYS_ESCAPE, KEYS_CSI, KEYS_SS3, KEYS_STRING, KEYS_STRING_ESCAPE, KEYS_SKIP, KEYS_UTF8 } state;
    char held[5]; /* of a character */
    size_t n, need;
    char args[16]; /* of a sequence; longer ones are none that we know */
    size_t n_args;
    bool pasting;
};

struct key keys_byte(struct keys *k, char byte);
static inline bool keys_open(const struct keys *k) { return k->state == KEYS_ESCAPE; }
struct key keys_quiet(struct keys *k);
