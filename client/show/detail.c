/* The detail of a step and its subtasks: attempts, scripts, environment. */
#include <math.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/show.h"
#include "common/array.h"

static void field(struct buf *b, const struct term *t, const char *label, const char *value)
{
    size_t from = b->len;
    if (!value || !*value)
        return;
    buf_puts(b, "  ");
    text_fmt(b, t, "%s%s%s", label ? label : "", label ? _(": ") : "", value);
    text_wrap(b, t, from, 4);
    buf_puts(b, "\n");
}

/* A field whose text may have lines of its own: then each goes below the label. */
static void field_lines(struct buf *b, const struct term *t, const char *label, const char *value)
{
    const char *nl = value ? strchr(value, '\n') : NULL;
    if (!nl) {
        field(b, t, label, value);
        return;
    }
    buf_printf(b, "  %s:\n", label);
    for (size_t n; *value; value += n + (value[n] == '\n')) {
        size_t from = b->len;
        n = strcspn(value, "\n");
        if (n == 0)
            continue;
        buf_puts(b, "    ");
        text_fmt(b, t, "%.*s", (int)n, value);
        text_wrap(b, t, from, 6);
        buf_puts(b, "\n");
    }
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

static void attempt_number(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    buf_printf(c, "#%lld", (long long)get_id(o, "attempt", REQUIRED, e));
}

static void attempt_started(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    quantity_date(c, t, get_text(o, "started", OPTIONAL, e));
}

static void attempt_ended(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    quantity_date(c, t, get_text(o, "ended", OPTIONAL, e));
}

static void attempt_outcome(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    text_add(c, t, get_text(o, "outcome", OPTIONAL, e));
}

static void attempt_exit(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    double status = get_number(o, "exit", OPTIONAL, e);
    if (isnan(status))
        buf_puts(c, "-");
    else
        buf_printf(c, "%.0f", status);
}

static void attempt_host(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    text_add(c, t, get_text(o, "host", OPTIONAL, e));
}

static void attempt_token(struct buf *c, const struct term *t, const cJSON *o, struct err *e)
{
    text_add(c, t, get_text(o, "token", OPTIONAL, e));
}

static const struct {
    struct column column;
    void (*cell)(struct buf *cell, const struct term *t, const cJSON *attempt, struct err *e);
} columns[] = {
    {{.title = N_("Attempt")}, attempt_number},
    {{.title = N_("Started"), .fit = COLUMN_WRAP, .least = 15}, attempt_started},
    {{.title = N_("Ended"), .fit = COLUMN_WRAP, .least = 15, .leave = 2}, attempt_ended},
    {{.title = N_("Outcome")}, attempt_outcome},
    {{.title = N_("Exit")}, attempt_exit},
    {{.title = N_("Host"), .fit = COLUMN_WRAP, .least = 8, .leave = 1}, attempt_host},
    {{.title = N_("Token"), .fit = COLUMN_WRAP, .least = 12, .leave = 3}, attempt_token},
};
enum { N_COLUMNS = ARRAY_LEN(columns) };

static void attempts(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    struct column plain[N_COLUMNS];
    struct table tab;
    const cJSON *o;
    if (!list || cJSON_GetArraySize(list) == 0)
        return;
    for (size_t i = 0; i < N_COLUMNS; i++)
        plain[i] = columns[i].column;
    table_begin(&tab, t, plain, N_COLUMNS);
    tab.indent = 2;
    cJSON_ArrayForEach(o, list) for (size_t i = 0; i < N_COLUMNS; i++)
    {
        struct buf c = {0};
        columns[i].cell(&c, t, o, e);
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
}

static void environment(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    const cJSON *o;
    if (!list || cJSON_GetArraySize(list) == 0)
        return;
    buf_printf(b, "  %s\n", _("Environment"));
    cJSON_ArrayForEach(o, list)
    {
        const char *pair = get_string(o, "env", e);
        if (e->code)
            return;
        /* A list has an item on each line; its further lines are further in, not to be taken for variables. */
        for (const char *p = pair; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
            buf_puts(b, p == pair ? "    " : "      ");
            text_fmt(b, t, "%.*s", (int)strcspn(p, "\n"), p);
            buf_puts(b, "\n");
        }
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
    if (s.phase)
        text_fmt(b, t, " (%s)", s.phase);
    buf_puts(b, "   ");
    text_fmt(b, t, _("on %s"), text_or_dash(s.host));
    buf_puts(b, "   ");
    view_elapsed_text(b, v, s.elapsed, s.started, s.ended);
    if (s.total > 0) {
        buf_puts(b, "   ");
        quantity_progress(b, t, &s);
    }
    buf_puts(b, "\n");
    field(b, t, NULL, s.title);
    field(b, t, _("Message"), s.message);
    field_lines(b, t, _("Notice"), s.notice);
    if (s.state == STATE_FAILED || s.state == STATE_WAITING || s.state == STATE_IN_DOUBT)
        field(b, t, _("Fix"), s.cure);
    attempts(b, t, get_array(o, "attempts", OPTIONAL, e), e);
    script(b, t, s.kind && strcmp(s.kind, "run") == 0 ? _("Script") : _("Action"), get_text(o, "script", OPTIONAL, e));
    /* TRANSLATORS: the script that probes whether a step is done; a title */
    script(b, t, _("Check"), get_text(o, "check", OPTIONAL, e));
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
    buf_puts(b, "   ");
    view_elapsed_text(b, v, st.elapsed, st.started, st.ended);
    buf_puts(b, "\n");
    field(b, t, NULL, st.title);
    field(b, t, _("Documented in"), get_text(o, "doc", OPTIONAL, e));
    if (st.irreversible)
        field(b, t, NULL, _("Irreversible: afterwards the only way back is a rollback"));
    if (st.undo)
        field(b, t, NULL, _("When it is Failed, omsupd rolls the job back without asking (on_failure)"));
    if (st.hook) {
        struct buf hook = {0};
        view_hook(&hook, t, st.hook);
        field(b, t, NULL, buf_str(&hook) + strspn(buf_str(&hook), " "));
        buf_free(&hook);
    }
    const cJSON *list = get_array(result, "subtasks", REQUIRED, e);
    cJSON_ArrayForEach(x, list) if (e->code == 0) subtask(b, v, x, e);
    return e->code;
}
