/* Files of the operator: bounded, and every error names the file. */
#pragma once
#include "common/buf.h"
#include "common/err.h"

int file_text(const char *path, struct buf *out, struct err *e);
/* Writes a new file; one that exists is left alone (ERR_REFUSED). On a failed write nothing stays behind. */
int file_write_new(const char *path, const char *text, struct err *e);
