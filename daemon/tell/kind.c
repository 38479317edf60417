#include "daemon/tell/kind.h"

#include <string.h>

#include "common/array.h"

const char *const kind_words[] = {
#define KIND(name, word, priority, english, chinese) word,
#include "daemon/tell/kinds.def"
#undef KIND
    NULL};

static const struct {
    int priority;
    const char *english, *chinese;
} kinds[] = {
#define KIND(name, word, priority, english, chinese) {priority, english, chinese},
#include "daemon/tell/kinds.def"
#undef KIND
};

/* Events of a job; those of subtasks, and those that end or pause a job, are told by the state that they lead to. */
static const struct {
    const char *event;
    enum kind kind;
} by_event[] = {
    {"window-missed", KIND_OF_WINDOW_MISSED}, {"next-hop-failed", KIND_OF_NEXT_FAILED},
    {"lock-lost", KIND_OF_LEASE_LOST},        {"lock-unsure", KIND_OF_LEASE_LOST},
    {"lock-sure", KIND_OF_LEASE_BACK},        {"node-lost", KIND_OF_NODE_LOST},
    {"node-back", KIND_OF_NODE_BACK},         {"outdated", KIND_OF_WAITING},
    {"breakpoint", KIND_OF_PAUSED}, /* it names the step that is next */
};

enum kind kind_parse(const char *word)
{
    for (int k = 0; k < N_KINDS; k++)
        if (strcmp(kind_words[k], word) == 0)
            return (enum kind)k;
    return N_KINDS;
}

int kind_priority(enum kind k) { return kinds[k].priority; }

/* It is Waiting, but continues by itself. */
static bool waits_for_window(enum kind k, const char *event)
{
    return k == KIND_OF_WAITING && event && strcmp(event, "window-waits") == 0;
}

const char *kind_english(enum kind k, const char *event)
{
    return waits_for_window(k, event) ? "the job waits for its window" : kinds[k].english;
}

const char *kind_chinese(enum kind k, const char *event)
{
    return waits_for_window(k, event) ? "任务正在等待时间窗" : kinds[k].chinese;
}

static bool is(const char *word, enum state s) { return strcmp(word, state_word(s)) == 0; }

/* In Doubt are also those whose check is being run; a person is needed when that has not helped. */
static bool rests_in_doubt(const struct job *b, const struct journal_event *ev)
{
    size_t first, n;
    return !b || (job_find(b, ev->step, ev->subtask, &first, &n, NULL) == 0 &&
                  b->core.subtasks[first].phase == PHASE_UNKNOWN);
}

static enum kind of_subtask(const struct job *b, const struct journal_event *ev)
{
    if (is(ev->to, STATE_IN_DOUBT))
        return rests_in_doubt(b, ev) ? KIND_OF_IN_DOUBT : N_KINDS;
    if (ev->from && strcmp(ev->from, ev->to) == 0)
        return N_KINDS;
    return is(ev->to, STATE_FAILED) ? KIND_OF_FAILED : is(ev->to, STATE_WAITING) ? KIND_OF_WAITING : N_KINDS;
}

enum kind kind_of(const struct job *b, const struct journal_event *ev)
{
    if (!ev->job)
        return N_KINDS;
    for (size_t k = 0; k < ARRAY_LEN(by_event); k++)
        if (strcmp(by_event[k].event, ev->event) == 0)
            return by_event[k].kind;
    if (!ev->to)
        return N_KINDS;
    if (ev->step)
        return of_subtask(b, ev);
    if (strcmp(ev->event, "ended") == 0) /* Failed: a job of checks */
        return is(ev->to, STATE_SUCCESSFUL) ? KIND_OF_SUCCESSFUL
               : is(ev->to, STATE_FAILED)   ? KIND_OF_FAILED
                                            : KIND_OF_CANCELED;
    return is(ev->to, STATE_PAUSED) && !(ev->from && is(ev->from, STATE_PAUSED)) ? KIND_OF_PAUSED : N_KINDS;
}
