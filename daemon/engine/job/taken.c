/* Jobs of this journal that another control host has taken over. A node, or the lease, tells so. Then the job is
 * Paused, leaves the memory before anything more of it can be asked, and is on hold for ever: the fact `taken-over`
 * says why. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/alloc.h"
#include "common/log.h"
#include "daemon/engine/job/job.h"

void taken_note(struct job *b, const char *host, const char *time)
{
    if (b->taken)
        return;
    b->taken = time ? xasprintf("taken over by %s at %s", host, time) : xasprintf("taken over by %s", host);
    b->jobs->dirty = true; /* the turn drops it */
}

/* One that has ended here. Its next hop and its rollback are the other host's as well. */
static void note_ended(struct jobs *js, int64_t id, const struct node_fence *f)
{
    struct err e;
    struct journal_job row;
    char *own = journal_fact(js->journal, id, TAKEOVER_FACT), *known = journal_fact(js->journal, id, TAKEN_FACT);
    bool ours = own && strtoul(own, NULL, 10) >= f->epoch;
    if (!ours && !known && !held_why(js, id) && journal_job(js->journal, id, &row, &e) == 0) {
        char *why = xasprintf("taken over by %s at %s", f->host, f->time);
        record_taken(js, id, why);
        record_event_of(js, id, "engine", "taken-over", why);
        free(why);
        journal_job_clear(&row);
    }
    free(own);
    free(known);
}

void taken_hear(struct jobs *js, const struct node_fence *f)
{
    char instance[17] = "";
    int64_t id;
    for (struct job *b = js->first; b; b = b->next) {
        const char *at = f->job + (strncmp(f->job, "omsup-", 6) == 0 ? 6 : 0);
        bool own = f->epoch == b->fence.epoch && b->fence.taker && strcmp(f->taker, b->fence.taker) == 0;
        if (strcmp(at, b->key) != 0)
            continue;
        if (f->epoch >= b->fence.epoch && !own)
            taken_note(b, f->host, f->time);
        return;
    }
    if (sscanf(f->job, "omsup-%" SCNd64 "-%16[0-9a-f]", &id, instance) == 2 && strcmp(instance, js->instance) == 0)
        note_ended(js, id, f);
}

int taken_refuse(const struct jobs *js, int64_t id, struct err *e)
{
    char *why = journal_fact(js->journal, id, TAKEN_FACT);
    int rc = why ? err_set(e, ERR_STATE, "job %lld is %s: use that host", (long long)id, why) : 0;
    free(why);
    return rc;
}

bool taken_hold(struct jobs *js, int64_t id)
{
    char *why = journal_fact(js->journal, id, TAKEN_FACT);
    if (why)
        held_taken(js, id, why);
    free(why);
    return why != NULL;
}

/* Nothing of it is known any more: what was under way is the other host's. */
static void write_taken(struct job *b)
{
    const char *from = state_word(core_job_state(&b->core));
    log_error("job %lld has been %s: this omsupd does not touch it any more", (long long)b->row.id, b->taken);
    record_begin(b->jobs);
    for (size_t i = 0; i < b->core.n_subtasks; i++) {
        struct core_subtask *c = &b->core.subtasks[i];
        if (!core_phase_busy(c->phase) && c->phase != PHASE_GATE && c->phase != PHASE_APPROVAL)
            continue;
        c->phase = PHASE_UNKNOWN;
        c->open_run = false;
        job_say(b, i, "%s", b->taken);
        record_attempt_drop(b, i);
        record_sub(b, i);
    }
    record_fact(b, TAKEN_FACT, b->taken);
    b->core.mode = MODE_PAUSED;
    b->core.start_at = 0;
    b->core.undo = b->core.undo == UNDO_DUE ? UNDO_SPENT : b->core.undo;
    job_set_why(b, b->taken);
    record_event(b, NULL, NULL, "engine", "taken-over", from, state_word(STATE_PAUSED), b->taken);
    record_job(b);
}

bool taken_drop(struct jobs *js, void (*dropped)(void *ctx, const struct job *b), void *ctx)
{
    bool any = false;
    for (struct job **p = &js->first; *p;) {
        struct job *b = *p;
        if (!b->taken) {
            p = &b->next;
            continue;
        }
        any = true;
        write_taken(b);
        held_taken(js, b->row.id, b->taken);
        dropped(ctx, b);
        *p = b->next;
        job_free(b);
    }
    return any;
}
