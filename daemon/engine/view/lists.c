/* Lists: jobs, events. */
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "daemon/engine/view/internal.h"

struct list {
    struct jobs *js;
    const struct view_filter *filter;
    cJSON *jobs;
    unsigned left;
};

static bool is(const char *asked, const char *word) { return !asked || strcasecmp(asked, word) == 0; }

static bool add_job(void *ctx, const struct journal_job *row)
{
    struct list *l = ctx;
    const struct job *b = jobs_find(l->js, row->id);
    const char *state = b                          ? state_word(core_job_state(&b->core))
                        : held_why(l->js, row->id) ? state_word(STATE_PAUSED)
                                                   : row->state;
    const struct view_filter *f = l->filter;
    if (!is(f->type, job_type_shown(row->type)) || !is(f->state, state) || !is(f->operator_, row->operator_) ||
        (f->object && !strstr(row->object, f->object)))
        return true;
    cJSON *o = cJSON_CreateObject();
    json_number(o, "job", (double)row->id);
    json_text(o, "type", job_type_shown(row->type));
    json_text(o, "operator", row->operator_);
    json_text(o, "object", row->object);
    json_time(o, "created", row->created);
    json_time(o, "completed", row->completed);
    json_text(o, "state", state);
    cJSON_AddItemToArray(l->jobs, o);
    return --l->left > 0;
}

/* An unknown word would match nothing, and the empty list would look like an answer. */
static int refuse_word(const char *name, const char *const *words, size_t n, struct err *e)
{
    struct buf all = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
    int rc = err_set(e, ERR_PARAMS, "\"%s\" must be one of: %s", name, buf_str(&all));
    buf_free(&all);
    return rc;
}

static int check_state(const char *asked, struct err *e)
{
    const char *words[N_STATES];
    size_t n = 0;
    for (int i = 0; i < N_STATES; i++)
        if (state_of((enum state)i, STATE_OF_JOB)) {
            words[n++] = state_word((enum state)i);
            if (asked && strcasecmp(words[n - 1], asked) == 0)
                return 0;
        }
    return asked ? refuse_word("state", words, n, e) : 0;
}

static int check_type(const char *asked, struct err *e)
{
    const char *words[N_JOB_TYPES];
    for (int i = 0; i < N_JOB_TYPES; i++)
        words[i] = job_type_name((enum job_type)i);
    return !asked || job_type_parse(asked) != N_JOB_TYPES ? 0 : refuse_word("type", words, N_JOB_TYPES, e);
}

int view_list(struct jobs *js, const struct view_filter *filter, cJSON **out, struct err *e)
{
    if (check_state(filter->state, e) || check_type(filter->type, e))
        return e->code;
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
    size_t need =
        SUBTASK_ROOM / 2 + json_room(ev->step) + json_room(ev->subtask) + json_room(ev->actor) + json_room(ev->reason);
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
