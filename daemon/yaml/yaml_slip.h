/* Inside the room: what a person, a keyboard or an editor has probably done to a file that is not YAML. Never shows the
 * file's text, which may be a password. */
#pragma once
#include <stddef.h>

#include "common/err.h"

/* The first byte that is none of UTF-8, or the mark of another encoding: ERR_INPUT with its line; 0 otherwise. */
int yslip_encoding(const char *text, size_t len, const char *file, struct err *e);

/* The parser stopped at line `to`, or says that what began on line `from` is wrong (both from 0; from <= to). Where in
 * these lines, or on the last one before them that is not blank, is a character that only looks like one of YAML's?
 * Sets e and returns ERR_INPUT; 0: there is none. */
int yslip_find(const char *text, size_t len, size_t from, size_t to, const char *file, struct err *e);
