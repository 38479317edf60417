/* Text on its way out: escaped, measured, padded, cut, wrapped. Text of the daemon (step output, host names, reasons)
 * is not trusted: text_add() and text_block() are the only ways it may reach a buffer that is printed. */
#pragma once
#include <stddef.h>

#include "client/show/term.h"
#include "common/buf.h"

/* One line: control characters, bytes that are not UTF-8, and marks that reorder text become \n, \x1b, \u202e. On a
 * terminal that is not UTF-8 other characters become "?". NULL adds "-". */
void text_add(struct buf *b, const struct term *t, const char *s);
/* One line of our own words with data in it: formatted, then escaped as a whole. */
void text_fmt(struct buf *b, const struct term *t, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static inline const char *text_or_dash(const char *s) { return s ? s : "-"; }
/* Many lines: on a terminal as text_add() but for newline and tab; else the bytes as they are. */
void text_block(struct buf *b, const struct term *t, const char *s, size_t len);
/* Our own text in a colour ("1;31"), when there are colours. */
void text_paint(struct buf *b, const struct term *t, const char *colour, const char *s);

unsigned text_lines(const struct buf *b);                /* how many have ended */
size_t text_width(const char *s, size_t len);            /* columns; colours have none */
void text_pad(struct buf *b, size_t from, size_t width); /* spaces, until what was added since `from` is that wide */
/* Adds `s`, cut to `width` columns. */
void text_add_cut(struct buf *b, const struct term *t, const char *s, size_t len, size_t width);
/* How many bytes of `s` make one line of `width` columns: up to a space or a place where Chinese may be broken, else as
 * much as there is room for, and at least one character. *next is where the next line begins. */
size_t text_line(const char *s, size_t len, size_t width, size_t *next);
/* On a terminal: cuts each line since `from` to its width. */
void text_cut(struct buf *b, const struct term *t, size_t from);
/* On a terminal: breaks the one line since `from` as text_line() does; the next lines begin with `indent` spaces. */
void text_wrap(struct buf *b, const struct term *t, size_t from, unsigned indent);
