/* Whole files that somebody has named: bounded, and never a wait.
 *
 * Only regular files are read, so a FIFO, a terminal or a device that was named by mistake is an error and hangs
 * nobody. No copy is made beside the caller's buffer: what holds a secret is zeroed there. */
#pragma once
#include <stddef.h>

#include "common/err.h"

/* Reads at most `max` bytes into text, which has room for one more and is NUL-terminated. ERR_NOT_FOUND when there is
 * no such file, otherwise ERR_INPUT; each message names the file. */
int file_read(const char *path, char *text, size_t max, size_t *len, struct err *e);
