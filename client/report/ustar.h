/* An archive of small files, as tar(1) reads it: POSIX ustar. The same files in the same order give the same bytes: all
 * belong to nobody, and have the time that is given. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "common/buf.h"

enum { USTAR_NAME_MAX = 100 };

/* False: the name is empty or too long, and nothing was added. */
bool ustar_add(struct buf *b, const char *name, time_t when, const void *data, size_t len);
void ustar_end(struct buf *b);
