/* Who is told of events: the targets of `notify:` in omsupd.yaml. */
#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/array.h"

static void number(struct table *tab, const cJSON *o, const char *name, struct err *e)
{
    struct buf c = {0};
    buf_printf(&c, "%lld", (long long)get_id(o, name, REQUIRED, e));
    table_cell(tab, &c);
}

static void trouble(struct buf *b, const struct term *t, const cJSON *o, struct err *e)
{
    const char *why = get_text(o, "trouble", OPTIONAL, e), *since = get_text(o, "since", OPTIONAL, e);
    if (!why)
        return;
    size_t from = b->len;
    struct buf date = {0};
    quantity_date(&date, t, since);
    text_fmt(b, t, _("%s cannot be notified since %s: %s"), text_or_dash(get_text(o, "target", REQUIRED, e)),
             buf_str(&date), why);
    text_wrap(b, t, from, 2);
    buf_puts(b, "\n");
    buf_free(&date);
}

int show_targets(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    static const struct column columns[] = {
        {.title = N_("Target")},
        {.title = N_("Kind"), .leave = 2},
        {.title = N_("Program or file"), .fit = COLUMN_WRAP, .least = 16, .leave = 1},
        {.title = N_("Delivered"), .leave = 4},
        {.title = N_("To deliver")},
        {.title = N_("Failed tries")},
        {.title = N_("Dropped"), .leave = 3},
        {.title = N_("Last delivery"), .fit = COLUMN_WRAP, .least = 15, .leave = 5}};
    struct table tab;
    const cJSON *o;
    e->code = 0;
    if (!list || !list->child) {
        buf_puts(b, _("Nobody is notified: omsupd.yaml has no \"notify\"."));
        buf_puts(b, "\n");
        return 0;
    }
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    cJSON_ArrayForEach(o, list)
    {
        struct buf c = {0};
        table_data(&tab, get_text(o, "target", REQUIRED, e));
        table_data(&tab, get_text(o, "how", REQUIRED, e));
        table_data(&tab, get_text(o, "by", REQUIRED, e));
        number(&tab, o, "told", e);
        number(&tab, o, "waiting", e);
        number(&tab, o, "failed", e);
        number(&tab, o, "dropped", e);
        quantity_date(&c, t, get_text(o, "last", OPTIONAL, e));
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
    cJSON_ArrayForEach(o, list) trouble(b, t, o, e);
    return e->code;
}

int show_tested(struct buf *b, const struct term *t, const cJSON *list, bool *all, struct err *e)
{
    const cJSON *o;
    e->code = 0;
    *all = true;
    cJSON_ArrayForEach(o, list)
    {
        size_t from = b->len;
        const char *name = text_or_dash(get_text(o, "target", REQUIRED, e)), *why = get_text(o, "why", OPTIONAL, e);
        bool told = get_bool(o, "told", REQUIRED, e);
        *all &= told;
        if (told)
            text_fmt(b, t, _("%s: delivered"), name);
        else
            text_fmt(b, t, _("%s: not delivered: %s"), name, text_or_dash(why));
        text_wrap(b, t, from, 2);
        buf_puts(b, "\n");
    }
    return e->code;
}
