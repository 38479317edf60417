/* What people see: snapshots, details, lists. Everything is read from memory, or for ended jobs from the journal. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

static void add_text(cJSON *o, const char *name, const char *value)
{
    if (value)
        cJSON_AddStringToObject(o, name, value);
}

static void add_number(cJSON *o, const char *name, double v) { cJSON_AddNumberToObject(o, name, v); }

/* Times are journaled with milliseconds and shown without. */
static void add_time(cJSON *o, const char *name, const char *t)
{
    char s[32];
    if (!t || strlen(t) < 20)
        return;
    memcpy(s, t, 19);
    memcpy(s + 19, "Z", 2);
    cJSON_AddStringToObject(o, name, s);
}

static double seconds(const char *t)
{
    struct tm tm = {0};
    const char *rest = strptime(t, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? (double)timegm(&tm) + strtod(rest, NULL) : 0;
}

static void add_elapsed(cJSON *o, const char *started, const char *ended)
{
    if (!started)
        return;
    char *now = ended ? NULL : record_now();
    double s = seconds(ended ? ended : now) - seconds(started);
    add_number(o, "elapsed", s > 0 ? (double)(long long)(s * 1000) / 1000 : 0);
    free(now);
}

/* An answer is one line of at most 1 MiB. With many nodes what has passed or not begun is told in brief, and the rest
 * in full as far as there is room. */
enum {
    ANSWER_ROOM = 640 * 1024,
    SUBTASK_ROOM = 300,
    ATTEMPT_ROOM = 250,
    SCRIPTS_ROOM = 200 * 1024,
    FACTS_ROOM = 64 * 1024,
    EVENTS_ROOM = 192 * 1024
};
enum { ATTEMPTS_SHOWN = 200, ATTEMPTS_LISTED = 10 };

struct room {
    bool brief, attempts;
    size_t left;
};

static size_t text_room(const char *s) { return s ? 2 * strlen(s) : 0; }

static size_t subtask_room(const struct room *r, const struct job *b, size_t i)
{
    const struct sub *s = &b->subs[i];
    unsigned attempts = b->core.subtasks[i].attempt < ATTEMPTS_LISTED ? b->core.subtasks[i].attempt : ATTEMPTS_LISTED;
    return SUBTASK_ROOM + text_room(job_message(b, i)) + text_room(s->plan->title) + text_room(s->plan->notice) +
           text_room(s->plan->cure) + (r->attempts ? attempts * ATTEMPT_ROOM : 0);
}

static struct room room_for(const struct job *b, size_t first, size_t n, bool attempts)
{
    struct room r = {.attempts = attempts, .left = ANSWER_ROOM};
    size_t all = 0;
    for (size_t i = first; i < first + n; i++)
        all += subtask_room(&r, b, i);
    r.brief = all > ANSWER_ROOM;
    if (r.brief)
        r.left -= n * SUBTASK_ROOM / 2 < ANSWER_ROOM ? n * SUBTASK_ROOM / 2 : ANSWER_ROOM;
    return r;
}

/* Is it told in full? Then its room is taken. */
static bool room_take(struct room *r, const struct job *b, size_t i)
{
    enum core_phase p = b->core.subtasks[i].phase;
    size_t need = subtask_room(r, b, i);
    if (r->brief && (core_phase_passed(p) || p == PHASE_PENDING || p == PHASE_CANCELED || need > r->left))
        return false;
    r->left -= need < r->left ? need : r->left;
    return true;
}

static cJSON *subtask_json(const struct job *b, size_t i, bool full)
{
    const struct sub *s = &b->subs[i];
    enum core_phase phase = b->core.subtasks[i].phase;
    enum state shown = core_phase_shown(phase);
    cJSON *o = cJSON_CreateObject();
    add_text(o, "subtask", s->plan->name);
    add_text(o, "host", b->plan->hosts[s->plan->host].name);
    add_text(o, "state", state_word(shown));
    add_text(o, "phase", core_phase_name(phase));
    if (!full)
        return o;
    add_text(o, "title", s->plan->title);
    add_text(o, "kind", plan_kind_name(s->plan->kind));
    add_number(o, "attempt", b->core.subtasks[i].attempt);
    add_time(o, "started", s->started);
    add_time(o, "ended", s->ended);
    add_elapsed(o, s->started, s->ended);
    add_text(o, "message", job_message(b, i));
    if (shown == STATE_WAITING || (s->plan->notice && shown == STATE_SUCCESSFUL))
        add_text(o, "notice", s->plan->notice);
    if (shown == STATE_WAITING && s->plan->judge)
        cJSON_AddBoolToObject(o, "judge", true);
    if (shown == STATE_FAILED || shown == STATE_IN_DOUBT)
        add_text(o, "cure", s->plan->cure);
    if (s->progress.total > 0 && phase == PHASE_ACTING) {
        cJSON *p = cJSON_AddObjectToObject(o, "progress");
        add_number(p, "done", s->progress.done);
        add_number(p, "total", s->progress.total);
        add_text(p, "unit", s->progress.unit);
        add_number(p, "rate", s->progress.rate);
    }
    return o;
}

/* A step is what its most urgent subtask is. */
static enum state step_shown(const struct job *b, const struct core_step *st)
{
    static const enum state order[] = {STATE_FAILED, STATE_IN_DOUBT, STATE_WAITING, STATE_RUNNING, STATE_CANCELED};
    size_t pending = 0, skipped = 0;
    for (size_t o = 0; o < sizeof order / sizeof order[0]; o++)
        for (size_t i = st->first; i < st->first + st->n; i++)
            if (core_phase_shown(b->core.subtasks[i].phase) == order[o])
                return order[o];
    for (size_t i = st->first; i < st->first + st->n; i++) {
        pending += b->core.subtasks[i].phase == PHASE_PENDING;
        skipped += b->core.subtasks[i].phase == PHASE_SKIPPED;
    }
    return pending == st->n   ? STATE_PENDING
           : pending          ? STATE_RUNNING
           : skipped == st->n ? STATE_SKIPPED
                              : STATE_SUCCESSFUL;
}

static cJSON *step_json(const struct job *b, size_t k, struct room *r)
{
    const struct plan_step *st = &b->plan->steps[k];
    const struct core_step *c = &b->core.steps[k];
    cJSON *o = cJSON_CreateObject(), *list;
    const char *started = NULL, *ended = NULL;
    bool open = false;
    for (size_t i = c->first; i < c->first + c->n; i++) {
        const struct sub *s = &b->subs[i];
        if (s->started && (!started || strcmp(s->started, started) < 0))
            started = s->started;
        if (s->ended && (!ended || strcmp(s->ended, ended) > 0))
            ended = s->ended;
        open |= !core_phase_final(b->core.subtasks[i].phase);
    }
    add_text(o, "step", st->id);
    add_text(o, "title", st->title);
    add_text(o, "state", state_word(step_shown(b, c)));
    add_time(o, "started", started);
    if (!open)
        add_time(o, "ended", ended);
    add_elapsed(o, started, open ? NULL : ended);
    if (st->irreversible)
        cJSON_AddTrueToObject(o, "irreversible");
    list = r ? cJSON_AddArrayToObject(o, "subtasks") : NULL;
    for (size_t i = c->first; r && i < c->first + c->n; i++)
        cJSON_AddItemToArray(list, subtask_json(b, i, room_take(r, b, i)));
    return o;
}

struct facts {
    cJSON *list;
    size_t left;
};

static bool add_fact(void *ctx, const char *name, const char *value)
{
    struct facts *f = ctx;
    size_t need = text_room(name) + text_room(value);
    if (need <= f->left) {
        f->left -= need;
        cJSON_AddStringToObject(f->list, name, value);
    }
    return true;
}

/* Why it rests: told by the operator or engine, or by the subtask that holds it. */
static char *why_of(const struct job *b)
{
    if (b->row.why)
        return xstrdup(b->row.why);
    enum state st = core_job_state(&b->core);
    if (st != STATE_FAILED && st != STATE_WAITING)
        return NULL;
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        enum core_phase p = b->core.subtasks[i].phase;
        const struct sub *s = &b->subs[i];
        if (st == STATE_FAILED ? p == PHASE_FAILED : p == PHASE_GATE || p == PHASE_UNKNOWN) {
            bool only = strcmp(s->plan->name, "-") == 0;
            const char *said = job_message(b, i);
            return xasprintf("%s%s%s: %s", s->step->id, only ? "" : "/", only ? "" : s->plan->name,
                             said ? said : core_phase_text(p));
        }
    }
    return NULL;
}

static void add_hosts(cJSON *o, const struct job *b)
{
    cJSON *list = cJSON_AddArrayToObject(o, "hosts");
    for (size_t h = 0; h < b->plan->n_hosts; h++) {
        if (!b->hosts[h])
            continue;
        cJSON *x = cJSON_CreateObject();
        add_text(x, "host", b->plan->hosts[h].name);
        cJSON_AddBoolToObject(x, "up", host_up(b->hosts[h]));
        if (!host_up(b->hosts[h]))
            add_text(x, "why", node_why(b->hosts[h]->node));
        cJSON_AddItemToArray(list, x);
    }
}

static cJSON *job_json(const struct job *b)
{
    cJSON *o = cJSON_CreateObject(), *steps;
    size_t done = 0;
    char *why = why_of(b);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        done += core_phase_passed(b->core.subtasks[i].phase);
    add_number(o, "job", (double)b->row.id);
    add_text(o, "type", job_type_name(b->plan->type));
    add_text(o, "state", state_word(core_job_state(&b->core)));
    add_text(o, "why", why);
    add_text(o, "object", b->row.object);
    add_text(o, "operator", b->row.operator_);
    add_text(o, "deployment", b->plan->deployment);
    add_text(o, "procedure", b->plan->procedure);
    add_text(o, "source", b->plan->source);
    add_text(o, "target", b->plan->target);
    add_text(o, "plan", b->row.plan);
    add_time(o, "created", b->row.created);
    add_time(o, "started", b->row.started);
    add_time(o, "completed", b->row.completed);
    add_elapsed(o, b->row.started, b->row.completed);
    if (b->row.parent)
        add_number(o, "parent", (double)b->row.parent);
    add_number(o, "done", (double)done);
    add_number(o, "total", (double)b->core.n_subtasks);
    struct facts facts = {cJSON_AddObjectToObject(o, "facts"), FACTS_ROOM};
    journal_facts(b->jobs->journal, b->row.id, add_fact, &facts, NULL);
    add_number(o, "last", (double)journal_last_event(b->jobs->journal, b->row.id));
    add_hosts(o, b);
    steps = cJSON_AddArrayToObject(o, "steps");
    struct room r = room_for(b, 0, b->core.n_subtasks, false);
    for (size_t k = 0; k < b->plan->n_steps; k++)
        cJSON_AddItemToArray(steps, step_json(b, k, &r));
    free(why);
    return o;
}

static bool first_row(void *ctx, const struct journal_job *row)
{
    *(int64_t *)ctx = row->id;
    return false;
}

/* The job in memory, or loaded from the journal (then *loaded is to be freed). */
static int find(struct engine *en, int64_t id, struct job **b, struct job **loaded, struct err *e)
{
    *b = *loaded = NULL;
    if (id == 0 && journal_jobs(en->jobs.journal, true, first_row, &id, e) == 0 && id == 0)
        journal_jobs(en->jobs.journal, false, first_row, &id, e);
    if (id == 0)
        return err_set(e, ERR_NOT_FOUND, "there is no job yet: omsupctl submit DEPLOYMENT.yaml");
    if ((*b = jobs_find(&en->jobs, id)) != NULL)
        return 0;
    struct journal_job row = {0};
    int rc = journal_job(en->jobs.journal, id, &row, e);
    if (rc)
        return rc;
    rc = job_load(&en->jobs, &row, loaded, e);
    if (rc && held_why(&en->jobs, id))
        err_set(e, rc, "job %lld is %s", (long long)id, held_why(&en->jobs, id));
    else if (rc)
        err_prefix(e, "job %lld", (long long)id);
    journal_job_clear(&row);
    *b = *loaded;
    return rc;
}

int engine_snapshot(struct engine *en, int64_t id, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int rc = find(en, id, &b, &loaded, e);
    if (rc)
        return rc;
    *out = job_json(b);
    job_free(loaded);
    return 0;
}

struct attempts {
    cJSON *list;
    int max; /* the newest */
};

static bool add_attempt(void *ctx, const struct journal_attempt *a)
{
    const struct attempts *x = ctx;
    cJSON *o = cJSON_CreateObject();
    add_number(o, "attempt", a->attempt);
    add_text(o, "token", a->token);
    add_text(o, "host", a->host);
    add_text(o, "boot", a->boot);
    add_time(o, "started", a->started);
    add_time(o, "ended", a->ended);
    add_text(o, "outcome", a->outcome);
    if (a->exit >= 0)
        add_number(o, "exit", a->exit);
    cJSON_AddItemToArray(x->list, o);
    if (cJSON_GetArraySize(x->list) > x->max)
        cJSON_DeleteItemFromArray(x->list, 0);
    return true;
}

static const char *code_text(const struct plan_code *c) { return c->script ? c->script : c->builtin; }

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* The subtasks of a step do the same on many nodes: the first one that does it shows what. */
struct scripts {
    size_t left, n;
    const struct plan_subtask *shown[64];
};

static bool shows_code(struct scripts *x, const struct plan_subtask *p)
{
    size_t need = text_room(code_text(&p->act)) + text_room(code_text(&p->check));
    for (size_t k = 0; k < x->n; k++)
        if (same_text(code_text(&p->act), code_text(&x->shown[k]->act)) &&
            same_text(code_text(&p->check), code_text(&x->shown[k]->check)))
            return false;
    if (need > x->left || x->n == sizeof x->shown / sizeof x->shown[0])
        return false;
    x->left -= need;
    x->shown[x->n++] = p;
    return true;
}

static cJSON *detail_json(struct job *b, size_t i, bool one, struct room *r, struct scripts *x)
{
    const struct plan_subtask *p = b->subs[i].plan;
    bool full = one || room_take(r, b, i);
    cJSON *o = subtask_json(b, i, full);
    if (full) {
        struct attempts a = {cJSON_AddArrayToObject(o, "attempts"), one ? ATTEMPTS_SHOWN : ATTEMPTS_LISTED};
        journal_attempts(b->jobs->journal, b->row.id, (int)i, add_attempt, &a, NULL);
        cJSON_DeleteItemFromObject(o, "notice");
        cJSON_DeleteItemFromObject(o, "cure");
        add_text(o, "notice", p->notice);
        add_text(o, "cure", p->cure);
    }
    if (one || shows_code(x, p)) {
        add_text(o, "script", code_text(&p->act));
        add_text(o, "check", code_text(&p->check));
    }
    if (one) {
        cJSON *env = cJSON_AddArrayToObject(o, "env");
        for (char **v = p->env; v && *v; v++)
            cJSON_AddItemToArray(env, cJSON_CreateString(*v));
    }
    return o;
}

int engine_show(struct engine *en, int64_t id, const char *step, const char *subtask, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    size_t first, n;
    int rc = find(en, id, &b, &loaded, e);
    if (rc)
        return rc;
    if (!step) {
        *out = job_json(b);
    } else if ((rc = job_find(b, step, subtask, &first, &n, e)) == 0) {
        size_t k = core_step_of(&b->core, first);
        *out = cJSON_CreateObject();
        cJSON *st = step_json(b, k, NULL), *list;
        add_text(st, "id", b->plan->steps[k].id);
        add_text(st, "doc", b->plan->steps[k].doc);
        cJSON_AddItemToObject(*out, "step", st);
        list = cJSON_AddArrayToObject(*out, "subtasks");
        struct room r = room_for(b, first, n, true);
        struct scripts x = {.left = SCRIPTS_ROOM};
        for (size_t i = first; i < first + n; i++)
            cJSON_AddItemToArray(list, detail_json(b, i, n == 1, &r, &x));
    }
    job_free(loaded);
    return rc;
}

int engine_job_plan(struct engine *en, int64_t id, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int rc = find(en, id, &b, &loaded, e);
    if (rc)
        return rc;
    char *text = plan_print(b->plan);
    *out = cJSON_CreateObject();
    add_text(*out, "plan", b->row.plan);
    add_text(*out, "text", text);
    free(text);
    job_free(loaded);
    return 0;
}

struct list {
    struct engine *en;
    const struct engine_filter *filter;
    cJSON *jobs;
    unsigned left;
};

static bool is(const char *asked, const char *word) { return !asked || strcasecmp(asked, word) == 0; }

static bool add_job(void *ctx, const struct journal_job *row)
{
    struct list *l = ctx;
    const struct job *b = jobs_find(&l->en->jobs, row->id);
    const char *state = b                                 ? state_word(core_job_state(&b->core))
                        : held_why(&l->en->jobs, row->id) ? state_word(STATE_PAUSED)
                                                          : row->state;
    const struct engine_filter *f = l->filter;
    if (!is(f->type, job_type_shown(row->type)) || !is(f->state, state) || !is(f->operator_, row->operator_) ||
        (f->object && !strstr(row->object, f->object)))
        return true;
    cJSON *o = cJSON_CreateObject();
    add_number(o, "job", (double)row->id);
    add_text(o, "type", job_type_shown(row->type));
    add_text(o, "operator", row->operator_);
    add_text(o, "object", row->object);
    add_time(o, "created", row->created);
    add_time(o, "completed", row->completed);
    add_text(o, "state", state);
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

int engine_list(struct engine *en, const struct engine_filter *filter, cJSON **out, struct err *e)
{
    if (check_state(filter->state, e) || check_type(filter->type, e))
        return e->code;
    cJSON *r = cJSON_CreateObject();
    struct list l = {en, filter, cJSON_AddArrayToObject(r, "jobs"), filter->limit};
    int rc = journal_jobs(en->jobs.journal, false, add_job, &l, e);
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
        SUBTASK_ROOM / 2 + text_room(ev->step) + text_room(ev->subtask) + text_room(ev->actor) + text_room(ev->reason);
    x->more = need > x->left && cJSON_GetArraySize(x->list) > 0;
    if (x->more)
        return false;
    x->left -= need < x->left ? need : x->left;
    cJSON *o = cJSON_CreateObject();
    add_number(o, "id", (double)ev->id);
    add_time(o, "time", ev->time);
    add_number(o, "job", (double)ev->job);
    add_text(o, "step", ev->step);
    add_text(o, "subtask", ev->subtask);
    add_text(o, "actor", ev->actor);
    add_text(o, "event", ev->event);
    add_text(o, "from", ev->from);
    add_text(o, "to", ev->to);
    add_text(o, "reason", ev->reason);
    cJSON_AddItemToArray(x->list, o);
    x->last = ev->id;
    return true;
}

int engine_events(struct engine *en, int64_t job, int64_t since, unsigned limit, cJSON **events, int64_t *last,
                  bool *more, struct err *e)
{
    struct events x = {cJSON_CreateArray(), since, EVENTS_ROOM, false};
    struct journal_job row = {0};
    int rc = job ? journal_job(en->jobs.journal, job, &row, e) : 0;
    journal_job_clear(&row);
    if (rc == 0)
        rc = journal_events(en->jobs.journal, job, since, limit, add_event, &x, e);
    if (rc) {
        cJSON_Delete(x.list);
        return rc;
    }
    *events = x.list;
    *last = x.last;
    *more = x.more;
    return 0;
}
