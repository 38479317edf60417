/* The keys and words of watch, from the table of its verbs. */
#include "client/lang/lang.h"
#include "client/watch/act.h"
#include "client/watch/watch.h"
#include "common/array.h"

static const struct column columns[] = {{.title = NULL}, {.fit = COLUMN_WRAP, .least = 16}};

static void row(struct table *tab, const char *key, const char *meaning)
{
    table_text(tab, key);
    table_text(tab, meaning);
}

void watch_help_keys(struct buf *b, const struct term *t)
{
    struct table tab;
    size_t from;
    buf_printf(b, "%s\n", _("Keys"));
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    row(&tab, t->utf8 ? "↑ ↓  k j" : "up down  k j", _("select a step or subtask"));
    row(&tab, "PgUp PgDn", _("a page up or down (in a log also b and Space)"));
    row(&tab, "Home End", _("the first, the last (in a log also g and G)"));
    row(&tab, "Enter  l", _("open the log of what is selected"));
    row(&tab, "f", _("in a log: follow its end; scrolling up stops that"));
    row(&tab, "Esc", _("close a log or this help, cancel a question, end the selection"));
    for (const struct act_key *a = act_keys; a->letter; a++)
        row(&tab, (const char[]){a->letter, '\0'}, _(a->what));
    row(&tab, "?", _("this help"));
    row(&tab, "q", _("close a log; otherwise stop watching. The job continues"));
    table_end(&tab, b);
    buf_puts(b, "\n");
    from = b->len;
    buf_puts(b,
             _("Retry, skip, confirm, done and reject are for what is selected; with no selection, for the whole job. "
               "You are shown what will happen and asked first. For --force, use the commands."));
    text_wrap(b, t, from, 0);
    buf_puts(b, "\n");
}

void watch_help_words(struct buf *b, const struct term *t)
{
    struct table tab;
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    row(&tab, "status", _("the state of the job, and what comes next"));
    row(&tab, "steps", _("each step and subtask, a sentence each"));
    row(&tab, "log PLACE", _("the output of the newest attempt; PLACE is STEP or STEP/SUBTASK"));
    for (const struct act_key *a = act_keys; a->letter; a++) {
        struct buf word = {0};
        buf_printf(&word, "%s%s", verbs[a->verb].name, verb_is_for_job(&verbs[a->verb]) ? "" : " [PLACE]");
        row(&tab, buf_str(&word), _(a->what));
        buf_free(&word);
    }
    row(&tab, "help", _("this help"));
    row(&tab, "quit", _("stop watching. The job continues"));
    table_end(&tab, b);
}
