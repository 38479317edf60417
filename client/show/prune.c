/* What prune would remove, or has removed. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/array.h"

enum { ID_SHOWN = 12 };

static const char *what_word(const char *what)
{
    static const char *const words[][2] = {{"container", N_("container")}, {"image", N_("image")},
                                           {"backup", N_("backup")},       {"copy", N_("copy of a backup")},
                                           {"runs", N_("run files")},      {"job", N_("job")}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i][0], what) == 0)
            return lang_text(words[i][1]);
    return what;
}

/* "oms_old 3f2a0c11d9e8", a path, the object of a job. */
static void name_cell(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    const char *name = get_text(o, "name", OPTIONAL, e), *ref = get_text(o, "ref", OPTIONAL, e);
    bool path = ref && *ref == '/';
    if (name && !path)
        text_add(c, t, name);
    if (!ref)
        return;
    buf_puts(c, c->len ? " " : "");
    size_t from = c->len;
    text_add(c, t, ref);
    if (!path && c->len > from + ID_SHOWN)
        c->len = from + ID_SHOWN;
    c->data[c->len] = '\0';
}

static void table(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    static const struct column columns[] = {{.title = N_("#")},
                                            {.title = N_("What")},
                                            {.title = N_("Job")},
                                            {.title = N_("Host"), .leave = 2},
                                            {.title = N_("Name"), .fit = COLUMN_WRAP, .least = 20},
                                            {.title = N_("Size"), .leave = 3},
                                            {.title = N_("Why"), .fit = COLUMN_WRAP, .least = 20, .leave = 1}};
    struct table tab;
    const cJSON *o;
    unsigned n = 0;
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    cJSON_ArrayForEach(o, list)
    {
        struct buf c = {0}, name = {0};
        const char *what = get_text(o, "what", REQUIRED, e);
        buf_printf(&c, "%u", ++n);
        table_cell(&tab, &c);
        table_data(&tab, what ? what_word(what) : NULL);
        buf_printf(&c, "%lld", (long long)get_id(o, "job", REQUIRED, e));
        table_cell(&tab, &c);
        table_data(&tab, get_text(o, "host", OPTIONAL, e));
        name_cell(&name, t, o, e);
        table_cell(&tab, &name);
        int64_t size = get_id(o, "size", OPTIONAL, e);
        if (size >= 0)
            quantity_bytes(&c, (double)size);
        else
            buf_puts(&c, "-");
        table_cell(&tab, &c);
        table_data(&tab, get_text(o, "why", REQUIRED, e));
    }
    table_end(&tab, b);
}

static void head(struct buf *b, const struct term *t, const char *text)
{
    buf_puts(b, b->len ? "\n" : "");
    text_paint(b, t, "1", text);
    buf_puts(b, "\n");
}

/* "7, 9" */
static void jobs(struct buf *b, const cJSON *list)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, list) buf_printf(b, "%s%.0f", o == list->child ? "" : ", ", o->valuedouble);
}

static void wrapped(struct buf *b, const struct term *t, size_t from)
{
    text_wrap(b, t, from, 2);
    buf_puts(b, "\n");
}

static void unasked(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    const cJSON *o;
    if (!list || !list->child)
        return;
    head(b, t, _("Not examined:"));
    cJSON_ArrayForEach(o, list)
    {
        size_t from = b->len;
        text_fmt(b, t, _("%s: %s: %s"), text_or_dash(get_text(o, "host", REQUIRED, e)),
                 text_or_dash(get_text(o, "what", REQUIRED, e)), text_or_dash(get_text(o, "why", REQUIRED, e)));
        wrapped(b, t, from);
    }
}

int show_prune(struct buf *b, const struct term *t, const cJSON *result, bool *any, struct err *e)
{
    e->code = 0;
    const cJSON *items = get_array(result, "items", REQUIRED, e), *kept = get_array(result, "kept", REQUIRED, e),
                *gives = get_array(result, "gives_up", REQUIRED, e),
                *broken = get_array(result, "interrupted", REQUIRED, e);
    const cJSON *not_asked = get_array(result, "unasked", REQUIRED, e);
    if (e->code)
        return e->code;
    *any = items->child || broken->child;
    struct buf at = {0};
    if (broken->child) {
        jobs(&at, broken);
        size_t from = b->len;
        buf_printf(b, _("An earlier prune was interrupted. This one completes what it began to remove, of job: %s"),
                   buf_str(&at));
        wrapped(b, t, from);
        buf_free(&at);
    }
    if (gives->child) {
        jobs(&at, gives);
        size_t from = b->len;
        buf_printf(b, _("Afterwards NO ROLLBACK is possible, because the old containers will be gone, of job: %s"),
                   buf_str(&at));
        wrapped(b, t, from);
        buf_free(&at);
    }
    if (items->child) {
        head(b, t, _("May be removed:"));
        table(b, t, items, e);
    } else {
        buf_puts(b, b->len ? "\n" : "");
        buf_puts(b, _("There is nothing to remove."));
        buf_puts(b, "\n");
    }
    if (kept->child) {
        head(b, t, _("Stays:"));
        table(b, t, kept, e);
    }
    unasked(b, t, not_asked, e);
    return e->code;
}

int show_pruned(struct buf *b, const struct term *t, const cJSON *result, struct err *e)
{
    e->code = 0;
    const cJSON *removed = get_array(result, "removed", REQUIRED, e), *left = get_array(result, "left", REQUIRED, e),
                *not_asked = get_array(result, "unasked", REQUIRED, e);
    if (e->code)
        return e->code;
    if (left->child) {
        head(b, t, _("Not removed:"));
        table(b, t, left, e);
    }
    unasked(b, t, not_asked, e);
    buf_printf(b, _("Removed: %d, left: %d"), cJSON_GetArraySize(removed), cJSON_GetArraySize(left));
    buf_puts(b, "\n");
    return e->code;
}
