/* Reads whole files that somebody named: bounded, and without waiting.
 *
 * Only regular files are read, so that a FIFO, a terminal or a device named by mistake is an error and does not block.
 * The caller's buffer is the only copy: a caller that reads a secret zeroes it there. */
#pragma once
#include <stddef.h>

#include "common/err.h"

/* Reads at most `max` bytes into text, which has room for one more and is NUL-terminated. ERR_NOT_FOUND when there is
 * no such file, otherwise ERR_INPUT; each message names the file. */
int file_read(const char *path, char *text, size_t max, size_t *len, struct err *e);

/* The same for a file that decides what the program does: it must belong to root or to the user of this process, and be
 * writable by no one else, and so must the way to it (place.h); otherwise ERR_INPUT. */
int file_read_trusted(const char *path, char *text, size_t max, size_t *len, struct err *e);
/* The same question about a directory, or about a file that is not read here. */
int file_trusted(const char *path, struct err *e);
