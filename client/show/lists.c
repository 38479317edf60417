/* Lists and single lines: jobs, events, what a verb changed, backups, procedures. */
#include <string.h>

#include "client/show/quantity.h"
#include "client/show/show.h"
#include "client/show/table.h"
#include "client/show/text.h"
#include "client/wire/wire.h"

static void cell(struct table *tab, const struct term *t, const char *s)
{
    struct buf c = {0};
    text_add(&c, t, s);
    table_cell(tab, &c);
}

static void titles(struct table *tab, const struct term *t, const char *const *names, size_t n)
{
    table_begin(tab, n);
    for (size_t i = 0; i < n; i++) {
        struct buf c = {0};
        text_paint(&c, t, "1", names[i]);
        table_cell(tab, &c);
    }
}

int show_list(struct buf *b, const struct term *t, const cJSON *jobs, struct err *e)
{
    /* The columns of OMS's own list of O&M tasks. */
    static const char *const names[] = {"ID",    "Task Type", "Operator", "Object", "Creation Time", "Completion Time",
                                        "Status"};
    size_t from = b->len;
    struct table tab;
    const cJSON *o;
    e->code = 0;
    titles(&tab, t, names, 7);
    cJSON_ArrayForEach(o, jobs)
    {
        struct buf c = {0};
        buf_printf(&c, "%lld", (long long)get_id(o, "job", REQUIRED, e));
        table_cell(&tab, &c);
        cell(&tab, t, get_text(o, "type", REQUIRED, e));
        cell(&tab, t, get_text(o, "operator", OPTIONAL, e));
        cell(&tab, t, get_text(o, "object", OPTIONAL, e));
        cell(&tab, t, get_text(o, "created", OPTIONAL, e));
        cell(&tab, t, get_text(o, "completed", OPTIONAL, e));
        const char *word = get_text(o, "state", REQUIRED, e);
        enum state st = state_parse(word, STATE_OF_JOB);
        if (st == N_STATES)
            text_add(&c, t, word);
        else
            view_state(&c, t, st);
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
    text_cut(b, t, from);
    return e->code;
}

static void word(struct buf *b, const struct term *t, const char *before, const char *s)
{
    if (!s)
        return;
    buf_puts(b, before);
    text_add(b, t, s);
}

int show_event(struct buf *b, const struct term *t, const cJSON *o, struct err *e)
{
    e->code = 0;
    const char *step = get_text(o, "step", OPTIONAL, e), *sub = get_text(o, "subtask", OPTIONAL, e);
    const char *from = get_text(o, "from", OPTIONAL, e), *to = get_text(o, "to", OPTIONAL, e);
    text_add(b, t, get_text(o, "time", REQUIRED, e));
    buf_puts(b, "  ");
    text_add(b, t, step ? step : "job");
    if (sub && strcmp(sub, "-") != 0)
        word(b, t, "/", sub);
    word(b, t, "  ", get_text(o, "event", REQUIRED, e));
    if (from || to) {
        word(b, t, "  ", from ? from : "-");
        word(b, t, " -> ", to ? to : "-");
    }
    word(b, t, "  by ", get_text(o, "actor", OPTIONAL, e));
    word(b, t, "  ", get_text(o, "reason", OPTIONAL, e));
    buf_puts(b, "\n");
    return e->code;
}

int show_verb(struct buf *b, const struct term *t, const cJSON *result, struct err *e)
{
    const cJSON *o;
    struct table tab;
    e->code = 0;
    int64_t job = get_id(result, "job", REQUIRED, e);
    const char *state = get_text(result, "state", REQUIRED, e);
    table_begin(&tab, 2);
    cJSON_ArrayForEach(o, get_array(result, "changed", OPTIONAL, e))
    {
        struct buf c = {0};
        const char *sub = get_text(o, "subtask", OPTIONAL, e);
        text_add(&c, t, get_text(o, "step", REQUIRED, e));
        if (sub && strcmp(sub, "-") != 0)
            word(&c, t, "/", sub);
        table_cell(&tab, &c);
        text_add(&c, t, get_text(o, "from", REQUIRED, e));
        word(&c, t, " -> ", get_text(o, "to", REQUIRED, e));
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
    buf_printf(b, "job %lld: ", (long long)job);
    text_add(b, t, state);
    buf_puts(b, "\n");
    return e->code;
}

static void backups(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    static const char *const names[] = {"Database", "Size", "Checked", "File", "Problem"};
    size_t from = b->len;
    struct table tab;
    const cJSON *o;
    titles(&tab, t, names, 5);
    cJSON_ArrayForEach(o, list)
    {
        struct buf c = {0};
        const cJSON *verified = cJSON_GetObjectItemCaseSensitive(o, "verified");
        bool ok = get_bool(o, "verified", OPTIONAL, e);
        cell(&tab, t, get_text(o, "db", REQUIRED, e));
        quantity_bytes(&c, get_number(o, "size", OPTIONAL, e));
        table_cell(&tab, &c);
        table_text(&tab, verified && !cJSON_IsNull(verified) ? ok ? "yes" : "no" : "not yet");
        cell(&tab, t, get_text(o, "file", OPTIONAL, e));
        cell(&tab, t, get_text(o, "problem", OPTIONAL, e));
    }
    table_end(&tab, b);
    text_cut(b, t, from);
}

int show_rollback(struct buf *b, const struct term *t, const cJSON *result, struct err *e)
{
    const cJSON *o;
    e->code = 0;
    const cJSON *lost = get_array(result, "lost", OPTIONAL, e), *list = get_array(result, "backups", OPTIONAL, e);
    if (lost) {
        buf_puts(b, "A rollback loses:\n");
        cJSON_ArrayForEach(o, lost)
        {
            size_t from = b->len;
            buf_puts(b, "  ");
            text_add(b, t, cJSON_IsString(o) ? o->valuestring : NULL);
            if (!cJSON_IsString(o))
                err_set(e, ERR_PROTOCOL, "omsupd does not keep to the protocol: \"lost\" holds what is no string");
            text_wrap(b, t, from, 4);
            buf_puts(b, "\n");
        }
    }
    if (list && cJSON_GetArraySize(list) > 0) {
        buf_puts(b, "\nIt restores from these backups:\n");
        backups(b, t, list, e);
    } else if (list) {
        buf_puts(b, "\nNo backup has been recorded.\n");
    }
    return e->code;
}

int show_procedures(struct buf *b, const struct view *v, const cJSON *list, struct err *e)
{
    static const char *const names[] = {"Procedure", "Edition", "From", "To", "Title"};
    const struct term *t = v->t;
    size_t from = b->len;
    struct table tab;
    const cJSON *o, *st;
    e->code = 0;
    titles(&tab, t, names, 5);
    cJSON_ArrayForEach(o, list)
    {
        cell(&tab, t, get_text(o, "procedure", REQUIRED, e));
        cell(&tab, t, get_text(o, "edition", OPTIONAL, e));
        cell(&tab, t, get_text(o, "source", OPTIONAL, e));
        cell(&tab, t, get_text(o, "target", OPTIONAL, e));
        cell(&tab, t, get_text(o, "title", OPTIONAL, e));
    }
    table_end(&tab, b);
    if (v->verbose)
        cJSON_ArrayForEach(o, list)
        {
            buf_puts(b, "\n");
            text_add(b, t, get_text(o, "procedure", REQUIRED, e));
            word(b, t, "  ", get_text(o, "doc", OPTIONAL, e));
            buf_puts(b, "\n");
            table_begin(&tab, 2);
            cJSON_ArrayForEach(st, get_array(o, "steps", OPTIONAL, e))
            {
                struct buf c = {0};
                word(&c, t, "  ", get_text(st, "step", REQUIRED, e));
                table_cell(&tab, &c);
                cell(&tab, t, get_text(st, "title", OPTIONAL, e));
            }
            table_end(&tab, b);
        }
    text_cut(b, t, from);
    return e->code;
}
