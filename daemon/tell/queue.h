/* What waits for one target, in memory; the same is in the journal. Shared by the files of the room only. */
#pragma once
#include "daemon/tell/deliver.h"
#include "daemon/tell/kind.h"

struct notice {
    struct notice *next;
    int64_t id, event, job;
    enum kind kind;
    char *step, *time;
    unsigned tries;
};

struct told {
    struct tell *tell;
    const struct target_config *config; /* NULL: journald */
    const char *name;
    struct notice *first, **end;
    size_t n;
    bool busy;                 /* the first is being told */
    struct delivery *delivery; /* by this */
    unsigned failures;         /* in a row */
    uint64_t again_ms;         /* loop time of the next try */
    uint64_t sent, failed, dropped;
    char *trouble, *since, *last; /* why it cannot be notified, and since when; when it was told last */
};

void queue_init(struct told *q);
void queue_add(struct told *q, struct notice *n); /* takes it */
struct notice *queue_take(struct told *q);        /* the first; notice_free() it */
void queue_rotate(struct told *q);                /* the first becomes the last */
/* Is the same said by one that waits, and that is not being told right now? */
bool queue_has(const struct told *q, const struct journal_event *ev, enum kind k);
struct notice *notice_new(int64_t id, int64_t event, enum kind k, int64_t job, const char *step, const char *time);
void notice_free(struct notice *n);
