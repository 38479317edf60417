/* Columns as wide as their widest cell, two spaces between. On a terminal that is too narrow for that, columns give way
 * as their rows say: first they are cut or wrapped down to their least width, then left out. Cells are ready to print:
 * escaped, perhaps coloured.
 *
 * table_begin(), then for every row a cell of each column, then table_end(), which prints and frees. */
#pragma once
#include <stddef.h>

#include "client/show/term.h"
#include "common/buf.h"

struct column {
    const char *title; /* N_(…); NULL in the first column: there is no line of titles */
    enum { COLUMN_WHOLE, COLUMN_CUT, COLUMN_WRAP } fit;
    unsigned least; /* columns, of one that is cut or wrapped */
    unsigned leave; /* 0: never left out; otherwise the highest goes first */
};

struct table {
    const struct term *t;
    const struct column *columns;
    size_t n_cols;
    unsigned indent; /* may be set after table_begin() */
    char **cells;
    size_t n;
};

void table_begin(struct table *tab, const struct term *t, const struct column *columns, size_t n);
void table_cell(struct table *tab, struct buf *cell); /* takes the text; the buffer is empty then */
void table_text(struct table *tab, const char *cell); /* our own text */
void table_data(struct table *tab, const char *cell); /* the daemon's text; NULL is "-" */
void table_end(struct table *tab, struct buf *out);
