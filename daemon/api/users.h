/* The users of the socket: how many connections each has, and how much of the loop's time their requests took.
 *
 * While a job is under way requests get a small part of the time, so that clients that ask without pause do not slow it
 * down. A user who asks now and then never notices: what was taken is forgotten at a steady rate, and only somebody who
 * owes more than a burst has to wait. Those share what is set aside for all of them.
 *
 * users_of() finds or makes; it stays valid while it has sessions. Times are nanoseconds of one clock that never goes
 * back. Pure but for the names of users. Loop thread only. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct owed {
    uint64_t ns, at;
};

struct user {
    struct user *next;
    uid_t uid;
    char *login; /* "root", or "uid 1234" */
    uint64_t named;
    unsigned sessions; /* counted by the caller */
    struct owed owed;
    uint64_t noted_since; /* audit.c: events of this minute; and those that were left out */
    unsigned noted, unnoted;
};

struct users {
    struct user *first;
    size_t n;
    struct owed shared;  /* by those who had to wait */
    struct owed accepts; /* by peers that connect */
};

/* operates: more is allowed. */
struct user *users_of(struct users *us, uid_t uid, uint64_t now);
/* 0: a request of theirs may be served now; else the nanoseconds until it may. */
uint64_t users_wait(struct users *us, struct user *u, bool operates, uint64_t now);
void users_served(struct users *us, struct user *u, bool operates, uint64_t begin, uint64_t end);
/* The same for connections that wait to be accepted, whoever they are. */
uint64_t users_accept_wait(struct users *us, uint64_t now);
void users_accepted(struct users *us, uint64_t begin, uint64_t end);
void users_clear(struct users *us);
