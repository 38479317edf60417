/* Text from outside: which of its bytes are whole characters. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

/* The length of the character that s begins with, and its code point; 0: there is none (over-long, a surrogate, too
 * large, cut), and *point is left alone. */
size_t utf8_decode(const char *s, size_t len, uint32_t *point);
size_t utf8_char(const char *s, size_t len); /* only the length */
size_t utf8_whole(const char *s,
                  size_t len);              /* len without a character at the end that is not complete: where to cut */
bool utf8_clean(const char *s, size_t len); /* it is UTF-8 throughout, without NUL */
/* Adds s with U+FFFD for each byte that is none of UTF-8, and for NUL. */
void utf8_add(struct buf *out, const char *s, size_t len);
