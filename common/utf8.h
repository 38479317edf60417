/* Text from outside: which of its bytes are whole characters. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

size_t utf8_char(const char *s, size_t len);  /* length of the character that s begins with; 0: it is none */
size_t utf8_whole(const char *s, size_t len); /* len without a character at the end that is not complete */
bool utf8_clean(const char *s, size_t len);   /* it is UTF-8 throughout, without NUL */
/* Adds s with U+FFFD for each byte that is none of UTF-8, and for NUL. */
void utf8_add(struct buf *out, const char *s, size_t len);
