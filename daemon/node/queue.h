/* A list of things in the order in which they came, each of which can leave it from anywhere. A thing begins with its
 * link; the queue owns none of them. (sys/queue.h is not of every C library.) */
#pragma once
#include <stddef.h>

struct link {
    struct link *next, **at; /* at: the pointer that points here */
};
struct queue {
    struct link *first, **end;
};

static inline void queue_init(struct queue *q) { *q = (struct queue){NULL, &q->first}; }

static inline void queue_add(struct queue *q, struct link *l)
{
    *l = (struct link){NULL, q->end};
    *q->end = l;
    q->end = &l->next;
}

static inline void queue_remove(struct queue *q, struct link *l)
{
    *l->at = l->next;
    if (l->next)
        l->next->at = l->at;
    else
        q->end = l->at;
}

/* All of `from` to the end of `to`. */
static inline void queue_move(struct queue *to, struct queue *from)
{
    if (!from->first)
        return;
    *to->end = from->first;
    from->first->at = to->end;
    to->end = from->end;
    queue_init(from);
}
