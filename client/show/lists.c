/* Lists and single lines: jobs, events, what a verb changed, backups, procedures. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/show/quantity.h"
#include "client/show/show.h"
#include "common/array.h"

static void date_cell(struct table *tab, const char *utc)
{
    struct buf c = {0};
    quantity_date(&c, tab->t, utc);
    table_cell(tab, &c);
}

/* A job's state with its mark; a word that this client does not know, as it is. */
static void state_cell(struct table *tab, const char *word)
{
    struct buf c = {0};
    enum state st = state_parse(word, STATE_OF_JOB);
    if (st == N_STATES)
        text_add(&c, tab->t, word);
    else
        view_state(&c, tab->t, st);
    table_cell(tab, &c);
}

/* "3: 2/4", hop 2 of 4 of the series that began with job 3; of a rollback "3". */
static void series_cell(struct table *tab, const cJSON *o, struct err *e)
{
    struct buf c = {0};
    int64_t series = get_id(o, "series", OPTIONAL, e), hop = get_id(o, "hop", OPTIONAL, e);
    if (series >= 0)
        buf_printf(&c, "%lld", (long long)series);
    if (series >= 0 && hop >= 0)
        buf_printf(&c, ": %lld/%lld", (long long)hop, (long long)get_id(o, "hops", REQUIRED, e));
    table_cell(tab, &c);
}

static void object_cell(struct table *tab, const cJSON *o, struct err *e)
{
    struct buf c = {0};
    int64_t parent = get_id(o, "parent", OPTIONAL, e);
    text_add(&c, tab->t, text_or_dash(get_text(o, "object", OPTIONAL, e)));
    if (parent > 0)
        text_fmt(&c, tab->t, _(" (rolls back job %lld)"), (long long)parent);
    const char *at = get_text(o, "start_at", OPTIONAL, e);
    if (at) {
        struct buf when = {0};
        quantity_date(&when, tab->t, at);
        text_fmt(&c, tab->t, _(" (starts at %s)"), buf_str(&when));
        buf_free(&when);
    }
    table_cell(tab, &c);
}

static bool any_series(const cJSON *jobs)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, jobs) if (cJSON_HasObjectItem(o, "series")) return true;
    return false;
}

int show_list(struct buf *b, const struct term *t, const cJSON *jobs, struct err *e)
{
    /* The columns of OMS's own list of O&M tasks; the number and the state stay however narrow the terminal is. */
    static const struct column columns[] = {
        {.title = N_("ID")},
        {.title = N_("Task Type"), .leave = 2},
        {.title = N_("Operator"), .fit = COLUMN_WRAP, .least = 8, .leave = 4},
        {.title = N_("Object"), .fit = COLUMN_WRAP, .least = 10, .leave = 1},
        {.title = N_("Creation Time"), .fit = COLUMN_WRAP, .least = 15, .leave = 3},
        {.title = N_("Completion Time"), .fit = COLUMN_WRAP, .least = 15, .leave = 5},
        {.title = N_("Status")},
        {.title = N_("Series"), .leave = 3}}; /* ours; only if a job is in one */
    struct table tab;
    const cJSON *o;
    bool series = any_series(jobs);
    e->code = 0;
    table_begin(&tab, t, columns, ARRAY_LEN(columns) - !series);
    cJSON_ArrayForEach(o, jobs)
    {
        struct buf c = {0};
        buf_printf(&c, "%lld", (long long)get_id(o, "job", REQUIRED, e));
        table_cell(&tab, &c);
        table_data(&tab, view_job_type(get_text(o, "type", REQUIRED, e)));
        table_data(&tab, get_text(o, "operator", OPTIONAL, e));
        object_cell(&tab, o, e);
        date_cell(&tab, get_text(o, "created", OPTIONAL, e));
        date_cell(&tab, get_text(o, "completed", OPTIONAL, e));
        state_cell(&tab, get_text(o, "state", REQUIRED, e));
        if (series)
            series_cell(&tab, o, e);
    }
    table_end(&tab, b);
    return e->code;
}

/* "step/subtask", of members of an event or a change; "job" when they name no step. */
static void place(struct buf *b, const struct term *t, const char *step, const char *sub)
{
    text_add(b, t, step ? step : _("job"));
    if (sub && strcmp(sub, "-") != 0)
        text_fmt(b, t, "/%s", sub);
}

static void from_to(struct buf *b, const struct term *t, const char *from, const char *to)
{
    text_fmt(b, t, "%s -> %s", from ? view_state_word(from) : "-", to ? view_state_word(to) : "-");
}

int show_event(struct buf *b, const struct term *t, const cJSON *o, bool all, struct err *e)
{
    e->code = 0;
    int64_t job = get_id(o, "job", OPTIONAL, e);
    const char *step = get_text(o, "step", OPTIONAL, e), *sub = get_text(o, "subtask", OPTIONAL, e);
    const char *from = get_text(o, "from", OPTIONAL, e), *to = get_text(o, "to", OPTIONAL, e);
    const char *actor = get_text(o, "actor", OPTIONAL, e), *reason = get_text(o, "reason", OPTIONAL, e);
    quantity_date(b, t, get_text(o, "time", REQUIRED, e));
    buf_puts(b, "  ");
    if (all && job > 0)
        buf_printf(b, "%lld  ", (long long)job);
    if (all && job == 0)
        buf_puts(b, "-");
    else
        place(b, t, step, sub);
    text_fmt(b, t, "  %s", get_text(o, "event", REQUIRED, e));
    if (from || to) {
        buf_puts(b, "  ");
        from_to(b, t, from, to);
    }
    if (actor) {
        buf_puts(b, "  ");
        text_fmt(b, t, _("by %s"), actor);
    }
    if (reason)
        text_fmt(b, t, "  %s", reason);
    buf_puts(b, "\n");
    return e->code;
}

int show_spoken_event(struct buf *b, const struct term *t, const cJSON *o, struct err *e)
{
    e->code = 0;
    size_t start = b->len;
    const char *step = get_text(o, "step", OPTIONAL, e), *sub = get_text(o, "subtask", OPTIONAL, e);
    const char *from = get_text(o, "from", OPTIONAL, e), *to = get_text(o, "to", OPTIONAL, e);
    const char *actor = get_text(o, "actor", OPTIONAL, e), *reason = get_text(o, "reason", OPTIONAL, e);
    quantity_clock(b, t, get_text(o, "time", REQUIRED, e));
    buf_puts(b, ", ");
    place(b, t, step, sub);
    buf_puts(b, _(": "));
    if (to && from && strcmp(from, to) != 0)
        /* TRANSLATORS: "Successful, was Running", states; what follows is the event */
        text_fmt(b, t, _("%s, was %s"), view_state_word(to), view_state_word(from));
    else if (to)
        text_add(b, t, view_state_word(to));
    text_fmt(b, t, to ? " (%s)" : "%s", get_text(o, "event", REQUIRED, e));
    if (actor) {
        buf_puts(b, ", ");
        text_fmt(b, t, _("by %s"), actor);
    }
    if (reason)
        text_fmt(b, t, "%s%s", _(": "), reason);
    text_wrap(b, t, start, 0);
    buf_puts(b, "\n");
    return e->code;
}

int show_verb(struct buf *b, const struct term *t, const cJSON *result, bool pause, struct err *e)
{
    static const struct column columns[] = {{.title = NULL, .fit = COLUMN_WRAP, .least = 16}, {.fit = COLUMN_WHOLE}};
    const cJSON *o;
    struct table tab;
    e->code = 0;
    int64_t job = get_id(result, "job", REQUIRED, e);
    const char *state = get_text(result, "state", REQUIRED, e);
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    cJSON_ArrayForEach(o, get_array(result, "changed", OPTIONAL, e))
    {
        struct buf c = {0};
        place(&c, t, get_text(o, "step", REQUIRED, e), get_text(o, "subtask", OPTIONAL, e));
        table_cell(&tab, &c);
        from_to(&c, t, get_text(o, "from", REQUIRED, e), get_text(o, "to", REQUIRED, e));
        table_cell(&tab, &c);
    }
    table_end(&tab, b);
    text_fmt(b, t, _("job %lld: %s"), (long long)job, view_state_word(state));
    if (pause && e->code == 0 && strcmp(state, state_word(STATE_READY)) == 0) /* it had a start at a given time */
        buf_puts(b, _("; omsupd does not start it any more"));
    else if (pause && e->code == 0 && strcmp(state, state_word(STATE_PAUSED)) != 0)
        buf_puts(b, _("; it will be Paused when what is running has ended"));
    buf_puts(b, "\n");
    return e->code;
}

static void backups(struct buf *b, const struct term *t, const cJSON *list, struct err *e)
{
    static const struct column columns[] = {{.title = N_("Database")},
                                            {.title = N_("Size"), .leave = 1},
                                            {.title = N_("Verified")},
                                            {.title = N_("File"), .fit = COLUMN_WRAP, .least = 16},
                                            {.title = N_("Problem"), .fit = COLUMN_WRAP, .least = 16}};
    struct table tab;
    const cJSON *o;
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    cJSON_ArrayForEach(o, list)
    {
        struct buf c = {0};
        const cJSON *verified = cJSON_GetObjectItemCaseSensitive(o, "verified");
        bool ok = get_bool(o, "verified", OPTIONAL, e);
        table_data(&tab, get_text(o, "db", REQUIRED, e));
        quantity_bytes(&c, get_number(o, "size", OPTIONAL, e));
        table_cell(&tab, &c);
        table_text(&tab, !verified || cJSON_IsNull(verified) ? _("not yet") : ok ? _("yes") : _("no"));
        table_data(&tab, get_text(o, "file", OPTIONAL, e));
        table_data(&tab, get_text(o, "problem", OPTIONAL, e));
    }
    table_end(&tab, b);
}

/* The daemon's times, "2026-03-01T21:04:05Z", are shown as all others. */
static void text_with_dates(struct buf *b, const struct term *t, const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    struct buf rest = {0};
    for (const char *p = text; *p; p++) {
        size_t i = 0;
        while (form[i] && (form[i] == 'd' ? p[i] >= '0' && p[i] <= '9' : p[i] == form[i]))
            i++;
        if (form[i]) {
            buf_add(&rest, p, 1);
            continue;
        }
        char when[sizeof form];
        memcpy(when, p, sizeof form - 1);
        when[sizeof form - 1] = '\0';
        text_add(b, t, buf_str(&rest));
        quantity_date(b, t, when);
        rest.len = 0;
        p += sizeof form - 2;
    }
    if (rest.len)
        text_add(b, t, buf_str(&rest));
    buf_free(&rest);
}

static void add_lost(struct buf *b, const struct term *t, const cJSON *lost, struct err *e)
{
    const cJSON *o;
    cJSON_ArrayForEach(o, lost)
    {
        size_t from = b->len;
        buf_puts(b, "  ");
        text_with_dates(b, t, get_string(o, "lost", e));
        text_wrap(b, t, from, 4);
        buf_puts(b, "\n");
    }
}

int show_agreement(struct buf *b, const struct term *t, const cJSON *result, struct err *e)
{
    const cJSON *o, *asks = get_object(result, "on_failure", REQUIRED, e);
    size_t from = b->len;
    buf_puts(b, _("When one of these steps is Failed, omsupd cancels the job and rolls back at once, without asking:"));
    cJSON_ArrayForEach(o, get_array(asks, "rollback", REQUIRED, e))
    {
        buf_puts(b, " ");
        text_add(b, t, get_string(o, "rollback", e));
    }
    text_wrap(b, t, from, 0);
    buf_printf(b, "\n%s\n", _("That rollback would lose:"));
    add_lost(b, t, get_array(result, "lost", REQUIRED, e), e);
    return e->code;
}

int show_rollback(struct buf *b, const struct term *t, const cJSON *result, struct err *e)
{
    e->code = 0;
    const cJSON *lost = get_array(result, "lost", OPTIONAL, e), *list = get_array(result, "backups", OPTIONAL, e);
    if (lost) {
        buf_printf(b, "%s\n", _("A rollback would lose:"));
        add_lost(b, t, lost, e);
    }
    if (list && cJSON_GetArraySize(list) > 0) {
        buf_printf(b, "\n%s\n", _("It would restore these backups:"));
        backups(b, t, list, e);
    } else if (list) {
        buf_printf(b, "\n%s\n", _("No backup has been recorded."));
    }
    const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(result, "restore_seconds");
    if (cJSON_IsNumber(seconds) && seconds->valuedouble >= 0) {
        struct buf took = {0};
        quantity_words(&took, seconds->valuedouble);
        buf_puts(b, "\n");
        buf_printf(b, _("In a rehearsal, restoring the databases took %s."), buf_str(&took));
        buf_puts(b, "\n");
        buf_free(&took);
    }
    return e->code;
}

/* The steps of a procedure, and the vendor's page for each of its versions. */
static void steps_of(struct buf *b, const struct term *t, const cJSON *procedure, struct err *e)
{
    static const struct column columns[] = {{.title = NULL}, {.fit = COLUMN_WRAP, .least = 20}};
    struct table tab;
    const cJSON *o;
    buf_puts(b, "\n");
    text_add(b, t, get_text(procedure, "procedure", REQUIRED, e));
    buf_puts(b, "\n");
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    tab.indent = 2;
    cJSON_ArrayForEach(o, get_array(procedure, "steps", OPTIONAL, e))
    {
        table_data(&tab, get_text(o, "step", REQUIRED, e));
        table_data(&tab, get_text(o, "title", OPTIONAL, e));
    }
    table_end(&tab, b);
    table_begin(&tab, t, columns, ARRAY_LEN(columns));
    tab.indent = 2;
    cJSON_ArrayForEach(o, get_array(procedure, "versions", REQUIRED, e))
    {
        const char *doc = get_text(o, "doc", OPTIONAL, e);
        if (!doc)
            continue;
        table_data(&tab, get_text(o, "target", REQUIRED, e));
        table_data(&tab, doc);
    }
    table_end(&tab, b);
}

/* Which of them the site has changed, so that nobody takes them for the documented ones. *n: how many were shown. */
static void site_files_of(struct buf *b, const struct term *t, const cJSON *procedure, size_t *n, struct err *e)
{
    const cJSON *o;
    const char *name = get_text(procedure, "procedure", REQUIRED, e);
    cJSON_ArrayForEach(o, get_array(procedure, "site_files", OPTIONAL, e))
    {
        buf_puts(b, (*n)++ ? "" : "\n");
        text_fmt(b, t, _("%s uses a file of this site: %s"), name, get_string(o, "site_files", e));
        buf_puts(b, "\n");
    }
}

int show_procedures(struct buf *b, const struct view *v, const cJSON *list, struct err *e)
{
    static const struct column columns[] = {{.title = N_("Procedure")},
                                            {.title = N_("Edition"), .leave = 1},
                                            {.title = N_("From"), .fit = COLUMN_WRAP, .least = 10},
                                            {.title = N_("To")},
                                            {.title = N_("Title"), .fit = COLUMN_WRAP, .least = 20, .leave = 2}};
    struct table tab;
    const cJSON *o, *version;
    e->code = 0;
    table_begin(&tab, v->t, columns, ARRAY_LEN(columns));
    cJSON_ArrayForEach(o, list) cJSON_ArrayForEach(version, get_array(o, "versions", REQUIRED, e))
    {
        table_data(&tab, get_text(o, "procedure", REQUIRED, e));
        table_data(&tab, get_text(o, "edition", OPTIONAL, e));
        table_data(&tab, get_text(version, "source", REQUIRED, e));
        table_data(&tab, get_text(version, "target", REQUIRED, e));
        table_data(&tab, get_text(o, "title", OPTIONAL, e));
    }
    table_end(&tab, b);
    size_t n = 0;
    cJSON_ArrayForEach(o, list) site_files_of(b, v->t, o, &n, e);
    if (v->verbose)
        cJSON_ArrayForEach(o, list) steps_of(b, v->t, o, e);
    return e->code;
}
