/* The events: those of people by themselves, then all of them. */
#include <string.h>

#include "client/lang/lang.h"
#include "client/report/sections.h"
#include "common/array.h"

static void from_to(struct sheet *s, struct buf *b, const cJSON *o)
{
    const char *from = report_text(o, "from"), *to = report_text(o, "to");
    if (!from && !to)
        return;
    put_data(s, b, from ? view_state_word(from) : NULL);
    buf_puts(b, " → ");
    put_data(s, b, to ? view_state_word(to) : NULL);
}

/* What the person typed, where the event has the name of what came of it. */
static const char *verb_of(const cJSON *o)
{
    const char *event = report_text(o, "event");
    return report_by_person(o) && strncmp(event, "begin", strlen("begin")) == 0 ? "retry" : event;
}

static void event_row(struct sheet *s, const cJSON *o)
{
    struct buf cell = {0};
    sheet_row(s);
    put_time(s, &cell, report_text(o, "time"));
    sheet_cell(s, &cell);
    put_data(s, &cell, report_text(o, "actor"));
    sheet_cell(s, &cell);
    put_code(s, &cell, verb_of(o));
    sheet_cell(s, &cell);
    put_place(s, &cell, report_text(o, "step"), report_text(o, "subtask"));
    sheet_cell(s, &cell);
    from_to(s, &cell, o);
    sheet_cell(s, &cell);
    put_data(s, &cell, report_text(o, "reason"));
    sheet_cell(s, &cell);
}

static void write_list(struct sheet *s, const struct report *r, const char *caption, bool people)
{
    static const char *const titles[] = {N_("Time"), N_("Who"), N_("Event"), N_("Of"), N_("State"), N_("Reason")};
    size_t all = 0, n = 0;
    const cJSON *o;
    cJSON_ArrayForEach(o, r->events) all += !people || report_by_person(o);
    struct buf line = {0};
    if (all == 0) {
        put_own(s, &line, _("None."));
        sheet_line(s, &line);
        return;
    }
    sheet_table(s, caption, "events", titles, ARRAY_LEN(titles));
    cJSON_ArrayForEach(o, r->events) if ((!people || report_by_person(o)) && n++ + REPORT_ROWS_MAX >= all)
        event_row(s, o);
    sheet_table_end(s);
    if (all > REPORT_ROWS_MAX) {
        buf_printf(&line, _("Older events that are left out: %zu"), all - REPORT_ROWS_MAX);
        sheet_line(s, &line);
    }
}

void write_people(struct sheet *s, const struct report *r)
{
    sheet_section(s, "people", _("Who did what, and why"));
    write_list(s, r, _("What operators did"), true);
    sheet_section_end(s);
}

void write_events(struct sheet *s, const struct report *r)
{
    sheet_section(s, "events", _("All events"));
    write_list(s, r, _("All events"), false);
    sheet_section_end(s);
}
