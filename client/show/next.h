/* Shared by the files of "Next" only: what is running, what waits for whom, and exactly what to type. Nothing there may
 * be more than is known. */
#pragma once
#include "client/show/show.h"

enum { NEXT_ITEMS_MAX = 8 }; /* of one kind; the rest is counted */

struct next {
    struct buf *b;
    const struct view *v;
    const struct snapshot *s;
    const struct step *st; /* of the item */
    const struct subtask *sub;
};

struct next_work {
    bool runs, canceling, unreachable;
};

/* next_say.c. next_say() is one line of our own words, perhaps with the daemon's in it; next_type() is a command about
 * the item, or about the job when there is none. */
void next_say(const struct next *n, unsigned indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void next_say_lines(const struct next *n, const char *text); /* a notice has lines of its own */
void next_command(const struct next *n, const struct buf *cmd, const char *why);
void next_type(const struct next *n, const char *verb, const char *more, const char *why);
void next_item(const struct next *n, enum state st, const char *message);

/* next_items.c. next_each() is for every subtask in this state, up to a bound; it returns how many there are. */
size_t next_each(struct next *n, enum state st, void (*fn)(const struct next *));
void next_doubt(const struct next *n);
void next_failed(const struct next *n);
void next_waiting(const struct next *n);
void next_running(const struct next *n);
struct next_work next_at_work(const struct snapshot *s);

/* next_back.c */
bool next_may_roll_back(const struct snapshot *s);
bool next_unfinished_rollback(const struct snapshot *s);
bool next_unobserved(const struct next *n); /* says which attempts; a rollback is refused without --force then */
void next_see_rollback(const struct next *n);
void next_roll_back(const struct next *n, const char *more);
void next_roll_back_by_force(const struct next *n);
void next_roll_back_again(const struct next *n);
void next_or_roll_back(const struct next *n);
void next_restore_time(const struct next *n);
void next_canceled(const struct next *n);
void next_canceling(const struct next *n, bool unreachable);

void next_series(const struct next *n); /* next_series.c */
void next_outdated(struct next *n);     /* next_outdated.c */
