/* A growing byte buffer, always NUL-terminated. `struct buf b = {0}` is an empty one;
 * buf_free() leaves it empty again. The caller bounds what it adds. */
#pragma once
#include <stddef.h>

struct buf {
    char *data; /* NULL while empty: use buf_str() to read it as a string */
    size_t len, cap;
};

void buf_add(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_consume(struct buf *b, size_t n); /* drops the first n bytes */
const char *buf_str(const struct buf *b);  /* never NULL */
char *buf_take(struct buf *b);             /* gives the memory to the caller (free); b is empty */
void buf_free(struct buf *b);
