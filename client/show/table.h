/* Columns as wide as their widest cell, two spaces between. Cells are ready to print: escaped, perhaps coloured. */
#pragma once
#include <stddef.h>

#include "common/buf.h"

struct table {
    size_t n_cols;
    char **cells;
    size_t n;
};

void table_begin(struct table *t, size_t n_cols);
void table_cell(struct table *t, struct buf *cell); /* takes the text; the buffer is empty then */
void table_text(struct table *t, const char *cell); /* our own text */
void table_end(struct table *t, struct buf *out);   /* prints and frees */
