/* Shared by the files that write and read copies: copy.c (the file), then copy_write.c and copy_read.c. */
#pragma once
#include <zlib.h>

#include "daemon/journal/copy.h"

extern const char copy_word_job[], copy_word_plan[];

/* pack_begin(), pack_add() as often as needed, pack_end(), which frees, and adds the whole file to `out`. */
struct pack {
    z_stream z;
    struct buf bytes;
    size_t text_len;
};
void pack_begin(struct pack *p);
void pack_add(struct pack *p, const void *data, size_t len);
int pack_end(struct pack *p, const char *word, struct buf *out, struct err *e);

/* Gives the text of a file piece by piece to `take`, whose error ends it. */
typedef int unpack_piece(void *ctx, const char *text, size_t len, struct err *e);
int unpack(const char *file, const void *data, size_t len, const char *word, unpack_piece *take, void *ctx,
           struct err *e);
