#include "client/wire/snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/wire/get.h"
#include "common/alloc.h"
#include "common/fact_names.h"

static enum state get_state(const cJSON *o, enum state_of of, struct err *e)
{
    const char *word = get_text(o, "state", REQUIRED, e);
    enum state s = state_parse(word, of);
    if (s == N_STATES && e->code == 0)
        err_set(e, ERR_PROTOCOL, _("protocol error from omsupd: unknown state \"%.40s\""), word);
    return s == N_STATES ? STATE_PENDING : s;
}

static double get_seconds(const cJSON *o, const char *name, struct err *e)
{
    double v = get_number(o, name, OPTIONAL, e);
    return v < 0 ? 0 : v; /* a clock that was set back */
}

int subtask_parse(const cJSON *o, struct subtask *s, struct err *e)
{
    *s = (struct subtask){
        .name = get_text(o, "subtask", REQUIRED, e),
        .title = get_text(o, "title", OPTIONAL, e),
        .host = get_text(o, "host", OPTIONAL, e),
        .phase = get_text(o, "phase", OPTIONAL, e),
        .kind = get_text(o, "kind", OPTIONAL, e),
        .started = get_text(o, "started", OPTIONAL, e),
        .ended = get_text(o, "ended", OPTIONAL, e),
        .message = get_text(o, "message", OPTIONAL, e),
        .notice = get_text(o, "notice", OPTIONAL, e),
        .cure = get_text(o, "cure", OPTIONAL, e),
        .judge = get_bool(o, "judge", OPTIONAL, e),
        .reasoned = get_bool(o, "reason", OPTIONAL, e),
        .unobserved = get_bool(o, "unobserved", OPTIONAL, e),
        .state = get_state(o, STATE_OF_SUB, e),
        .attempt = get_id(o, "attempt", OPTIONAL, e),
        .elapsed = get_seconds(o, "elapsed", e),
        .done = NAN,
        .total = NAN,
        .rate = NAN,
    };
    const cJSON *p = get_object(o, "progress", OPTIONAL, e);
    if (p) {
        s->done = get_number(p, "done", REQUIRED, e);
        s->total = get_number(p, "total", REQUIRED, e);
        s->unit = get_text(p, "unit", OPTIONAL, e);
        s->rate = get_number(p, "rate", OPTIONAL, e);
    }
    return e->code;
}

static struct range get_range(const cJSON *o, const char *name, struct err *e)
{
    const cJSON *r = get_object(o, name, OPTIONAL, e);
    if (!r)
        return (struct range){NAN, NAN, 0};
    return (struct range){get_number(r, "least", REQUIRED, e), get_number(r, "most", REQUIRED, e),
                          get_id(r, "runs", REQUIRED, e)};
}

int step_parse(const cJSON *o, struct step *s, struct err *e)
{
    *s = (struct step){
        .id = get_text(o, "step", REQUIRED, e),
        .title = get_text(o, "title", OPTIONAL, e),
        .state = get_state(o, STATE_OF_SUB, e),
        .started = get_text(o, "started", OPTIONAL, e),
        .ended = get_text(o, "ended", OPTIONAL, e),
        .elapsed = get_seconds(o, "elapsed", e),
        .irreversible = get_bool(o, "irreversible", OPTIONAL, e),
        .hook = get_text(o, "hook", OPTIONAL, e),
        .undo = get_text(o, "on_failure", OPTIONAL, e) != NULL,
        .breakpoint = get_bool(o, "breakpoint", OPTIONAL, e),
        .slower = get_bool(o, "slower", OPTIONAL, e),
        .expected = get_range(o, "expected", e),
    };
    return e->code;
}

static int parse_steps(const cJSON *list, struct snapshot *s, struct err *e)
{
    const cJSON *o, *x;
    s->steps = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *s->steps);
    cJSON_ArrayForEach(o, list)
    {
        struct step *st = &s->steps[s->n_steps++];
        if (step_parse(o, st, e))
            return e->code;
        const cJSON *subs = get_array(o, "subtasks", REQUIRED, e);
        if (!subs)
            return e->code;
        st->subs = xcalloc((size_t)cJSON_GetArraySize(subs) + 1, sizeof *st->subs);
        cJSON_ArrayForEach(x, subs) if (subtask_parse(x, &st->subs[st->n_subs++], e)) return e->code;
    }
    return 0;
}

static void parse_outage(const cJSON *o, struct outage *out, struct err *e)
{
    const cJSON *x, *list = get_array(o, "parts", REQUIRED, e);
    *out = (struct outage){.started = get_text(o, "started", REQUIRED, e),
                           .ended = get_text(o, "ended", OPTIONAL, e),
                           .elapsed = get_seconds(o, "elapsed", e)};
    out->parts = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *out->parts);
    cJSON_ArrayForEach(x, list) out->parts[out->n_parts++] =
        (struct outage_part){.step = get_text(x, "step", OPTIONAL, e),
                             .job = get_id(x, "job", OPTIONAL, e),
                             .elapsed = get_seconds(x, "elapsed", e),
                             .waiting = get_seconds(x, "waiting", e),
                             .late = get_seconds(x, "late", e),
                             .rested = get_seconds(x, "rested", e)};
}

static void parse_hosts(const cJSON *list, struct snapshot *s, struct err *e)
{
    const cJSON *o;
    s->hosts = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *s->hosts);
    cJSON_ArrayForEach(o, list) s->hosts[s->n_hosts++] = (struct host){
        get_text(o, "host", REQUIRED, e), get_text(o, "why", OPTIONAL, e), get_bool(o, "up", REQUIRED, e)};
}

int series_parse(const cJSON *o, struct series *s, struct err *e)
{
    const cJSON *list = o ? get_array(o, "hops", REQUIRED, e) : NULL, *x;
    *s = (struct series){.hop = -1};
    if (!list)
        return e->code;
    s->continues = get_bool(o, "continue", OPTIONAL, e);
    s->over = get_bool(o, "over", OPTIONAL, e);
    s->problem = get_text(o, "problem", OPTIONAL, e);
    s->ended = get_text(o, "ended", OPTIONAL, e);
    s->hops = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *s->hops);
    cJSON_ArrayForEach(x, list)
    {
        struct hop *h = &s->hops[s->n++];
        *h = (struct hop){.source = get_text(x, "source", REQUIRED, e),
                          .target = get_text(x, "target", REQUIRED, e),
                          .job = get_id(x, "job", OPTIONAL, e),
                          .rolled_back_by = get_id(x, "rolled_back_by", OPTIONAL, e)};
        h->state = h->job >= 0 ? get_state(x, STATE_OF_JOB, e) : STATE_PENDING;
    }
    int64_t hop = get_id(o, "hop", OPTIONAL, e);
    s->hop = hop >= 1 && hop <= (int64_t)s->n ? hop : -1;
    return e->code;
}

void series_free(struct series *s)
{
    free(s->hops);
    *s = (struct series){.hop = -1};
}

static void parse_copies(const cJSON *list, struct snapshot *s, struct err *e)
{
    const cJSON *o;
    s->copies = xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *s->copies);
    cJSON_ArrayForEach(o, list) s->copies[s->n_copies++] = (struct state_copy){
        .host = get_text(o, "host", REQUIRED, e),
        .time = get_text(o, "time", REQUIRED, e),
        .newest = get_bool(o, "newest", OPTIONAL, e),
    };
}

int snapshot_parse(const cJSON *o, struct snapshot *s, struct err *e)
{
    const cJSON *f, *steps, *hosts, *outage;
    e->code = 0;
    *s = (struct snapshot){
        .job = get_id(o, "job", REQUIRED, e),
        .parent = get_id(o, "parent", OPTIONAL, e),
        .rolled_back_by = get_id(o, "rolled_back_by", OPTIONAL, e),
        .rollback_unfinished = get_id(o, "rollback_unfinished", OPTIONAL, e),
        .type = get_text(o, "type", REQUIRED, e),
        .state = get_state(o, STATE_OF_JOB, e),
        .why = get_text(o, "why", OPTIONAL, e),
        .trouble = get_text(o, "trouble", OPTIONAL, e),
        .untold = get_text(o, "untold", OPTIONAL, e),
        .uncopied = get_text(o, "uncopied", OPTIONAL, e),
        .outdated = get_text(o, "outdated", OPTIONAL, e),
        .object = get_text(o, "object", OPTIONAL, e),
        .operator_name = get_text(o, "operator", OPTIONAL, e),
        .deployment = get_text(o, "deployment", OPTIONAL, e),
        .procedure = get_text(o, "procedure", OPTIONAL, e),
        .source = get_text(o, "source", OPTIONAL, e),
        .target = get_text(o, "target", OPTIONAL, e),
        .plan = get_text(o, "plan", OPTIONAL, e),
        .created = get_text(o, "created", OPTIONAL, e),
        .start_at = get_text(o, "start_at", OPTIONAL, e),
        .start_missed = get_bool(o, "start_missed", OPTIONAL, e),
        .started = get_text(o, "started", OPTIONAL, e),
        .completed = get_text(o, "completed", OPTIONAL, e),
        .elapsed = get_seconds(o, "elapsed", e),
        .done = get_id(o, "done", REQUIRED, e),
        .total = get_id(o, "total", REQUIRED, e),
        .last = get_id(o, "last", OPTIONAL, e),
        .facts = get_object(o, "facts", OPTIONAL, e),
        .left = get_range(o, "left", e),
    };
    cJSON_ArrayForEach(f, s->facts) get_text(s->facts, f->string, OPTIONAL, e);
    const cJSON *window = get_object(o, "window", OPTIONAL, e);
    if (window) {
        s->window = get_text(window, "window", REQUIRED, e);
        s->window_opens = get_text(window, "opens", REQUIRED, e);
        s->window_closes = get_text(window, "closes", REQUIRED, e);
        s->awaited_by = get_text(window, "awaited_by", OPTIONAL, e);
    }
    if ((steps = get_array(o, "steps", REQUIRED, e)) != NULL)
        parse_steps(steps, s, e);
    if ((hosts = get_array(o, "hosts", OPTIONAL, e)) != NULL)
        parse_hosts(hosts, s, e);
    if ((hosts = get_array(o, "copies", OPTIONAL, e)) != NULL)
        parse_copies(hosts, s, e);
    if ((outage = get_object(o, "outage", OPTIONAL, e)) != NULL)
        parse_outage(outage, &s->outage, e);
    series_parse(get_object(o, "series", OPTIONAL, e), &s->series, e);
    if (e->code)
        snapshot_free(s);
    return e->code;
}

void snapshot_free(struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        free(s->steps[i].subs);
    free(s->steps);
    free(s->hosts);
    free(s->copies);
    free(s->outage.parts);
    series_free(&s->series);
    *s = (struct snapshot){0};
}

bool snapshot_is(const struct snapshot *s, enum job_type type) { return job_type_parse(s->type) == type; }

double snapshot_restore_seconds(const struct snapshot *s)
{
    struct fact_restore x = {-1, -1};
    const cJSON *f;
    cJSON_ArrayForEach(f, s->facts) if (cJSON_IsString(f)) fact_restore_note(&x, f->string, f->valuestring);
    return fact_restore_seconds(&x);
}

/* A Failed job may be retried; only a check ends with it. */
bool snapshot_ended(const struct snapshot *s)
{
    return s->state == STATE_SUCCESSFUL || s->state == STATE_CANCELED || (s->state == STATE_FAILED && s->completed);
}

const struct hop *snapshot_next_hop(const struct snapshot *s)
{
    const struct series *x = &s->series;
    return snapshot_is(s, JOB_UPGRADE) && x->hop >= 1 && x->hop < (int64_t)x->n ? &x->hops[x->hop] : NULL;
}

bool snapshot_awaits_window(const struct snapshot *s) { return s->state == STATE_WAITING && s->awaited_by; }

bool snapshot_rests(const struct snapshot *s)
{
    return snapshot_ended(s) || s->state == STATE_FAILED || s->state == STATE_PAUSED ||
           (s->state == STATE_WAITING && !snapshot_awaits_window(s)) || (s->state == STATE_READY && !s->start_at);
}

bool snapshot_out_of_reach(const struct snapshot *s, const struct subtask *sub)
{
    /* "fencing": a lost attempt, shown as In Doubt, whose end omsupd makes sure of */
    if (sub->state != STATE_RUNNING && !(sub->phase && strcmp(sub->phase, "fencing") == 0))
        return false;
    for (size_t i = 0; i < s->n_hosts; i++)
        if (!s->hosts[i].up && sub->host && strcmp(s->hosts[i].name, sub->host) == 0)
            return true;
    return false;
}

/* Every other phase that is shown as In Doubt is one in which omsupd itself is still checking. */
bool subtask_undecided(const struct subtask *s)
{
    return s->state == STATE_IN_DOUBT && (!s->phase || strcmp(s->phase, "unknown") == 0);
}

bool snapshot_undecided(const struct snapshot *s)
{
    for (size_t i = 0; i < s->n_steps; i++)
        for (size_t k = 0; k < s->steps[i].n_subs; k++)
            if (subtask_undecided(&s->steps[i].subs[k]))
                return true;
    return false;
}
