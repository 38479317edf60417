/* Where a report is written: a page of HTML that is well-formed XML as well, or Markdown for a ticket.
 *
 * Text of the daemon (outputs, names, reasons) is hostile: put_data(), put_code() and sheet_output() are the only ways
 * for it. Control characters and marks that reorder text become \x1b, \u202e. On a page <, >, & and quotes are escaped,
 * and nothing else than text and our own elements is ever written. In Markdown what has any mark in it is in a code
 * span, longer than any run of ` in it, where no tracker looks for HTML, names of people, numbers of issues or links.
 *
 * put_*() add to a line or a cell; sheet_*() are blocks. A table: sheet_table(), then for each row sheet_row() and as
 * many sheet_cell() as it has titles, sheet_table_end(). */
#pragma once
#include "client/report/report.h"

struct sheet {
    struct buf *b;
    enum report_form form;
    struct term t;
    size_t columns, column; /* of the table; of the cell that comes next */
};

static inline bool sheet_is_page(const struct sheet *s) { return s->form == REPORT_PAGE; }

void put_own(const struct sheet *s, struct buf *b, const char *text);  /* our own words */
void put_data(const struct sheet *s, struct buf *b, const char *text); /* NULL: "-" */
void put_code(const struct sheet *s, struct buf *b, const char *text); /* a name or a number that is compared */
void put_strong(const struct sheet *s, struct buf *b, const char *text);
void put_time(const struct sheet *s, struct buf *b, const char *utc);
void put_clock(const struct sheet *s, struct buf *b, const char *utc);
void put_state(const struct sheet *s, struct buf *b, enum state state);
void put_tag(const struct sheet *s, struct buf *b, const char *word);                    /* a mark beside a name */
void put_html(const struct sheet *s, struct buf *b, const char *html);                   /* only on a page */
void put_place(const struct sheet *s, struct buf *b, const char *step, const char *sub); /* "step/subtask" */
/* For our own sentences: data ready to be printed by "%s"; caller frees. */
char *sheet_word(const struct sheet *s, const char *data);

void sheet_begin(struct sheet *s, const char *title);
void sheet_end(struct sheet *s);
void sheet_section(struct sheet *s, const char *id, const char *title);
void sheet_section_end(struct sheet *s);
void sheet_heading(struct sheet *s, struct buf *line); /* below a section's; takes the text */
void sheet_line(struct sheet *s, struct buf *line);    /* a paragraph; takes the text */
void sheet_list(struct sheet *s, const char *of);      /* of: its class on a page */
void sheet_item(struct sheet *s, const char *of, struct buf *line);
void sheet_list_end(struct sheet *s);
void sheet_output(struct sheet *s, const char *text); /* many lines, as they are */
/* caption: what the table is about, for who does not see it. titles: N_(…); a page gives the column of its name a
 * class. */
void sheet_table(struct sheet *s, const char *caption, const char *of, const char *const *titles, size_t n);
void sheet_row(struct sheet *s);
void sheet_cell(struct sheet *s, struct buf *cell); /* takes the text */
void sheet_table_end(struct sheet *s);
