/* A catalogue of translations: the file that msgfmt writes (.mo), read by ourselves. The C library's gettext translates
 * nothing where the locale is C.UTF-8 from glibc 2.41 on, and many hosts have no other.
 *
 * The file is not trusted: one that is too long, cut or wrong in any way is as if it were not there. One thread. */
#pragma once
#include <stddef.h>

struct catalogue;

/* NULL: there is none, or it is not one. Owned by the caller. */
struct catalogue *catalogue_open(const char *path);
void catalogue_free(struct catalogue *c);
/* The translation, alive as long as c; NULL: none. `key` is the English text; of a text with a context, the context,
 * the byte 004 and the text. */
const char *catalogue_find(const struct catalogue *c, const char *key);
/* The form for n of a text that has several. Languages with one form have it for every n; others are taken to have two,
 * the first one for 1. */
const char *catalogue_find_plural(const struct catalogue *c, const char *key, unsigned long n);
