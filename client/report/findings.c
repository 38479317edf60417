/* What a reader must know first. It follows from states, names of events and numbers, never from texts for people. */
#include <stdlib.h>
#include <string.h>

#include "client/lang/lang.h"
#include "client/report/report.h"
#include "common/alloc.h"
#include "common/array.h"

enum { FINDINGS_MAX = 300 };

static const struct {
    const char *word, *text;
    enum finding_level level;
} rows[] = {
#define FINDING(name, word, level, text) [FINDING_##name] = {word, text, LEVEL_##level},
#include "client/report/findings.def"
#undef FINDING
};

const char *finding_word(enum finding_kind k) { return rows[k].word; }
enum finding_level finding_level(enum finding_kind k) { return rows[k].level; }
const char *finding_text(enum finding_kind k) { return rows[k].text; }

static void add(struct report *r, const struct finding *f)
{
    if (r->n_findings == FINDINGS_MAX)
        return;
    r->findings = xrealloc(r->findings, r->n_findings + 1, sizeof *r->findings);
    r->findings[r->n_findings++] = *f;
}

static struct finding of_event(enum finding_kind k, const cJSON *o)
{
    return (struct finding){.kind = k,
                            .step = report_text(o, "step"),
                            .sub = report_text(o, "subtask"),
                            .who = report_text(o, "actor"),
                            .why = report_text(o, "reason"),
                            .time = report_text(o, "time")};
}

static void of_job(struct report *r)
{
    const struct snapshot *s = &r->s;
    enum finding_kind state = s->state == STATE_FAILED     ? FINDING_JOB_FAILED
                              : s->state == STATE_CANCELED ? FINDING_JOB_CANCELED
                              : snapshot_awaits_window(s)  ? FINDING_JOB_WINDOW
                              : s->state == STATE_WAITING  ? FINDING_JOB_WAITING
                              : s->state == STATE_PAUSED   ? FINDING_JOB_PAUSED
                                                           : N_FINDINGS;
    if (state != N_FINDINGS)
        add(r, &(struct finding){.kind = state, .why = s->why});
    bool sure, back = snapshot_is(s, JOB_ROLLBACK);
    if (back || r->undo.there)
        r->lost = report_restored(r, back ? r->subs : r->undo.subs, back ? r->n_subs : r->undo.n_subs, &sure);
    if (r->lost)
        add(r, &(struct finding){.kind = sure ? FINDING_LOST_DATA : FINDING_MAYBE_LOST, .why = r->lost});
    if (s->outage.started && !s->outage.ended && snapshot_ended(s) && s->rolled_back_by < 0)
        add(r, &(struct finding){.kind = FINDING_OUTAGE_OPEN, .time = s->outage.started});
    if (s->rolled_back_by >= 0 && !back)
        add(r, &(struct finding){.kind = FINDING_ROLLED_BACK,
                                 .n = s->rolled_back_by,
                                 .why = r->undo.there ? state_word(r->undo.s.state) : NULL});
    if (s->rollback_unfinished >= 0)
        add(r, &(struct finding){.kind = FINDING_UNFINISHED, .n = s->rollback_unfinished});
    if (s->trouble)
        add(r, &(struct finding){.kind = FINDING_TROUBLE, .why = s->trouble});
    if (s->outdated)
        add(r, &(struct finding){.kind = FINDING_OUTDATED, .why = s->outdated});
    for (size_t i = 0; i < s->n_hosts && !snapshot_ended(s); i++)
        if (!s->hosts[i].up)
            add(r, &(struct finding){.kind = FINDING_HOST_DOWN, .step = s->hosts[i].name, .why = s->hosts[i].why});
}

static void of_subtask(struct report *r, const struct report_sub *x)
{
    struct finding f = {.step = x->step, .sub = x->s.name, .why = x->s.message};
    const cJSON *a;
    f.kind = x->s.state == STATE_FAILED ? FINDING_FAILED : x->s.state == STATE_IN_DOUBT ? FINDING_DOUBT : N_FINDINGS;
    if (f.kind != N_FINDINGS)
        add(r, &f);
    if (x->s.unobserved) {
        f.kind = FINDING_UNOBSERVED;
        add(r, &f);
    }
    cJSON_ArrayForEach(a, x->attempts) if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(a, "forced")))
    {
        f.kind = FINDING_RETRY_FORCE;
        f.n = (int64_t)cJSON_GetObjectItemCaseSensitive(a, "attempt")->valuedouble; /* report_parse() has seen it */
        add(r, &f);
    }
}

static const struct report_sub *sub_of(const struct report *r, const cJSON *event)
{
    const char *step = report_text(event, "step"), *sub = report_text(event, "subtask");
    for (size_t i = 0; step && sub && i < r->n_subs; i++)
        if (strcmp(r->subs[i].step, step) == 0 && strcmp(r->subs[i].s.name, sub) == 0)
            return &r->subs[i];
    return NULL;
}

/* Of a gate nothing is known but what a person says; of a condition omsupd asks its check, and takes a "yes" by itself.
 */
static bool against_check(const struct report_sub *x) { return x && x->s.kind && strcmp(x->s.kind, "gate") != 0; }

static void of_person(struct report *r, const cJSON *o)
{
    static const struct {
        const char *event;
        enum finding_kind kind;
    } events[] = {{"skip", FINDING_SKIPPED},
                  {"done", FINDING_DONE},
                  {"done-force", FINDING_DONE_FORCE},
                  {"cancel-force", FINDING_CANCEL_FORCE},
                  {"give-up", FINDING_GIVEN_UP},
                  {"confirm", FINDING_CONFIRMED},
                  {"window-confirm", FINDING_OUT_OF_WINDOW}};
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (strcmp(report_text(o, "event"), events[i].event) == 0) {
            const struct report_sub *x = sub_of(r, o);
            struct finding f = of_event(events[i].kind, o);
            if (f.kind == FINDING_SKIPPED && x && x->skip_forced && x->proof == o)
                f.kind = FINDING_SKIP_FORCED;
            if (f.kind == FINDING_CONFIRMED && !against_check(x))
                return;
            add(r, &f);
            return;
        }
}

/* Told once, with how often: many of them are usual where a network or a disk is slow. */
static void of_engine(struct report *r)
{
    static const struct {
        const char *event[3];
        enum finding_kind kind;
        bool each;
    } events[] = {{{"reboot-seen"}, FINDING_REBOOT, true},
                  {{"lock-unsure"}, FINDING_LOCK_UNSURE, true},
                  {{"takeover"}, FINDING_TAKEN_OVER, true},
                  {{"fact-refused"}, FINDING_FACT_REFUSED, true},
                  {{"timeout", "timeout-look"}, FINDING_TIMED_OUT, false},
                  {{"lost", "lost-look"}, FINDING_LOST, false},
                  {{"exit-bad", "exit-ask"}, FINDING_ERRORS, false}};
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        struct finding f = {.kind = N_FINDINGS};
        int64_t n = 0;
        const cJSON *o;
        cJSON_ArrayForEach(o, r->events)
        {
            const char *event = report_text(o, "event");
            if (strcmp(event, events[i].event[0]) != 0 &&
                !(events[i].event[1] && strcmp(event, events[i].event[1]) == 0))
                continue;
            n++;
            if (events[i].each || f.kind == N_FINDINGS)
                f = of_event(events[i].kind, o);
            if (events[i].each)
                add(r, &f);
        }
        f.n = n;
        if (n && !events[i].each)
            add(r, &f);
    }
}

/* The gravest first, otherwise in their order. */
static void sort(struct report *r)
{
    struct finding *sorted = xcalloc(r->n_findings + 1, sizeof *sorted);
    size_t n = 0;
    for (int level = LEVEL_GRAVE; level <= LEVEL_NOTE; level++)
        for (size_t i = 0; i < r->n_findings; i++)
            if ((int)rows[r->findings[i].kind].level == level)
                sorted[n++] = r->findings[i];
    free(r->findings);
    r->findings = sorted;
}

void findings_of(struct report *r)
{
    const cJSON *o;
    of_job(r);
    for (size_t i = 0; i < r->n_subs; i++)
        of_subtask(r, &r->subs[i]);
    cJSON_ArrayForEach(o, r->events) if (report_by_person(o)) of_person(r, o);
    of_engine(r);
    if (r->changing)
        add(r, &(struct finding){.kind = FINDING_CHANGING});
    if (r->events_left_out > 0)
        add(r, &(struct finding){.kind = FINDING_LEFT_OUT, .n = r->events_left_out});
    sort(r);
}
