/* Files of the operator: bounded, and every error names the file. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"
#include "common/err.h"

int file_text(const char *path, struct buf *out, struct err *e);
/* Before work is done for it: ERR_REFUSED if there is one, with --force as the way out where a command has it. */
int file_new(const char *path, bool replaceable, struct err *e);
/* Writes a new file; one that exists is left alone (ERR_REFUSED). On a failed write nothing stays behind. */
int file_write_new(const char *path, const char *text, struct err *e);

/* A file that is there whole or not at all, 0600: written beside its name, then given it. file_fresh(), writes to fd,
 * then file_keep() or file_drop(). A file that exists is left alone (ERR_REFUSED) unless it is to be replaced, which
 * --force asks for. */
struct fresh {
    char *path, *beside;
    int fd;
    bool replace;
};
int file_fresh(const char *path, bool replace, struct fresh *f, struct err *e);
int file_keep(struct fresh *f, struct err *e); /* on an error nothing stays behind */
void file_drop(struct fresh *f);
int file_write_all(int fd, const void *data, size_t len); /* -1 and errno */
