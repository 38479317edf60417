/* Compression by gzip(1), which every host has: bytes go in, what it makes of them goes to a descriptor. */
#pragma once
#include <stddef.h>

#include "common/err.h"

int gzip_to(int fd, const void *data, size_t len, struct err *e);
