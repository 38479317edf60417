/* A chained upgrade as people see it. */
#include "daemon/engine/view/internal.h"

static void add_hop(cJSON *list, const struct series_hop *h)
{
    cJSON *o = cJSON_CreateObject();
    json_text(o, "source", h->source);
    json_text(o, "target", h->target);
    if (h->job) {
        json_number(o, "job", (double)h->job);
        json_text(o, "state", state_word(h->state));
    }
    if (h->undone_by)
        json_number(o, "rolled_back_by", (double)h->undone_by);
    cJSON_AddItemToArray(list, o);
}

void add_series(cJSON *to, const struct job *b)
{
    struct series s;
    struct err e;
    if (!b->row.series || series_load(b->jobs, b->row.series, &s, &e))
        return;
    cJSON *o = cJSON_AddObjectToObject(to, "series"), *list;
    for (size_t k = 0; k < s.n; k++) /* a rollback has the hop that it undoes */
        if (s.hops[k].job == (b->row.hop ? b->row.id : b->row.parent))
            json_number(o, "hop", (double)k + 1);
    list = cJSON_AddArrayToObject(o, "hops");
    for (size_t k = 0; k < s.n; k++)
        add_hop(list, &s.hops[k]);
    if (s.row.continues)
        cJSON_AddTrueToObject(o, "continue");
    if (s.next)
        json_text(o, "problem", s.row.problem);
    if (s.over)
        cJSON_AddTrueToObject(o, "over");
    json_text(o, "ended", s.ended);
    series_clear(&s);
}

void add_series_of_row(cJSON *o, struct jobs *js, const struct journal_job *row)
{
    struct journal_series s;
    struct err e;
    if (!row->series || journal_series(js->journal, row->series, &s, &e))
        return;
    json_number(o, "series", (double)row->series);
    if (row->hop)
        json_number(o, "hop", (double)row->hop);
    json_number(o, "hops", s.hops);
    journal_series_clear(&s);
}
