#include "client/show/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/text.h"
#include "common/alloc.h"

enum { GAP = 2 };

static void add(struct table *tab, char *cell)
{
    tab->cells = xrealloc(tab->cells, tab->n + 1, sizeof *tab->cells);
    tab->cells[tab->n++] = cell;
}

void table_begin(struct table *tab, const struct term *t, const struct column *columns, size_t n)
{
    *tab = (struct table){.t = t, .columns = columns, .n_cols = n};
    for (size_t i = 0; columns[0].title && i < n; i++) {
        struct buf c = {0};
        text_paint(&c, t, "1", lang_text(columns[i].title));
        table_cell(tab, &c);
    }
}

void table_cell(struct table *tab, struct buf *cell) { add(tab, buf_take(cell)); }
void table_text(struct table *tab, const char *cell) { add(tab, xstrdup(cell)); }

void table_data(struct table *tab, const char *cell)
{
    struct buf c = {0};
    text_add(&c, tab->t, cell);
    table_cell(tab, &c);
}

static void natural_widths(const struct table *tab, size_t *widths)
{
    memset(widths, 0, tab->n_cols * sizeof *widths);
    for (size_t i = 0; i < tab->n; i++) {
        size_t w = text_width(tab->cells[i], strlen(tab->cells[i]));
        if (w > widths[i % tab->n_cols])
            widths[i % tab->n_cols] = w;
    }
}

static size_t total(const struct table *tab, const size_t *widths, const bool *left_out)
{
    size_t sum = 0, shown = 0;
    for (size_t i = 0; i < tab->n_cols; i++)
        if (!left_out[i]) {
            sum += widths[i];
            shown++;
        }
    return sum + (shown ? shown - 1 : 0) * GAP;
}

/* The widest column that may still become narrower; n_cols when there is none. */
static size_t to_narrow(const struct table *tab, const size_t *widths, const bool *left_out)
{
    size_t found = tab->n_cols;
    for (size_t i = 0; i < tab->n_cols; i++)
        if (!left_out[i] && tab->columns[i].fit != COLUMN_WHOLE && widths[i] > tab->columns[i].least &&
            (found == tab->n_cols || widths[i] > widths[found]))
            found = i;
    return found;
}

static size_t to_leave(const struct table *tab, const bool *left_out)
{
    size_t found = tab->n_cols;
    for (size_t i = 0; i < tab->n_cols; i++)
        if (!left_out[i] && tab->columns[i].leave &&
            (found == tab->n_cols || tab->columns[i].leave > tab->columns[found].leave))
            found = i;
    return found;
}

static void fit(const struct table *tab, size_t *widths, bool *left_out)
{
    size_t room = tab->t->width > tab->indent ? tab->t->width - tab->indent : 1, i;
    natural_widths(tab, widths);
    while (tab->t->tty && total(tab, widths, left_out) > room) {
        if ((i = to_narrow(tab, widths, left_out)) < tab->n_cols) {
            widths[i]--;
        } else if ((i = to_leave(tab, left_out)) < tab->n_cols) {
            left_out[i] = true;
            natural_widths(tab, widths);
        } else {
            break;
        }
    }
}

/* The colour that is on at the end of these bytes: the sequence, or "" when there is none. */
static void colour_at_end(const char *s, size_t len, char *out, size_t size)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] == '\033') {
            size_t n = strcspn(s + i, "m") + 1;
            bool off = n == 4 && memcmp(s + i, "\033[0m", 4) == 0;
            if (n < size) {
                memcpy(out, s + i, n);
                out[off ? 0 : n] = '\0';
            }
        }
}

/* A cell of the row that is being printed. */
struct rest {
    const char *s; /* what is left of it */
    size_t len;
    char colour[24]; /* that is on where it begins */
};

/* Prints what the cell has on the next line of its row. */
static void cell_line(struct buf *out, const struct table *tab, const struct column *col, size_t width, struct rest *r)
{
    size_t n = r->len, next = r->len;
    buf_puts(out, r->colour);
    if (col->fit == COLUMN_CUT) {
        text_add_cut(out, tab->t, r->s, r->len, width);
    } else {
        if (col->fit == COLUMN_WRAP && tab->t->tty)
            n = text_line(r->s, r->len, width, &next);
        buf_add(out, r->s, n);
        colour_at_end(r->s, n, r->colour, sizeof r->colour);
        if (*r->colour)
            buf_puts(out, "\033[0m");
    }
    r->s += next;
    r->len -= next;
}

static void trim(struct buf *out, size_t from)
{
    while (out->len > from && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
}

static void print_row(struct buf *out, const struct table *tab, char *const *cells, const size_t *widths,
                      const bool *left_out)
{
    struct rest *rest = xcalloc(tab->n_cols, sizeof *rest);
    bool more = true;
    for (size_t i = 0; i < tab->n_cols; i++)
        rest[i] = (struct rest){.s = cells[i], .len = strlen(cells[i])};
    while (more) {
        size_t line = out->len, at = tab->indent;
        buf_printf(out, "%*s", (int)tab->indent, "");
        more = false;
        for (size_t i = 0; i < tab->n_cols; i++) {
            if (left_out[i])
                continue;
            text_pad(out, line, at);
            cell_line(out, tab, &tab->columns[i], widths[i], &rest[i]);
            at += widths[i] + GAP;
            more |= rest[i].len > 0;
        }
        trim(out, line);
        buf_puts(out, "\n");
    }
    free(rest);
}

void table_end(struct table *tab, struct buf *out)
{
    size_t *widths = xcalloc(tab->n_cols, sizeof *widths), from = out->len;
    bool *left_out = xcalloc(tab->n_cols, sizeof *left_out);
    fit(tab, widths, left_out);
    for (size_t i = 0; i + tab->n_cols <= tab->n; i += tab->n_cols)
        print_row(out, tab, tab->cells + i, widths, left_out);
    text_cut(out, tab->t, from); /* when even that was too wide */
    for (size_t i = 0; i < tab->n; i++)
        free(tab->cells[i]);
    free(tab->cells);
    free(widths);
    free(left_out);
    *tab = (struct table){0};
}
