/* Lists of jobs and events. */
#include <string.h>
#include <strings.h>

#include "daemon/engine/view/internal.h"

enum { TIME_TO_SECONDS = 19 }; /* of a time in the journal, which sorts as text */

struct list {
    struct jobs *js;
    const struct view_filter *filter;
    cJSON *jobs;
    unsigned left;
};

static bool add_job(void *ctx, const struct journal_job *row)
{
    struct list *l = ctx;
    const struct job *b = jobs_find(l->js, row->id);
    const char *state = b                          ? state_word(core_job_state(&b->core))
                        : held_why(l->js, row->id) ? state_word(STATE_PAUSED)
                                                   : row->state;
    const struct view_filter *f = l->filter;
    if ((f->type >= 0 && job_type_parse(row->type) != (enum job_type)f->type) ||
        (f->state >= 0 && strcmp(state_word((enum state)f->state), state) != 0) ||
        (f->login && strcasecmp(f->login, row->login) != 0) || (f->object && !strstr(row->object, f->object)) ||
        (f->since && strncmp(row->created, f->since, TIME_TO_SECONDS) < 0) ||
        (f->until && strncmp(row->created, f->until, TIME_TO_SECONDS) > 0))
        return true;
    cJSON *o = cJSON_CreateObject();
    json_number(o, "job", (double)row->id);
    json_text(o, "type", job_type_shown(row->type));
    json_text(o, "operator", row->login);
    json_text(o, "object", row->object);
    json_time(o, "created", row->created);
    json_time(o, "completed", row->completed);
    json_text(o, "state", state);
    if (b)
        add_start_at(o, b);
    if (row->parent)
        json_number(o, "parent", (double)row->parent);
    add_series_of_row(o, l->js, row);
    cJSON_AddItemToArray(l->jobs, o);
    return --l->left > 0;
}

int view_list(struct jobs *js, const struct view_filter *filter, cJSON **out, struct err *e)
{
    cJSON *r = cJSON_CreateObject();
    struct list l = {js, filter, cJSON_AddArrayToObject(r, "jobs"), filter->limit};
    int rc = journal_jobs(js->journal, false, add_job, &l, e);
    if (rc)
        cJSON_Delete(r);
    else
        *out = r;
    return rc;
}

struct events {
    cJSON *list;
    int64_t last;
    size_t left;
    bool more;
};

static bool add_event(void *ctx, const struct journal_event *ev)
{
    struct events *x = ctx;
    size_t need = SUBTASK_ROOM / 2 + json_room(ev->step) + json_room(ev->subtask) + json_room(ev->actor) +
                  json_room(ev->reason) + json_room(ev->host);
    x->more = need > x->left && cJSON_GetArraySize(x->list) > 0;
    if (x->more)
        return false;
    x->left -= need < x->left ? need : x->left;
    cJSON *o = cJSON_CreateObject();
    json_number(o, "id", (double)ev->id);
    json_time(o, "time", ev->time);
    json_number(o, "job", (double)ev->job);
    json_text(o, "step", ev->step);
    json_text(o, "subtask", ev->subtask);
    json_text(o, "actor", ev->actor);
    json_text(o, "event", ev->event);
    json_text(o, "from", ev->from);
    json_text(o, "to", ev->to);
    json_text(o, "reason", ev->reason);
    json_text(o, "host", ev->host);
    cJSON_AddItemToArray(x->list, o);
    x->last = ev->id;
    return true;
}

int view_events(struct jobs *js, int64_t job, int64_t since, unsigned limit, cJSON **events, int64_t *last, bool *more,
                struct err *e)
{
    struct events x = {cJSON_CreateArray(), since, EVENTS_ROOM, false};
    struct journal_job row = {0};
    int rc = job ? journal_job(js->journal, job, &row, e) : 0;
    journal_job_clear(&row);
    if (rc == 0)
        rc = journal_events(js->journal, job, since, limit, add_event, &x, e);
    if (rc) {
        cJSON_Delete(x.list);
        return rc;
    }
    *events = x.list;
    *last = x.last;
    *more = x.more;
    return 0;
}
