#include "client/cli/help.h"

#include <string.h>

#include "client/cli/cli.h"
#include "client/lang/lang.h"
#include "common/alloc.h"

enum { PAGE_WIDTH = 80, PAGE_WIDTH_MAX = 120 };

/* Help is wrapped in a pipe too. */
static struct term page_of(const struct term *t)
{
    struct term page = *t;
    page.tty = true;
    page.width = !t->tty ? PAGE_WIDTH : t->width > PAGE_WIDTH_MAX ? PAGE_WIDTH_MAX : t->width;
    return page;
}

/* What stands left is wrapped too when nothing else helps: a terminal may be very narrow. */
static const struct column two[] = {{.title = NULL}, {.fit = COLUMN_WRAP, .least = 24}};

/* Lines of `text`, each a paragraph. */
static void paragraphs(struct buf *b, const struct term *page, const char *text)
{
    while (*text) {
        size_t from = b->len, n = strcspn(text, "\n");
        buf_add(b, text, n);
        text_wrap(b, page, from, 0);
        buf_puts(b, "\n");
        text += n + (text[n] == '\n');
    }
}

static void option(struct table *tab, enum option o)
{
    const struct option_row *r = &option_rows[o];
    struct buf left = {0};
    if (r->letter)
        buf_printf(&left, "-%c, ", r->letter);
    else
        buf_puts(&left, "    ");
    buf_printf(&left, "--%s%s%s", r->text, r->arg ? " " : "", r->arg ? r->arg : "");
    table_cell(tab, &left);
    table_text(tab, lang_text(r->help));
}

/* The options from `first` on, as a table with a title. */
static void global_options(struct buf *b, const struct term *page)
{
    struct table tab;
    buf_printf(b, "%s\n", _("Options of every command:"));
    table_begin(&tab, page, two, 2);
    tab.indent = 2;
    for (enum option o = 0; o <= OPT_GLOBAL_LAST; o++)
        option(&tab, o);
    table_end(&tab, b);
}

static void exit_statuses(struct buf *b, const struct term *page)
{
    static const struct {
        int status;
        const char *text;
    } rows[] = {
#define EXIT(name, status, text) {status, text},
#include "client/cli/exit.def"
#include "common/array.h"
#undef EXIT
    };
    struct table tab;
    buf_printf(b, "%s\n", _("Exit status:"));
    table_begin(&tab, page, two, 2);
    tab.indent = 2;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf c = {0};
        buf_printf(&c, "%2d", rows[i].status);
        table_cell(&tab, &c);
        table_text(&tab, lang_text(rows[i].text));
    }
    table_end(&tab, b);
}

void help_all(struct buf *b, const struct term *t, const struct command *const *commands)
{
    struct term page = page_of(t);
    struct table tab;
    paragraphs(b, &page, _("omsupctl upgrades OceanBase Migration Service (OMS) through the daemon omsupd."));
    buf_printf(b, "\n%somsupctl [OPTION...] COMMAND [WORD...]\n\n%s\n", _("Usage: "), _("Commands:"));
    table_begin(&tab, &page, two, 2);
    tab.indent = 2;
    for (size_t i = 0; commands[i]; i++) {
        struct buf left = {0};
        if (commands[i]->hidden)
            continue;
        buf_printf(&left, "%s%s%s", commands[i]->name, *commands[i]->words ? " " : "", commands[i]->words);
        table_cell(&tab, &left);
        table_text(&tab, lang_text(commands[i]->summary));
    }
    table_end(&tab, b);
    buf_puts(b, "\n");
    paragraphs(
        b, &page,
        _("Name a job, one of its steps, or one subtask of a step: 7, 7 backup, 7 backup/rm_402. A verb given to a "
          "job or a step applies to every subtask that it is allowed for."));
    buf_puts(b, "\n");
    global_options(b, &page);
    buf_puts(b, "\n");
    exit_statuses(b, &page);
    buf_puts(b, "\n");
    paragraphs(b, &page, _("For more about one command: omsupctl help COMMAND"));
}

void help_command(struct buf *b, const struct term *t, const struct command *cmd)
{
    struct term page = page_of(t);
    struct table tab;
    buf_printf(b, "%somsupctl %s%s%s\n\n", _("Usage: "), cmd->name, *cmd->words ? " " : "", cmd->words);
    paragraphs(b, &page, lang_text(cmd->summary));
    if (cmd->help) {
        buf_puts(b, "\n");
        paragraphs(b, &page, lang_text(cmd->help));
    }
    if (cmd->options && *cmd->options != N_OPTIONS) {
        buf_printf(b, "\n%s\n", _("Options:"));
        table_begin(&tab, &page, two, 2);
        tab.indent = 2;
        for (const enum option *o = cmd->options; *o != N_OPTIONS; o++)
            option(&tab, *o);
        table_end(&tab, b);
    }
    buf_puts(b, "\n");
    global_options(b, &page);
}
