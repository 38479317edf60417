#include "client/show/table.h"

#include <stdlib.h>
#include <string.h>

#include "client/show/text.h"
#include "common/alloc.h"

void table_begin(struct table *t, size_t n_cols) { *t = (struct table){.n_cols = n_cols}; }

static void add(struct table *t, char *cell)
{
    t->cells = xrealloc(t->cells, t->n + 1, sizeof *t->cells);
    t->cells[t->n++] = cell;
}

void table_cell(struct table *t, struct buf *cell) { add(t, buf_take(cell)); }
void table_text(struct table *t, const char *cell) { add(t, xstrdup(cell)); }

void table_end(struct table *t, struct buf *out)
{
    size_t *widths = xcalloc(t->n_cols, sizeof *widths);
    for (size_t i = 0; i < t->n; i++) {
        size_t w = text_width(t->cells[i], strlen(t->cells[i]));
        if (w > widths[i % t->n_cols])
            widths[i % t->n_cols] = w;
    }
    for (size_t i = 0; i < t->n; i++) {
        size_t from = out->len, col = i % t->n_cols;
        buf_puts(out, t->cells[i]);
        if (col + 1 < t->n_cols) {
            text_pad(out, from, widths[col] + 2);
        } else { /* no spaces at the end of a line */
            while (out->len > 0 && out->data[out->len - 1] == ' ')
                out->data[--out->len] = '\0';
            buf_puts(out, "\n");
        }
        free(t->cells[i]);
    }
    free(t->cells);
    free(widths);
    *t = (struct table){0};
}
