/* A password. It has no printable form: there is no accessor but secret_use(), and secret_wipe()
 * zeroes it. Never copy it into argv, the journal, an event, a log line, a message or a file. */
#pragma once
#include <stddef.h>

struct secret; /* opaque, so that no format string can print a field of it */

struct secret *secret_new(const char *value, size_t len);
struct secret *secret_copy(const struct secret *s); /* NULL stays NULL */
/* The bytes, NUL-terminated, valid until secret_wipe(). For the one call that hands them to a
 * library or a child's pipe. */
const char *secret_use(const struct secret *s);
size_t secret_len(const struct secret *s);
void secret_wipe(struct secret *s); /* zeroes and frees; NULL is fine */

/* Searching for it in text. Secrets of fewer than 4 bytes are not searched for, because they would match ordinary text.
 */
size_t secret_at(const struct secret *s, const char *text,
                 size_t len); /* its length when text starts with it, otherwise 0 */
/* For text that was cut: how many bytes at its end may be the start of the secret; at its start, the end of one. */
size_t secret_begun(const struct secret *s, const char *text, size_t len);
size_t secret_rest(const struct secret *s, const char *text, size_t len);
/* Replaces each occurrence of the secret in text[0..*len) by "***" in place; *len may shrink. */
void secret_scrub(const struct secret *s, char *text, size_t *len);
