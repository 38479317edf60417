/* The driver: one event in, one commit, then the effects. The only caller of the core. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/internal.h"

enum { CLOSE_MS = 20000 };

_Noreturn void engine_die(const struct err *e)
{
    log_error("%s; memory is ahead of the journal, so this process ends and starts again from it", e->msg);
    _exit(70);
}

char *engine_now(void)
{
    struct timeval tv;
    struct tm tm;
    char day[32];
    gettimeofday(&tv, NULL);
    gmtime_r(&tv.tv_sec, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    return xasprintf("%s.%03dZ", day, (int)(tv.tv_usec / 1000));
}

static void must(int rc, const struct err *e)
{
    if (rc)
        engine_die(e);
}

static void open_tx(struct engine *en)
{
    struct err e;
    must(journal_begin(en->journal, &e), &e);
    engine_touch(en);
}

void engine_touch(struct engine *en) { en->dirty = true; }

struct job *engine_job(struct engine *en, int64_t id)
{
    for (struct job *b = en->jobs; b; b = b->next)
        if (b->row.id == id)
            return b;
    return NULL;
}

void engine_add_event(struct job *b, const char *step, const char *subtask, const char *actor, const char *event,
                      const char *from, const char *to, const char *reason)
{
    struct err e;
    open_tx(b->en);
    char *now = engine_now();
    struct journal_event ev = {.time = now,
                               .job = b->row.id,
                               .step = (char *)step,
                               .subtask = (char *)subtask,
                               .actor = (char *)actor,
                               .event = (char *)event,
                               .from = (char *)from,
                               .to = (char *)to,
                               .reason = (char *)reason};
    must(journal_add_event(b->en->journal, &ev, &e), &e);
    free(now);
    b->changed = true;
}

void engine_record_job(struct job *b)
{
    struct err e;
    open_tx(b->en);
    free(b->row.mode);
    free(b->row.state);
    b->row.mode = xstrdup(core_mode_name(b->core.mode));
    b->row.state = xstrdup(state_word(core_job_state(&b->core)));
    must(journal_set_job(b->en->journal, &b->row, &e), &e);
    b->changed = true;
}

void engine_record_sub(struct job *b, size_t seq)
{
    struct err e;
    const struct core_subtask *c = &b->core.subtasks[seq];
    const struct sub *s = &b->subs[seq];
    open_tx(b->en);
    struct journal_subtask row = {.step = s->step->id,
                                  .name = s->plan->name,
                                  .phase = (char *)core_phase_name(c->phase),
                                  .started = s->started,
                                  .ended = s->ended,
                                  .message = s->message,
                                  .attempt = c->attempt,
                                  .lost = c->lost,
                                  .open_run = c->open_run,
                                  .skip_forced = c->skip_forced};
    must(journal_set_subtask(b->en->journal, b->row.id, (unsigned)seq, &row, &e), &e);
    b->changed = true;
}

void engine_set_why(struct job *b, const char *why)
{
    char *copy = xstrdup(why);
    free(b->row.why);
    b->row.why = copy;
}

static void set_mark(struct job *b, const char *name)
{
    struct err e;
    char *old = journal_fact(b->en->journal, b->row.id, name);
    if (!old) {
        char *now = engine_now();
        strcpy(now + 19, "Z"); /* whole seconds */
        must(journal_set_fact(b->en->journal, b->row.id, name, now, now, &e), &e);
        free(now);
    }
    free(old);
}

static void add_attempt(struct job *b, size_t seq)
{
    struct err e;
    const struct core_subtask *c = &b->core.subtasks[seq];
    struct sub *s = &b->subs[seq];
    s->forced = s->force_next;
    s->force_next = false; /* of one attempt: what the engine begins by itself is not forced */
    char *token = job_token(b, seq, c->attempt), *now = engine_now();
    const struct plan_host *h = &b->plan->hosts[s->plan->host];
    struct host *host = s->plan->act.script ? job_host(b, seq) : NULL;
    struct journal_attempt a = {.seq = (unsigned)seq,
                                .attempt = c->attempt,
                                .token = token,
                                .host = h->name,
                                .boot = (char *)(host ? node_boot_id(host->node) : b->en->boot),
                                .forced = s->forced,
                                .started = now};
    must(journal_add_attempt(b->en->journal, b->row.id, &a, &e), &e);
    free(token);
    free(now);
}

/* Whatever has ended a subtask without its attempt's own word: out of time of a look, cancel, skip or done by force. */
static void drop_attempt(struct job *b, size_t seq)
{
    struct err e;
    char *now = engine_now();
    must(journal_drop_attempt(b->en->journal, b->row.id, (unsigned)seq, now, &e), &e);
    free(now);
}

static void add_effect(struct engine *en, struct job *b, size_t seq, enum core_effect what)
{
    if (what == EFFECT_NONE)
        return;
    if (en->n_effects == en->cap_effects) {
        en->cap_effects = en->cap_effects ? 2 * en->cap_effects : 16;
        en->effects = xrealloc(en->effects, en->cap_effects, sizeof *en->effects);
    }
    en->effects[en->n_effects++] = (struct effect){b, seq, what};
}

/* Writes what an update changed: rows, events, marks, attempts. `actor` caused the first move, the engine the rest. */
static void record(struct job *b, const struct core_update *u, const char *actor, const char *reason)
{
    struct engine *en = b->en;
    open_tx(en);
    for (size_t m = 0; m < u->n_moves; m++) {
        size_t seq = u->moves[m].subtask;
        const struct core_row *row = u->moves[m].row;
        struct sub *s = &b->subs[seq];
        bool own = m == 0 && actor && core_event_who(row->event) != BY_WORLD;
        const char *from = state_word(core_phase_shown(row->from)), *to = state_word(core_phase_shown(row->to));
        if (row->from == PHASE_PENDING && row->to != PHASE_SKIPPED && row->to != PHASE_CANCELED && s->step->marks)
            set_mark(b, s->step->marks);
        if (core_phase_busy(row->to) && !core_phase_busy(row->from) && (!s->started || core_phase_final(row->from))) {
            free(s->started);
            s->started = engine_now();
            free(s->ended);
            s->ended = NULL;
        }
        if (row->to == PHASE_PENDING) { /* held back: it has not begun, so no time runs for it */
            free(s->started);
            s->started = NULL;
            s->force_next = false;
        }
        if (row->to == PHASE_GATE && !s->started)
            s->started = engine_now();
        if (core_phase_final(row->to)) {
            free(s->ended);
            s->ended = engine_now();
            drop_attempt(b, seq);
        }
        if (row->effect == EFFECT_ACT)
            add_attempt(b, seq);
        engine_record_sub(b, seq);
        engine_add_event(b, s->step->id, s->plan->name, own ? actor : "engine", core_event_name(row->event), from, to,
                         own && reason ? reason : (m == 0 && reason ? reason : row->why));
        add_effect(en, b, seq, row->effect);
    }
}

static void record_end(struct job *b, enum core_mode before)
{
    if (b->core.mode == before)
        return;
    if (b->core.mode == MODE_RUNNING && !b->row.started)
        b->row.started = engine_now();
    if (b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED) {
        free(b->row.completed);
        b->row.completed = engine_now();
        if (b->core.mode == MODE_SUCCESSFUL) /* a canceled job keeps the reason */
            engine_set_why(b, NULL);
        engine_add_event(b, NULL, NULL, "engine", "ended", NULL, state_word(core_job_state(&b->core)), NULL);
    }
}

bool engine_event(struct job *b, size_t seq, enum core_event ev, const char *actor, const char *reason)
{
    struct core_update *u = &b->en->update;
    core_update_clear(u);
    enum core_mode before = b->core.mode;
    if (!core_apply(&b->core, seq, ev, u))
        return false;
    record(b, u, actor, reason);
    record_end(b, before);
    engine_record_job(b);
    return true;
}

bool engine_verb_job(struct job *b, enum core_verb v, const char *actor, const char *reason)
{
    struct core_update *u = &b->en->update;
    core_update_clear(u);
    enum core_mode before = b->core.mode;
    const char *from = state_word(core_job_state(&b->core));
    if (!core_verb(&b->core, v, u))
        return false;
    engine_set_why(b, v == VERB_PAUSE || v == VERB_HOLD || v == VERB_CANCEL || v == VERB_CANCEL_FORCE ? reason : NULL);
    engine_add_event(b, NULL, NULL, actor, core_verb_name(v), from, state_word(core_job_state(&b->core)), reason);
    record(b, u, NULL, NULL);
    record_end(b, before);
    engine_record_job(b);
    return true;
}

static void drop_ended(struct engine *en)
{
    for (struct job **p = &en->jobs; *p;) {
        struct job *b = *p;
        if (b->core.mode == MODE_SUCCESSFUL || b->core.mode == MODE_CANCELED) {
            *p = b->next;
            job_free(b);
        } else {
            p = &b->next;
        }
    }
}

static void tell(struct engine *en)
{
    for (struct job *b = en->jobs; b; b = b->next) {
        if (b->changed && en->changed)
            en->changed(en->changed_ctx, b->row.id);
        b->changed = false;
    }
    if (en->reach.changed && en->changed)
        en->changed(en->changed_ctx, 0);
    en->reach.changed = false;
}

/* Hosts that have come up: what waits for them goes on. false: there is none. */
static bool kick(struct engine *en)
{
    bool any = false;
    for (struct host *h = en->reach.hosts; h; h = h->next)
        if (h->kick) {
            h->kick = false;
            work_kick_host(en, h);
            any = true;
        }
    return any;
}

static void commit(struct engine *en)
{
    struct err e;
    en->dirty = false;
    must(journal_commit(en->journal, &e), &e);
    hosts_forget(&en->reach);
    struct effect *list = en->effects;
    size_t n = en->n_effects;
    en->effects = NULL;
    en->n_effects = en->cap_effects = 0;
    for (size_t i = 0; i < n; i++)
        work_start(list[i].job, list[i].seq, list[i].what);
    free(list);
}

void engine_flush(struct engine *en)
{
    if (en->flushing)
        return;
    en->flushing = true;
    do {
        while (en->dirty || en->n_effects || en->reach.forgotten)
            commit(en);
    } while (kick(en)); /* after the commit, for it may ask a host for what was not durable before */
    tell(en);
    drop_ended(en);
    hosts_close_unused(&en->reach, false);
    en->flushing = false;
}

static void on_prepare(uv_prepare_t *h) { engine_flush(h->data); }

static void on_tick(uv_timer_t *t)
{
    struct engine *en = t->data;
    uint64_t now = uv_now(en->loop), elapsed = clock_watched(now - en->last_tick_ms);
    en->last_tick_ms = now;
    for (struct job *b = en->jobs; b; b = b->next)
        work_tick(b, elapsed);
}

static char *read_boot_id(void)
{
    char id[64] = "";
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f) {
        if (!fgets(id, sizeof id, f))
            id[0] = '\0';
        fclose(f);
    }
    id[strcspn(id, "\n")] = '\0';
    return xstrdup(id);
}

/* Names this journal, so that numbers of jobs of another journal never collide on nodes. */
static int load_instance(struct engine *en, struct err *e)
{
    en->instance = journal_fact(en->journal, 0, "instance");
    if (en->instance)
        return 0;
    unsigned char r[4];
    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
        return err_set(e, ERR_SYSTEM, "no random bytes");
    en->instance = xasprintf("%02x%02x%02x%02x", r[0], r[1], r[2], r[3]);
    char *now = engine_now();
    int rc = journal_begin(en->journal, e);
    if (rc == 0 && (rc = journal_set_fact(en->journal, 0, "instance", en->instance, now, e)) == 0)
        rc = journal_commit(en->journal, e);
    free(now);
    return rc;
}

static bool attempt_ended(void *ctx, const char *token)
{
    const struct engine *en = ctx;
    return journal_attempt_ended(en->journal, token);
}

int engine_new(uv_loop_t *loop, const struct engine_config *c, struct journal *j, const struct procedures *ps,
               struct engine **out, struct err *e)
{
    struct engine *en = xcalloc(1, sizeof *en);
    en->loop = loop;
    en->run_dir = xstrdup(c->run_dir);
    en->host = xstrdup(c->host);
    en->config = (struct engine_config){en->run_dir, en->host, c->resume_after_reboot};
    en->journal = j;
    en->procedures = ps;
    en->boot = read_boot_id();
    int rc = load_instance(en, e);
    if (rc) {
        free(en->run_dir);
        free(en->host);
        free(en->boot);
        free(en->instance);
        free(en);
        return rc;
    }
    reach_init(&en->reach, loop, en->run_dir, en->instance, attempt_ended, en);
    uv_prepare_init(loop, &en->prepare);
    en->prepare.data = en;
    uv_prepare_start(&en->prepare, on_prepare);
    uv_timer_init(loop, &en->tick);
    en->tick.data = en;
    en->last_tick_ms = uv_now(loop);
    uv_timer_start(&en->tick, on_tick, TICK_MS, TICK_MS);
    *out = en;
    return 0;
}

void engine_on_change(struct engine *en, void (*changed)(void *ctx, int64_t job), void *ctx)
{
    en->changed = changed;
    en->changed_ctx = ctx;
}

const struct procedures *engine_procedures(const struct engine *en) { return en->procedures; }

bool engine_busy(const struct engine *en)
{
    for (const struct job *b = en->jobs; b; b = b->next)
        if (b->core.mode == MODE_RUNNING || b->core.mode == MODE_CANCELING)
            return true;
    return false;
}

static void recover_job(struct job *b)
{
    struct engine *en = b->en;
    bool rebooted = strcmp(b->row.boot, en->boot) != 0;
    if (rebooted) {
        free(b->row.boot);
        b->row.boot = xstrdup(en->boot);
        engine_add_event(b, NULL, NULL, "engine", "reboot-seen", NULL, NULL, "the control host rebooted");
        if (b->row.pause_on_reboot && !en->config.resume_after_reboot && b->core.mode == MODE_RUNNING) {
            size_t k = core_current_step(&b->core);
            char *why = xasprintf(
                "the control host rebooted during \"%s\"; look whether somebody has repaired by hand, then resume",
                k < b->core.n_steps ? b->plan->steps[k].title : "the end");
            engine_verb_job(b, VERB_HOLD, "engine", why);
            free(why);
        }
        engine_record_job(b);
    } else if (b->core.mode == MODE_RUNNING || b->core.mode == MODE_CANCELING) {
        engine_add_event(b, NULL, NULL, "engine", "recovered", NULL, NULL,
                         "omsupd started and goes on from the journal");
    }
    for (size_t i = 0; i < b->core.n_subtasks; i++)
        work_adopt(b, i);
}

struct load {
    struct engine *en;
    struct err *e;
};

static bool load_one(void *ctx, const struct journal_job *row)
{
    struct load *l = ctx;
    struct job *b;
    if (job_load(l->en, row, &b, l->e)) {
        log_error("job %lld is held: %s", (long long)row->id, l->e->msg);
        held_add(l->en, row->id, l->e->msg);
        return true;
    }
    b->next = l->en->jobs;
    l->en->jobs = b;
    return true;
}

int engine_recover(struct engine *en, struct err *e)
{
    struct load l = {en, e};
    int rc = journal_jobs(en->journal, true, load_one, &l, e);
    for (struct job *b = en->jobs; rc == 0 && b; b = b->next)
        recover_job(b);
    engine_flush(en);
    return rc;
}

/* A server that says a little now and then can keep a call longer than its timeouts. What is in the journal is whole,
 * and the next start looks what became of the rest, as after a crash. */
static void on_close_limit(uv_timer_t *t)
{
    log_warn("ends without the answer of the MetaDB, which has not come for %d s", CLOSE_MS / 1000);
    _exit(0);
}

static void maybe_closed(struct engine *en);

static void handle_closed(uv_handle_t *h)
{
    struct engine *en = h->data;
    en->open_handles--;
    maybe_closed(en);
}

static void maybe_closed(struct engine *en)
{
    if (!en->reach_closed)
        return;
    if (!uv_is_closing((uv_handle_t *)&en->tick))
        uv_close((uv_handle_t *)&en->tick, handle_closed);
    if (en->open_handles)
        return;
    void (*closed)(void *) = en->closed;
    void *ctx = en->closed_ctx;
    core_update_free(&en->update);
    held_free_all(en);
    free(en->effects);
    free(en->run_dir);
    free(en->host);
    free(en->boot);
    free(en->instance);
    free(en);
    closed(ctx);
}

static void on_reach_closed(void *ctx)
{
    struct engine *en = ctx;
    en->reach_closed = true;
    maybe_closed(en);
}

void engine_close(struct engine *en, void (*closed)(void *ctx), void *ctx)
{
    engine_flush(en);
    en->closed = closed;
    en->closed_ctx = ctx;
    en->open_handles = 2;
    en->changed = NULL;
    while (en->jobs) {
        struct job *b = en->jobs;
        en->jobs = b->next;
        job_free(b);
    }
    uv_close((uv_handle_t *)&en->prepare, handle_closed);
    uv_timer_start(&en->tick, on_close_limit, CLOSE_MS, 0);
    reach_close(&en->reach, on_reach_closed, en);
}
