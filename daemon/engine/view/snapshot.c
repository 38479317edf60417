/* A job as shown to people. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/array.h"
#include "daemon/engine/copies/copies.h"
#include "daemon/engine/view/internal.h"

static size_t subtask_room(const struct room *r, const struct job *b, size_t i)
{
    const struct sub *s = &b->subs[i];
    unsigned attempts = b->core.subtasks[i].attempt < ATTEMPTS_LISTED ? b->core.subtasks[i].attempt : ATTEMPTS_LISTED;
    return SUBTASK_ROOM + json_room(job_message(b, i)) + json_room(s->plan->title) + json_room(s->plan->notice) +
           json_room(s->plan->cure) + (r->attempts ? attempts * ATTEMPT_ROOM : 0);
}

struct room room_for(const struct job *b, size_t first, size_t n, bool attempts)
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

bool room_take(struct room *r, const struct job *b, size_t i)
{
    enum core_phase p = b->core.subtasks[i].phase;
    size_t need = subtask_room(r, b, i);
    if (r->brief && (core_phase_passed(p) || p == PHASE_PENDING || p == PHASE_CANCELED || need > r->left))
        return false;
    r->left -= need < r->left ? need : r->left;
    return true;
}

struct last_exit {
    unsigned attempt;
    int exit;
};

static bool take_exit(void *ctx, const struct journal_attempt *a)
{
    struct last_exit *x = ctx;
    if (a->attempt == x->attempt)
        x->exit = a->exit;
    return true;
}

/* A cure is for what was seen to be wrong, and not for what could not be looked at. Of a read-only step exit status 1
 * is "no", any other error is "could not look". */
static bool cure_fits(const struct job *b, size_t i)
{
    const struct sub *s = &b->subs[i];
    enum state shown = core_phase_shown(b->core.subtasks[i].phase);
    if (!s->plan->cure)
        return false;
    if (shown == STATE_FAILED && s->plan->kind == KIND_PROBE) {
        struct last_exit x = {b->core.subtasks[i].attempt, 1};
        journal_attempts(b->jobs->journal, b->row.id, (int)i, take_exit, &x, NULL);
        return x.exit == 1;
    }
    return shown == STATE_FAILED || shown == STATE_IN_DOUBT || (job_waits_long(b, i) && s->looked == LOOKED_NO);
}

cJSON *snapshot_subtask(const struct job *b, size_t i, bool full)
{
    const struct sub *s = &b->subs[i];
    enum core_phase phase = b->core.subtasks[i].phase;
    enum state shown = core_phase_shown(phase);
    cJSON *o = cJSON_CreateObject();
    json_text(o, "subtask", s->plan->name);
    json_text(o, "host", b->plan->hosts[s->plan->host].name);
    json_word(o, "state", state_word(shown));
    json_word(o, "phase", core_phase_name(phase));
    if (b->core.subtasks[i].open_run && !b->core.subtasks[i].read_only && !core_phase_busy(phase))
        cJSON_AddTrueToObject(o, "unobserved");
    if (!full)
        return o;
    json_text(o, "title", s->plan->title);
    json_word(o, "kind", plan_kind_name(s->plan->kind));
    json_number(o, "attempt", b->core.subtasks[i].attempt);
    json_time(o, "started", s->started);
    json_time(o, "ended", s->ended);
    json_elapsed(o, s->started, s->ended);
    json_text(o, "message", job_message(b, i));
    if (shown == STATE_WAITING || (s->plan->notice && shown == STATE_SUCCESSFUL))
        json_text(o, "notice", s->plan->notice);
    if (shown == STATE_WAITING && s->plan->judge)
        cJSON_AddBoolToObject(o, "judge", true);
    if (shown == STATE_WAITING && s->plan->reasoned)
        cJSON_AddBoolToObject(o, "reason", true);
    if (cure_fits(b, i))
        json_text(o, "cure", s->plan->cure);
    if (s->progress.total > 0 && phase == PHASE_ACTING) {
        cJSON *p = cJSON_AddObjectToObject(o, "progress");
        json_number(p, "done", s->progress.done);
        json_number(p, "total", s->progress.total);
        json_text(p, "unit", s->progress.unit);
        json_number(p, "rate", s->progress.rate);
    }
    return o;
}

/* The state of a step is that of its most urgent subtask. */
static enum state step_shown(const struct job *b, const struct core_step *st)
{
    static const enum state order[] = {STATE_FAILED, STATE_IN_DOUBT, STATE_WAITING, STATE_RUNNING, STATE_CANCELED};
    size_t pending = 0, skipped = 0;
    for (size_t o = 0; o < ARRAY_LEN(order); o++)
        for (size_t i = st->first; i < st->first + st->n; i++)
            if (core_phase_shown(b->core.subtasks[i].phase) == order[o])
                return order[o];
    for (size_t i = st->first; i < st->first + st->n; i++) {
        pending += b->core.subtasks[i].phase == PHASE_PENDING;
        skipped += b->core.subtasks[i].phase == PHASE_SKIPPED;
    }
    enum core_mode m = b->core.mode;
    return pending == st->n   ? STATE_PENDING
           : pending          ? m == MODE_RUNNING ? STATE_RUNNING : STATE_PENDING
           : skipped == st->n ? STATE_SKIPPED
                              : STATE_SUCCESSFUL;
}

/* Why nothing of it is run any more, though it has not ended; NULL: it may be. */
static const char *outdated(const struct job *b)
{
    enum core_mode m = b->core.mode;
    return m == MODE_READY || m == MODE_RUNNING || m == MODE_PAUSED || m == MODE_WINDOW ? plan_outdated(b->plan) : NULL;
}

static bool is_over(const struct job *b) { return b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED; }

static cJSON *add_range(cJSON *o, const char *name, double least, double most)
{
    cJSON *r = cJSON_AddObjectToObject(o, name);
    json_seconds(r, "least", least);
    json_seconds(r, "most", most);
    return r;
}

/* How long a step took in earlier runs, and whether it takes longer now. */
static void add_duration(cJSON *o, const struct job *b, size_t k)
{
    if (is_over(b) || !durations_counts(b, k) || !durations_of(b, k)->runs)
        return;
    const struct duration *d = durations_of(b, k);
    json_number(add_range(o, "expected", d->least, d->most), "runs", d->runs);
    if (k != core_current_step(&b->core)) /* of a thousand subtasks that have passed nobody asks again and again */
        return;
    if (durations_slower(b, k))
        cJSON_AddTrueToObject(o, "slower");
    double so_far = durations_so_far(b, k);
    if (so_far > 0)
        add_range(o, "left", d->least > so_far ? d->least - so_far : 0, d->most > so_far ? d->most - so_far : 0);
}

void add_start_at(cJSON *o, const struct job *b)
{
    if (b->core.mode != MODE_READY || !b->core.start_at)
        return;
    char *at = times_utc(b->core.start_at);
    json_text(o, "start_at", at);
    if (b->core.start_missed)
        cJSON_AddTrueToObject(o, "start_missed");
    free(at);
}

static void add_window(cJSON *o, const struct job *b)
{
    const struct core_window *now = &b->core.window;
    if (!now->set || is_over(b))
        return;
    int64_t opens, closes;
    nightly_next(&b->nightly, times_wall(), &opens, &closes);
    char *from = times_utc(opens), *to = times_utc(closes);
    cJSON *w = cJSON_AddObjectToObject(o, "window");
    json_text(w, "window", b->row.window);
    json_text(w, "opens", from);
    json_text(w, "closes", to);
    if (b->core.mode == MODE_WINDOW && core_current_step(&b->core) < b->core.n_steps)
        json_text(w, "awaited_by", b->plan->steps[core_current_step(&b->core)].id);
    free(from);
    free(to);
}

static void add_left(cJSON *o, const struct job *b)
{
    struct duration left;
    if (!is_over(b) && !outdated(b) && durations_left(b, 0, &left, NULL))
        json_number(add_range(o, "left", left.least, left.most), "runs", left.runs);
}

/* Who has approved the attempt that is to come, or that nobody has. */
static void add_approval(cJSON *o, const struct job *b, size_t k)
{
    const struct core_step *c = &b->core.steps[k];
    bool needed = false;
    for (size_t i = c->first; i < c->first + c->n; i++)
        needed |= core_unapproved(&b->core.subtasks[i]) && !core_phase_passed(b->core.subtasks[i].phase);
    struct journal_approval a = {0};
    struct err e;
    if (needed && !is_over(b))
        cJSON_AddTrueToObject(o, "approve");
    else if (journal_approval(b->jobs->journal, b->row.id, b->plan->steps[k].id, &a, &e) == 0)
        json_text(o, "approved_by", a.actor);
    journal_approval_clear(&a);
}

cJSON *snapshot_step(const struct job *b, size_t k, struct room *r)
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
    json_text(o, "step", st->id);
    json_text(o, "title", st->title);
    json_text(o, "state", state_word(step_shown(b, c)));
    json_time(o, "started", started);
    if (!open)
        json_time(o, "ended", ended);
    json_elapsed(o, started, open ? NULL : ended);
    if (st->irreversible)
        cJSON_AddTrueToObject(o, "irreversible");
    json_text(o, "hook", st->hook);
    if (st->undo)
        json_word(o, "on_failure", "rollback");
    if (c->stop && (b->core.mode == MODE_READY || b->core.mode == MODE_RUNNING || b->core.mode == MODE_PAUSED ||
                    b->core.mode == MODE_WINDOW))
        cJSON_AddTrueToObject(o, "breakpoint");
    if (st->approve)
        add_approval(o, b, k);
    add_duration(o, b, k);
    list = r ? cJSON_AddArrayToObject(o, "subtasks") : NULL;
    for (size_t i = c->first; r && i < c->first + c->n; i++)
        cJSON_AddItemToArray(list, snapshot_subtask(b, i, room_take(r, b, i)));
    return o;
}

struct facts {
    cJSON *list;
    size_t left;
};

static bool add_fact(void *ctx, const char *name, const char *value)
{
    struct facts *f = ctx;
    size_t need = json_room(name) + json_room(value);
    if (need <= f->left) {
        f->left -= need;
        cJSON_AddStringToObject(f->list, name, value);
    }
    return true;
}

/* Why the job does not continue: the reason of an operator or the engine, or the message of the subtask in the way. */
static char *why_of(const struct job *b)
{
    if (outdated(b))
        return xasprintf("an older omsupd made its plan, which will not be continued: %s", outdated(b));
    if (b->row.why)
        return xstrdup(b->row.why);
    enum state st = core_job_state(&b->core);
    if (st != STATE_FAILED && st != STATE_WAITING)
        return NULL;
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        enum core_phase p = b->core.subtasks[i].phase;
        const struct sub *s = &b->subs[i];
        if (st == STATE_FAILED ? p == PHASE_FAILED : p == PHASE_GATE || p == PHASE_APPROVAL || p == PHASE_UNKNOWN) {
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
        json_text(x, "host", b->plan->hosts[h].name);
        cJSON_AddBoolToObject(x, "up", host_up(b->hosts[h]));
        if (!host_up(b->hosts[h]))
            json_text(x, "why", node_why(b->hosts[h]->node));
        cJSON_AddItemToArray(list, x);
    }
}

struct undone {
    int64_t job, by, unfinished; /* by a rollback that is live or Successful; the newest one that was canceled */
};

static bool note_rollback(void *ctx, const struct journal_job *row)
{
    struct undone *u = ctx;
    if (row->id > u->job && row->parent == u->job && job_type_parse(row->type) == JOB_ROLLBACK) {
        if (strcmp(row->state, state_word(STATE_CANCELED)) != 0)
            u->by = row->id;
        else if (!u->unfinished)
            u->unfinished = row->id;
    }
    return row->id > u->job && u->by == 0;
}

/* Whether the upgrade, or that of a canceled rollback, is rolled back. An upgrade under way is not, because a rollback
 * ends it. */
static void add_rollbacks(cJSON *o, const struct job *b)
{
    bool back = b->plan->type == JOB_ROLLBACK;
    struct undone u = {.job = back ? b->row.parent : b->row.id};
    bool ended = b->core.mode == MODE_CANCELED || (b->core.mode == MODE_SUCCESSFUL && !back);
    if (ended && b->plan->type != JOB_CHECK)
        journal_jobs(b->jobs->journal, false, note_rollback, &u, NULL);
    if (u.by)
        json_number(o, "rolled_back_by", (double)u.by);
    else if (u.unfinished && !back)
        json_number(o, "rollback_unfinished", (double)u.unfinished);
}

static void add_copy(void *ctx, const char *node, const char *time, bool newest)
{
    cJSON *x = cJSON_CreateObject();
    json_text(x, "host", node);
    json_time(x, "time", time);
    cJSON_AddBoolToObject(x, "newest", newest);
    cJSON_AddItemToArray(ctx, x);
}

/* Where copies of its state are, and whether the newest is nowhere. */
static void add_copies(cJSON *o, const struct job *b)
{
    cJSON *list = cJSON_CreateArray();
    char *trouble = copies_trouble(b->jobs, b->row.id);
    copies_each(b->jobs, b->row.id, add_copy, list);
    json_text(o, "uncopied", trouble);
    if (cJSON_GetArraySize(list))
        cJSON_AddItemToObject(o, "copies", list);
    else
        cJSON_Delete(list);
    free(trouble);
}

cJSON *snapshot_of(const struct job *b, int64_t *last)
{
    cJSON *o = cJSON_CreateObject(), *steps;
    size_t done = 0;
    char *why = why_of(b);
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        done += core_phase_passed(b->core.subtasks[i].phase);
    json_number(o, "job", (double)b->row.id);
    json_text(o, "type", job_type_name(b->plan->type));
    json_text(o, "state", state_word(core_job_state(&b->core)));
    json_text(o, "why", why);
    json_text(o, "trouble", b->lease.trouble);
    json_text(o, "untold", b->jobs->untold);
    add_copies(o, b);
    json_text(o, "outdated", outdated(b));
    json_text(o, "object", b->row.object);
    json_text(o, "operator", b->row.login);
    json_text(o, "deployment", b->plan->deployment);
    json_text(o, "procedure", b->plan->procedure);
    json_text(o, "source", b->plan->source);
    json_text(o, "target", b->plan->target);
    json_text(o, "plan", b->row.plan);
    json_time(o, "created", b->row.created);
    add_start_at(o, b);
    json_time(o, "started", b->row.started);
    json_time(o, "completed", b->row.completed);
    json_elapsed(o, b->row.started, b->row.completed);
    if (b->row.parent)
        json_number(o, "parent", (double)b->row.parent);
    add_rollbacks(o, b);
    add_series(o, b);
    outage_add(o, b);
    add_left(o, b);
    add_window(o, b);
    json_number(o, "done", (double)done);
    json_number(o, "total", (double)b->core.n_subtasks);
    struct facts facts = {cJSON_AddObjectToObject(o, "facts"), FACTS_ROOM};
    journal_facts(b->jobs->journal, b->row.id, add_fact, &facts, NULL);
    *last = journal_last_event(b->jobs->journal, b->row.id);
    json_number(o, "last", (double)*last);
    add_hosts(o, b);
    steps = cJSON_AddArrayToObject(o, "steps");
    struct room r = room_for(b, 0, b->core.n_subtasks, false);
    for (size_t k = 0; k < b->plan->n_steps; k++)
        cJSON_AddItemToArray(steps, snapshot_step(b, k, &r));
    free(why);
    return o;
}

int view_snapshot(struct jobs *js, int64_t id, struct view_mark *mark, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int rc = view_find(js, id, &b, &loaded, e);
    if (rc)
        return rc;
    *out = snapshot_of(b, &mark->last);
    mark->job = b->row.id;
    job_free(loaded);
    return 0;
}
