/* Jobs whose plan this omsupd cannot honour: they must not stop the others, so they are held until an omsupd that can
 * starts. That they are held is known in memory only: the journal keeps why the job rests. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/internal.h"

struct held {
    struct held *next;
    int64_t id;
    char *why;
};

void held_add(struct engine *en, int64_t id, const char *why)
{
    struct held *h = xcalloc(1, sizeof *h);
    *h = (struct held){en->held, id, xasprintf("held: this omsupd cannot honour its plan: %s", why)};
    en->held = h;
}

static void held_free(struct held *h)
{
    free(h->why);
    free(h);
}

static void held_drop(struct engine *en, int64_t id)
{
    for (struct held **p = &en->held; *p; p = &(*p)->next)
        if ((*p)->id == id) {
            struct held *h = *p;
            *p = h->next;
            held_free(h);
            return;
        }
}

void held_free_all(struct engine *en)
{
    while (en->held)
        held_drop(en, en->held->id);
}

const char *held_why(const struct engine *en, int64_t id)
{
    for (const struct held *h = en->held; h; h = h->next)
        if (h->id == id)
            return h->why;
    return NULL;
}

/* --- cancel ------------------------------------------------------------------------------------------------ */

struct open_run {
    unsigned seq, attempt;
    char *at, *host, *token; /* NULL: there is none */
};

static bool look_open(void *ctx, unsigned seq, const struct journal_subtask *s)
{
    struct open_run *o = ctx;
    if (!s->open_run)
        return true;
    o->seq = seq;
    o->attempt = s->attempt;
    o->at = xasprintf("%s/%s", s->step, s->name);
    return false;
}

static bool look_attempt(void *ctx, const struct journal_attempt *a)
{
    struct open_run *o = ctx;
    if (a->attempt != o->attempt)
        return true;
    o->host = xstrdup(a->host);
    o->token = xstrdup(a->token);
    return false;
}

/* A run outlives the daemon, and one that does not know what it is cannot stop it. */
static int refuse_open(struct engine *en, int64_t id, struct err *e)
{
    struct open_run o = {0};
    int rc = journal_subtasks(en->journal, id, look_open, &o, e);
    if (rc == 0 && o.at)
        rc = journal_attempts(en->journal, id, (int)o.seq, look_attempt, &o, e);
    if (rc == 0 && o.at)
        rc = err_set(
            e, ERR_STATE,
            "cancel of job %lld is refused: it is held, and this omsupd cannot stop %s, which may run on %s (run %s): "
            "look there, then cancel with --force",
            (long long)id, o.at, o.host ? o.host : "its host", o.token ? o.token : "not known");
    free(o.at);
    free(o.host);
    free(o.token);
    return rc;
}

static void add_event(struct engine *en, int64_t id, const char *actor, const char *event, const char *from,
                      const char *to, const char *reason)
{
    struct err e;
    char *now = engine_now();
    struct journal_event ev = {.time = now,
                               .job = id,
                               .actor = (char *)actor,
                               .event = (char *)event,
                               .from = (char *)from,
                               .to = (char *)to,
                               .reason = (char *)reason};
    if (journal_add_event(en->journal, &ev, &e))
        engine_die(&e);
    free(now);
}

/* ",successful,skipped,": the phases that are an end, as journal_cancel_subtasks() takes them. */
static char *final_phases(void)
{
    struct buf b = {0};
    buf_puts(&b, ",");
    for (int p = 0; p < N_PHASES; p++)
        if (core_phase_final((enum core_phase)p))
            buf_printf(&b, "%s,", core_phase_name((enum core_phase)p));
    return buf_take(&b);
}

int held_cancel(struct engine *en, const struct engine_caller *who, int64_t id, const char *reason, bool force,
                struct err *e)
{
    struct journal_job row;
    int rc = force ? 0 : refuse_open(en, id, e);
    if (rc || (rc = journal_job(en->journal, id, &row, e)))
        return rc;
    struct err failed;
    char *now = engine_now(), *final = final_phases();
    const char *canceled = state_word(STATE_CANCELED);
    if (journal_begin(en->journal, &failed) ||
        journal_cancel_subtasks(en->journal, id, now, core_phase_name(PHASE_CANCELED), final, &failed))
        engine_die(&failed);
    engine_touch(en);
    add_event(en, id, who->actor, force ? "cancel-force" : "cancel", state_word(STATE_PAUSED), canceled, reason);
    add_event(en, id, "engine", "ended", NULL, canceled, NULL);
    struct journal_job ended = row;
    ended.mode = (char *)core_mode_name(MODE_CANCELED);
    ended.state = (char *)canceled;
    ended.why = (char *)reason;
    ended.completed = now;
    if (journal_set_job(en->journal, &ended, &failed))
        engine_die(&failed);
    held_drop(en, id);
    journal_job_clear(&row);
    free(final);
    free(now);
    return 0;
}
