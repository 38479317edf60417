#include "client/report/sheet.h"

#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "common/alloc.h"
#include "common/utf8.h"

extern const char embedded_report_css[];

/* --- escaping --- */

/* Legal in UTF-8, and in no document: U+FFFE and its like. */
static bool is_nothing(uint32_t c) { return (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF); }

/* Text whose control characters are written out. */
static void add_without_nothing(struct buf *b, const char *s)
{
    for (size_t n; *s; s += n) {
        uint32_t c = 0;
        n = utf8_decode(s, strlen(s), &c);
        n = n ? n : 1;
        if (is_nothing(c))
            buf_printf(b, "\\u%04x", c);
        else
            buf_add(b, s, n);
    }
}

static void add_html(struct buf *b, const char *s)
{
    for (; *s; s++) {
        static const char *const escapes[] = {"&lt;", "&gt;", "&amp;", "&quot;", "&#39;"};
        static const char marks[] = "<>&\"'";
        size_t i = strcspn(marks, (char[]){*s, '\0'});
        if (marks[i])
            buf_puts(b, escapes[i]);
        else
            buf_add(b, s, 1);
    }
}

/* One line of at most REPORT_TEXT_MAX bytes, its control characters written out. */
static char *one_line(const struct sheet *s, const char *text)
{
    struct buf b = {0}, clean = {0};
    size_t len = text ? strlen(text) : 0, cut = len;
    if (len > REPORT_TEXT_MAX)
        cut = utf8_whole(text, REPORT_TEXT_MAX);
    char *part = text ? xstrndup(text, cut) : NULL;
    text_add(&b, &s->t, part && *part ? part : NULL);
    if (cut < len)
        buf_puts(&b, "…");
    free(part);
    add_without_nothing(&clean, buf_str(&b));
    buf_free(&b);
    return buf_take(&clean);
}

/* The longest run of ` in it. */
static size_t ticks(const char *s)
{
    size_t most = 0;
    for (size_t n; *s; s += n ? n : 1) {
        n = strspn(s, "`");
        most = n > most ? n : most;
    }
    return most;
}

static void repeat(struct buf *b, const char *what, size_t n)
{
    while (n--)
        buf_puts(b, what);
}

/* In a table | ends a cell, in code too. */
static void add_span(const struct sheet *s, struct buf *b, const char *text)
{
    size_t n = ticks(text) + 1;
    bool pad = *text == '`' || text[strlen(text) - 1] == '`' || *text == ' ';
    repeat(b, "`", n);
    buf_puts(b, pad ? " " : "");
    for (; *text; text++)
        buf_printf(b, *text == '|' && s->columns ? "\\%c" : "%c", *text);
    buf_puts(b, pad ? " " : "");
    repeat(b, "`", n);
}

/* Words that no Markdown and no tracker takes for anything else. */
static bool is_plain(const char *s)
{
    static const char marks[] = "\\`*_{}[]<&#@|~!$%^\"'=";
    return *s && !strpbrk(s, marks) && !strstr(s, "://") && !strstr(s, "www.") && !strchr("-+> ", *s) &&
           s[strlen(s) - 1] != ' ';
}

/* --- lines --- */

void put_own(const struct sheet *s, struct buf *b, const char *text)
{
    if (sheet_is_page(s))
        add_html(b, text);
    else
        buf_puts(b, text);
}

void put_data(const struct sheet *s, struct buf *b, const char *text)
{
    char *line = one_line(s, text);
    if (!text || !*text) {
        buf_puts(b, sheet_is_page(s) ? "<span class=\"none\">-</span>" : "-");
    } else if (sheet_is_page(s)) {
        buf_puts(b, "<bdi>");
        add_html(b, line);
        buf_puts(b, "</bdi>");
    } else if (is_plain(line)) {
        buf_puts(b, line);
    } else {
        add_span(s, b, line);
    }
    free(line);
}

void put_code(const struct sheet *s, struct buf *b, const char *text)
{
    char *line = one_line(s, text);
    if (!text || !*text || !sheet_is_page(s)) {
        if (text && *text)
            add_span(s, b, line);
        else
            put_data(s, b, NULL);
    } else {
        buf_puts(b, "<code>");
        add_html(b, line);
        buf_puts(b, "</code>");
    }
    free(line);
}

void put_strong(const struct sheet *s, struct buf *b, const char *text)
{
    buf_puts(b, sheet_is_page(s) ? "<strong>" : "**");
    put_own(s, b, text);
    buf_puts(b, sheet_is_page(s) ? "</strong>" : "**");
}

static void put_when(const struct sheet *s, struct buf *b, const char *utc, bool whole)
{
    struct buf shown = {0};
    if (!utc || !*utc) {
        put_data(s, b, NULL);
        return;
    }
    (whole ? quantity_date : quantity_clock)(&shown, &s->t, utc);
    if (sheet_is_page(s)) {
        buf_puts(b, "<time datetime=\"");
        add_html(b, utc);
        buf_puts(b, "\">");
        add_html(b, buf_str(&shown));
        buf_puts(b, "</time>");
    } else {
        buf_puts(b, buf_str(&shown));
    }
    buf_free(&shown);
}

/* A time is what the daemon says: one that looks otherwise is data. */
static bool is_time(const char *utc)
{
    return !utc || (strspn(utc, "0123456789-T:.Z") == strlen(utc) && strlen(utc) < 32);
}

void put_time(const struct sheet *s, struct buf *b, const char *utc)
{
    if (is_time(utc))
        put_when(s, b, utc, true);
    else
        put_data(s, b, utc);
}

void put_clock(const struct sheet *s, struct buf *b, const char *utc)
{
    if (is_time(utc))
        put_when(s, b, utc, false);
    else
        put_data(s, b, utc);
}

static const char *state_class(enum state s)
{
    static const char *const classes[N_STATES] = {
        [STATE_SUCCESSFUL] = "ok", [STATE_FAILED] = "bad",  [STATE_IN_DOUBT] = "warn",
        [STATE_WAITING] = "warn",  [STATE_PAUSED] = "warn", [STATE_SKIPPED] = "skip",
        [STATE_CANCELED] = "skip", [STATE_RUNNING] = "run", [STATE_IN_PROGRESS] = "run"};
    return classes[s] ? classes[s] : "idle";
}

void put_state(const struct sheet *s, struct buf *b, enum state state)
{
    if (sheet_is_page(s))
        buf_printf(b, "<span class=\"state %s\"><span aria-hidden=\"true\">%s</span> ", state_class(state),
                   state_mark(state, true));
    put_own(s, b, lang_text(state_word(state)));
    if (sheet_is_page(s))
        buf_puts(b, "</span>");
}

void put_tag(const struct sheet *s, struct buf *b, const char *word)
{
    buf_puts(b, sheet_is_page(s) ? " <span class=\"tag\">" : " (");
    put_own(s, b, word);
    buf_puts(b, sheet_is_page(s) ? "</span>" : ")");
}

void put_html(const struct sheet *s, struct buf *b, const char *html)
{
    if (sheet_is_page(s))
        buf_puts(b, html);
}

void put_place(const struct sheet *s, struct buf *b, const char *step, const char *sub)
{
    char *place =
        sub && strcmp(sub, "-") != 0 ? xasprintf("%s/%s", step ? step : "-", sub) : xstrdup(step ? step : _("job"));
    put_data(s, b, place);
    free(place);
}

char *sheet_word(const struct sheet *s, const char *data)
{
    struct buf b = {0};
    put_data(s, &b, data);
    return buf_take(&b);
}

/* --- blocks --- */

/* In Markdown a block begins behind an empty line. */
static void begin_block(struct sheet *s)
{
    const char *end = buf_str(s->b) + s->b->len;
    if (!sheet_is_page(s) && s->b->len >= 2)
        buf_puts(s->b, end[-1] != '\n' ? "\n\n" : end[-2] != '\n' ? "\n" : "");
}

static void take(struct sheet *s, struct buf *line)
{
    buf_add(s->b, buf_str(line), line->len);
    buf_free(line);
}

void sheet_begin(struct sheet *s, const char *title)
{
    if (!sheet_is_page(s)) {
        buf_puts(s->b, "# ");
        put_data(s, s->b, title);
        buf_puts(s->b, "\n");
        return;
    }
    buf_puts(s->b, "<!DOCTYPE html>\n<html lang=\"");
    /* TRANSLATORS: the language of this catalogue, as HTML names it */
    put_own(s, s->b, _("en"));
    buf_puts(s->b, "\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\" />\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
                   "<meta name=\"color-scheme\" content=\"light dark\" />\n"
                   "<meta name=\"referrer\" content=\"no-referrer\" />\n<meta name=\"robots\" content=\"noindex\" />\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                   "'unsafe-inline'; base-uri 'none'; form-action 'none'\" />\n<title>");
    char *line = one_line(s, title);
    add_html(s->b, line);
    free(line);
    buf_printf(s->b, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", embedded_report_css);
}

void sheet_end(struct sheet *s)
{
    if (sheet_is_page(s))
        buf_puts(s->b, "</main>\n</body>\n</html>\n");
}

void sheet_section(struct sheet *s, const char *id, const char *title)
{
    begin_block(s);
    if (sheet_is_page(s))
        buf_printf(s->b, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
    else
        buf_puts(s->b, "## ");
    put_own(s, s->b, title);
    buf_puts(s->b, sheet_is_page(s) ? "</h2>\n" : "\n");
}

void sheet_section_end(struct sheet *s)
{
    if (sheet_is_page(s))
        buf_puts(s->b, "</section>\n");
}

static void block(struct sheet *s, struct buf *line, const char *open, const char *close, const char *mark)
{
    begin_block(s);
    buf_puts(s->b, sheet_is_page(s) ? open : mark);
    take(s, line);
    buf_puts(s->b, sheet_is_page(s) ? close : "\n");
}

void sheet_heading(struct sheet *s, struct buf *line) { block(s, line, "<h3>", "</h3>\n", "### "); }
void sheet_line(struct sheet *s, struct buf *line) { block(s, line, "<p>", "</p>\n", ""); }

void sheet_list(struct sheet *s, const char *of)
{
    begin_block(s);
    if (sheet_is_page(s))
        buf_printf(s->b, "<ul class=\"%s\">\n", of);
}

void sheet_item(struct sheet *s, const char *of, struct buf *line)
{
    if (sheet_is_page(s))
        buf_printf(s->b, "<li class=\"%s\">", of);
    else
        buf_puts(s->b, "- ");
    take(s, line);
    buf_puts(s->b, sheet_is_page(s) ? "</li>\n" : "\n");
}

void sheet_list_end(struct sheet *s)
{
    if (sheet_is_page(s))
        buf_puts(s->b, "</ul>\n");
}

void sheet_output(struct sheet *s, const char *text)
{
    struct term screen = s->t;
    struct buf b = {0}, escaped = {0};
    screen.tty = true; /* control characters are written out, but for newline and tab */
    text_block(&escaped, &screen, text, strlen(text));
    add_without_nothing(&b, buf_str(&escaped));
    buf_free(&escaped);
    if (b.len && b.data[b.len - 1] != '\n')
        buf_puts(&b, "\n");
    if (sheet_is_page(s)) {
        buf_puts(s->b, "<pre tabindex=\"0\">");
        add_html(s->b, buf_str(&b));
        buf_puts(s->b, "</pre>\n");
    } else {
        size_t n = ticks(buf_str(&b)) + 1;
        begin_block(s);
        n = n < 3 ? 3 : n;
        repeat(s->b, "`", n);
        buf_printf(s->b, "text\n%s", buf_str(&b));
        repeat(s->b, "`", n);
        buf_puts(s->b, "\n");
    }
    buf_free(&b);
}

void sheet_table(struct sheet *s, const char *caption, const char *of, const char *const *titles, size_t n)
{
    s->columns = n;
    s->column = 0;
    if (!sheet_is_page(s)) {
        begin_block(s);
        for (size_t i = 0; i < n; i++)
            buf_printf(s->b, "| %s ", lang_text(titles[i]));
        buf_puts(s->b, "|\n");
        repeat(s->b, "|---", n);
        buf_puts(s->b, "|\n");
        return;
    }
    buf_puts(s->b, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
    put_own(s, s->b, caption);
    buf_printf(s->b, "\"><table class=\"%s\"><caption>", of);
    put_own(s, s->b, caption);
    buf_puts(s->b, "</caption><thead><tr>");
    for (size_t i = 0; i < n; i++) {
        buf_puts(s->b, "<th scope=\"col\">");
        put_own(s, s->b, lang_text(titles[i]));
        buf_puts(s->b, "</th>");
    }
    buf_puts(s->b, "</tr></thead><tbody>\n");
}

void sheet_row(struct sheet *s)
{
    s->column = 0;
    if (sheet_is_page(s))
        buf_puts(s->b, "<tr>");
}

void sheet_cell(struct sheet *s, struct buf *cell)
{
    bool first = s->column == 0, last = s->column + 1 == s->columns;
    if (sheet_is_page(s))
        buf_puts(s->b, first ? "<th scope=\"row\">" : "<td>");
    else
        buf_puts(s->b, first ? "| " : " | ");
    take(s, cell);
    if (sheet_is_page(s))
        buf_puts(s->b, first ? "</th>" : "</td>");
    if (last)
        buf_puts(s->b, sheet_is_page(s) ? "</tr>\n" : " |\n");
    s->column++;
}

void sheet_table_end(struct sheet *s)
{
    s->columns = 0;
    if (sheet_is_page(s))
        buf_puts(s->b, "</tbody></table></div>\n");
}
