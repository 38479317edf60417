/* The detail of a step and its subtasks: attempts, scripts, environment. */
#include <math.h>
#include <string.h>

#include "client/show/quantity.h"
#include "client/show/show.h"
#include "client/show/table.h"
#include "client/show/text.h"
#include "client/wire/wire.h"

static void field(struct buf *b, const struct term *t, unsigned indent, const char *name, const char *value)
{
    size_t from = b->len;
    if (!value || !*value)
        return;
    buf_printf(b, "%*s%s", (int)indent, "", name);
    text_add(b, t, value);
    text_wrap(b, t, from, indent + 2);
    buf_puts(b, "\n");
}

/* Each line of a script behind a bar, so that it cannot be taken for ours. */
static void script(struct buf *b, const struct term *t, const char *name, const char *text)
{
    if (!text || !*text)
        return;
    buf_printf(b, "  %s\n", name);
    while (*text) {
        size_t n = strcspn(text, "\n");
        struct buf line = {0};
        buf_add(&line, text, n);
        buf_puts(b, "    | ");
        text_add(b, t, buf_str(&line));
        buf_puts(b, "\n");
        buf_free(&line);
        text += n + (text[n] == '\n');
    }
}

static void attempts(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    static const char *const names[] = {"  Attempt", "Started", "Ended", "Outcome", "Exit", "Host", "Token"};
    struct table tab;
    const cJSON *o;
    if (!list || cJSON_GetArraySize(list) == 0)
        return;
    table_begin(&tab, 7);
    for (size_t i = 0; i < 7; i++)
        table_text(&tab, names[i]);
    cJSON_ArrayForEach(o, list)
    {
        static const char *const texts[] = {"started", "ended", "outcome", "exit", "host", "token"};
        struct buf c = {0};
        buf_printf(&c, "  #%lld", (long long)get_id(o, "attempt", REQUIRED, e));
        table_cell(&tab, &c);
        for (size_t i = 0; i < 6; i++) {
            double exit = i == 3 ? get_number(o, "exit", OPTIONAL, e) : NAN;
            if (i == 3 && !isnan(exit))
                buf_printf(&c, "%.0f", exit);
            else
                text_add(&c, t, i == 3 ? NULL : get_text(o, texts[i], OPTIONAL, e));
            table_cell(&tab, &c);
        }
    }
    size_t from = b->len;
    table_end(&tab, b);
    text_cut(b, t, from);
}

static void environment(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    const cJSON *o;
    if (!list || cJSON_GetArraySize(list) == 0)
        return;
    buf_puts(b, "  Environment\n");
    cJSON_ArrayForEach(o, list)
    {
        if (!cJSON_IsString(o)) {
            err_set(e, ERR_PROTOCOL, "omsupd does not keep to the protocol: \"env\" holds what is no string");
            return;
        }
        buf_puts(b, "    ");
        text_add(b, t, o->valuestring);
        buf_puts(b, "\n");
    }
}

static int subtask(struct buf *b, const struct view *v, const cJSON *o, struct err *e)
{
    struct subtask s;
    const struct term *t = v->t;
    if (subtask_parse(o, &s, e))
        return e->code;
    buf_puts(b, "\n");
    text_add(b, t, s.name);
    buf_puts(b, "   ");
    view_state(b, t, s.state);
    if (s.phase) {
        buf_puts(b, " (");
        text_add(b, t, s.phase);
        buf_puts(b, ")");
    }
    buf_puts(b, "   on ");
    text_add(b, t, s.host);
    buf_puts(b, "   elapsed ");
    quantity_time(b, view_elapsed(v, s.elapsed, s.started, s.ended));
    if (s.total > 0) {
        buf_puts(b, "   ");
        quantity_progress(b, t, &s);
    }
    buf_puts(b, "\n");
    field(b, t, 2, "", s.title);
    field(b, t, 2, "Message: ", s.message);
    field(b, t, 2, "Notice: ", s.notice);
    field(b, t, 2, "Cure: ", s.cure);
    attempts(b, t, get_array(o, "attempts", OPTIONAL, e), e);
    script(b, t, s.kind && strcmp(s.kind, "run") == 0 ? "Script" : "Does", get_text(o, "script", OPTIONAL, e));
    script(b, t, "Check", get_text(o, "check", OPTIONAL, e));
    if (v->verbose)
        environment(b, t, get_array(o, "env", OPTIONAL, e), e);
    return e->code;
}

int show_detail(struct buf *b, const struct view *v, const cJSON *result, struct err *e)
{
    struct step st;
    const struct term *t = v->t;
    e->code = 0;
    const cJSON *o = get_object(result, "step", REQUIRED, e), *x;
    if (e->code || step_parse(o, &st, e))
        return e->code;
    text_add(b, t, st.id);
    buf_puts(b, "   ");
    view_state(b, t, st.state);
    buf_puts(b, "   elapsed ");
    quantity_time(b, view_elapsed(v, st.elapsed, st.started, st.ended));
    buf_puts(b, "\n");
    field(b, t, 2, "", st.title);
    field(b, t, 2, "Documented as: ", get_text(o, "doc", OPTIONAL, e));
    if (st.irreversible)
        buf_puts(b, "  Irreversible: from here on only a rollback leads back\n");
    const cJSON *list = get_array(result, "subtasks", REQUIRED, e);
    cJSON_ArrayForEach(x, list) if (e->code == 0) subtask(b, v, x, e);
    return e->code;
}
