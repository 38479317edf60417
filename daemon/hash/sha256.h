/* SHA-256 of what comes in parts: of a plan's text, of a copy. sha256_new(), sha256_add() as often as needed,
 * sha256_end(). Pure; any thread. Errors: none. */
#pragma once
#include <stddef.h>

struct sha256;
struct sha256 *sha256_new(void);
void sha256_add(struct sha256 *h, const void *data, size_t n);
void sha256_end(struct sha256 *h, char hex[65]); /* frees h */
