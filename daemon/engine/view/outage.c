/* The time in which OMS is out of service, and what it is made of. All of it is in the rows of the subtasks: steps are
 * barriers, so the parts follow each other without a gap, and their sum is the outage.
 *
 * An upgrade's outage begins at T1 and ends when every server was seen Online. A rollback's begins at T1 of the upgrade
 * if that was not Successful and never had every server Online, because then it is one outage; otherwise when the
 * rollback stops the new containers. */
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "daemon/engine/view/internal.h"

/* What follows at once has its own time in the same turn, a little later. No person is that fast. */
enum { TURN_MS = 250 };

/* The time between two subtasks that follow each other: only a pause of the job takes any. */
static double paused(double ended, double began) { return began - ended >= (double)TURN_MS / 1000 ? began - ended : 0; }

struct part {
    const char *began, *ended; /* ended NULL: it has not passed */
    double waiting, late, rested;
};

/* Takes the times of a subtask; `now` in seconds. */
static void add_subtask(struct part *part, const struct sub *s, double now)
{
    part->waiting += (double)s->waited_ms / 1000;
    part->late = (double)s->late_ms / 1000;
    part->rested += (double)s->rested_ms / 1000 + (s->rests ? now - times_seconds(s->rests) : 0);
}

/* Of subtasks side by side the one that ended last, or is open still, says what the step waited for. Those of a serial
 * step add up. */
static struct part part_of(const struct job *b, size_t k, double now)
{
    const struct core_step *st = &b->core.steps[k];
    struct part part = {0};
    const struct sub *last = NULL;
    const char *before = NULL;
    bool passed = true, last_open = false;
    for (size_t i = st->first; i < st->first + st->n; i++) {
        const struct sub *s = &b->subs[i];
        bool open = !core_phase_passed(b->core.subtasks[i].phase);
        passed &= !open;
        if (!s->began)
            continue;
        if (!part.began || times_later(part.began, s->began))
            part.began = s->began;
        if (st->serial) {
            add_subtask(&part, s, now);
            if (before)
                part.rested += paused(times_seconds(before), times_seconds(s->began));
            before = s->ended;
        } else if (!last || (open && !last_open) || (open == last_open && times_later(s->ended, last->ended))) {
            last = s;
            last_open = open;
        }
        if (!part.ended || times_later(s->ended, part.ended))
            part.ended = s->ended;
    }
    if (last)
        add_subtask(&part, last, now);
    if (!passed)
        part.ended = NULL;
    return part;
}

static cJSON *add_part(cJSON *parts, double elapsed)
{
    cJSON *o = cJSON_CreateObject();
    cJSON_AddItemToArray(parts, o);
    json_seconds(o, "elapsed", elapsed);
    return o;
}

static void add_step(cJSON *parts, const struct job *b, size_t k, double elapsed, const struct part *part)
{
    cJSON *o = add_part(parts, elapsed);
    json_text(o, "step", b->plan->steps[k].id);
    json_text(o, "title", b->plan->steps[k].title);
    json_seconds(o, "waiting", part->waiting);
    json_seconds(o, "late", part->late);
    json_seconds(o, "rested", part->rested);
}

/* The parts from `at` on, in seconds; until `end`, which is when the outage ended, or now. */
static void add_parts(cJSON *parts, const struct job *b, size_t from, size_t to, double at, double end)
{
    for (size_t k = from; k <= to; k++) {
        struct part part = part_of(b, k, end);
        const struct core_step *st = &b->core.steps[k];
        bool begun = part.began != NULL;
        if (!begun && core_phase_final(b->core.subtasks[st->first].phase) && b->core.mode != MODE_CANCELED)
            continue; /* skipped before it began */
        double until = part.ended ? times_seconds(part.ended) : end;
        part.rested += paused(at, begun ? times_seconds(part.began) : end);
        if (until > at || begun)
            add_step(parts, b, k, until - at, &part);
        at = until;
        if (!part.ended)
            break;
    }
}

/* Servers that an operator vouched for, or that an older omsupd saw Online, have no mark. */
static bool had_ended(struct journal *j, int64_t upgrade)
{
    struct err e;
    struct journal_job row;
    char *online = journal_fact(j, upgrade, ONLINE_MARK);
    bool ended = online != NULL;
    free(online);
    if (!ended && journal_job(j, upgrade, &row, &e) == 0) {
        ended = strcmp(row.state, state_word(STATE_SUCCESSFUL)) == 0;
        journal_job_clear(&row);
    }
    return ended;
}

/* When the outage began, into *from the first step of this job in it. NULL: it has not begun. Caller frees. */
static char *started(const struct job *b, size_t *from, bool *before)
{
    struct journal *j = b->jobs->journal;
    char *t1 = NULL;
    if (b->plan->type == JOB_ROLLBACK && !had_ended(j, b->row.parent))
        t1 = journal_fact_time(j, b->row.parent, "T1");
    *before = t1 != NULL;
    if (t1)
        *from = 0;
    else if (*from < b->plan->n_steps)
        t1 = xstrdup(part_of(b, *from, 0).began);
    return t1;
}

void outage_add(cJSON *o, const struct job *b)
{
    size_t from, to;
    bool before;
    if (b->plan->type == JOB_CHECK || !plan_outage(b->plan, &from, &to))
        return;
    char *t1 = started(b, &from, &before), *now = times_now();
    if (t1) {
        bool online = b->core.subtasks[b->core.steps[to].first].phase == PHASE_SUCCESSFUL;
        const char *ended = online ? b->subs[b->core.steps[to].first].ended : NULL, *end = ended ? ended
                                                                                           : b->row.completed
                                                                                               ? b->row.completed
                                                                                               : now;
        double at = times_seconds(t1);
        cJSON *x = cJSON_AddObjectToObject(o, "outage");
        json_time(x, "started", t1);
        json_time(x, "ended", ended);
        json_elapsed(x, t1, end);
        cJSON *parts = cJSON_AddArrayToObject(x, "parts");
        if (before) {
            double own = times_seconds(b->row.started ? b->row.started : end);
            json_number(add_part(parts, own - at), "job", (double)b->row.parent);
            at = own;
        }
        if (!before || b->row.started)
            add_parts(parts, b, from, to, at, times_seconds(end));
    }
    free(now);
    free(t1);
}
