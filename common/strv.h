/* String vectors: NULL-terminated arrays of strings, such as an environment. NULL is an empty one. A vector owns its
 * strings. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

size_t strv_len(char *const *v);
void strv_add(char ***v, size_t *n, char *s); /* takes s; *n is the length; keeps *v NULL-terminated */
char **strv_copy(char *const *v);
void strv_free(char **v);
bool strv_has(char *const *v, const char *s);
/* Adds "a, b or c". */
void strv_alternatives(struct buf *b, const char *const *v);
