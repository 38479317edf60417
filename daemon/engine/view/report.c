/* All subtasks of a job with their attempts, for a report: in parts, because a job of many nodes has thousands. A
 * client that gets the same `last` with every part has seen one state of the job, for whatever changes has an event. */
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"
#include "daemon/engine/view/internal.h"

/* One part: it takes some milliseconds of the loop's time. */
enum { SUBTASKS_MAX = 128, ATTEMPTS_MAX = 100, OUTPUTS_MAX = 16, OUTPUT_END = 2000 };

struct part {
    struct job *b;
    cJSON *list;
    size_t left;
    unsigned outputs; /* each of them is read whole from the journal */
};

struct newest {
    cJSON *list;
    size_t at; /* how many there were */
    unsigned open, bad;
};

static bool take_attempt(void *ctx, const struct journal_attempt *a)
{
    struct newest *x = ctx;
    bool good = a->outcome && strcmp(a->outcome, "exited") == 0 && a->exit == 0;
    cJSON_AddItemToArray(x->list, attempt_json(a));
    if (++x->at > ATTEMPTS_MAX)
        cJSON_DeleteItemFromArray(x->list, 0);
    if (!good)
        *(a->outcome ? &x->bad : &x->open) = a->attempt;
    return true;
}

/* How the newest attempt ended that did not exit 0: what a person reads first. */
static void add_output(cJSON *o, struct part *p, size_t seq, unsigned attempt)
{
    char *data = NULL;
    size_t len = 0, at;
    if (attempt == 0 || journal_output(p->b->jobs->journal, p->b->row.id, (unsigned)seq, attempt, &data, &len, NULL))
        return;
    for (at = len > OUTPUT_END ? len - OUTPUT_END : 0; at > 0 && at < len && ((unsigned char)data[at] & 0xC0) == 0x80;)
        at++;
    struct buf text = {0};
    utf8_add(&text, data + at, len - at);
    cJSON *end = cJSON_AddObjectToObject(o, "output");
    json_number(end, "attempt", attempt);
    json_text(end, "text", buf_str(&text));
    if (at > 0)
        cJSON_AddTrueToObject(end, "cut");
    buf_free(&text);
    free(data);
    p->outputs++;
}

static void add_subtask(struct part *p, size_t seq)
{
    const struct sub *s = &p->b->subs[seq];
    cJSON *o = snapshot_subtask(p->b, seq, true), *attempts;
    json_text(o, "step", s->step->id);
    if (s->plan->check.script || s->plan->check.builtin)
        cJSON_AddTrueToObject(o, "check");
    if (p->b->core.subtasks[seq].skip_forced)
        cJSON_AddTrueToObject(o, "skip_forced");
    attempts = cJSON_AddArrayToObject(o, "attempts");
    struct newest x = {.list = attempts};
    journal_attempts(p->b->jobs->journal, p->b->row.id, (int)seq, take_attempt, &x, NULL);
    add_output(o, p, seq, x.bad);
    cJSON_AddItemToArray(p->list, o);
}

/* About what it will take. The few outputs of a part have their place between ANSWER_ROOM and the longest answer. */
static size_t room_of(const struct job *b, size_t seq)
{
    const struct sub *s = &b->subs[seq];
    size_t attempts = b->core.subtasks[seq].attempt < ATTEMPTS_MAX ? b->core.subtasks[seq].attempt : ATTEMPTS_MAX;
    return 2 * (size_t)SUBTASK_ROOM + json_room(job_message(b, seq)) + json_room(s->plan->title) +
           json_room(s->plan->notice) + json_room(s->plan->cure) + 2 * attempts * ATTEMPT_ROOM;
}

int view_report(struct jobs *js, int64_t id, uint64_t offset, cJSON **out, struct err *e)
{
    struct job *b, *loaded;
    int rc = view_find(js, id, &b, &loaded, e);
    if (rc)
        return rc;
    size_t n = b->core.n_subtasks, seq = offset < n ? (size_t)offset : n, first = seq;
    char *now = times_now();
    *out = cJSON_CreateObject();
    json_time(*out, "now", now);
    json_number(*out, "last", (double)journal_last_event(js->journal, b->row.id));
    struct part p = {.b = b, .list = cJSON_AddArrayToObject(*out, "subtasks"), .left = ANSWER_ROOM};
    for (; seq < n && seq < first + SUBTASKS_MAX && p.outputs < OUTPUTS_MAX; seq++) {
        size_t need = room_of(b, seq);
        if (need > p.left && seq > first)
            break;
        p.left -= need < p.left ? need : p.left;
        add_subtask(&p, seq);
    }
    json_number(*out, "next", (double)seq);
    cJSON_AddBoolToObject(*out, "end", seq == n);
    free(now);
    job_free(loaded);
    return 0;
}
