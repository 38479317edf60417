#include "daemon/api/users.h"

#include <pwd.h>
#include <stdlib.h>

#include "common/alloc.h"

#define MS UINT64_C(1000000)

enum { KNOWN_MAX = 64, NAMED_S = 60 };

/* Of the loop's time, in thousandths: what each user may take, what is shared by those who take more, and what it costs
 * to accept connections. And how much may be taken at once. */
enum { VIEWER_PERMILLE = 5, OPERATOR_PERMILLE = 10, SHARED_PERMILLE = 20, ACCEPT_PERMILLE = 200 };
enum { VIEWER_BURST_MS = 15, OPERATOR_BURST_MS = 150, SHARED_BURST_MS = 0, ACCEPT_BURST_MS = 20 };
enum { OWED_MAX_MS = 100 }; /* beyond the burst: nobody is kept waiting for long for what they did before */

struct allowance {
    uint64_t permille, burst;
};

static struct allowance of(bool operates)
{
    return operates ? (struct allowance){OPERATOR_PERMILLE, OPERATOR_BURST_MS * MS}
                    : (struct allowance){VIEWER_PERMILLE, VIEWER_BURST_MS * MS};
}

static const struct allowance shared = {SHARED_PERMILLE, SHARED_BURST_MS *MS};
static const struct allowance accepts = {ACCEPT_PERMILLE, ACCEPT_BURST_MS *MS};

static void forget(struct owed *o, const struct allowance *a, uint64_t now)
{
    uint64_t gone = now > o->at ? (now - o->at) * a->permille / 1000 : 0;
    if (!gone)
        return; /* asked again at once: what has passed counts the next time */
    o->ns = o->ns > gone ? o->ns - gone : 0;
    o->at = now;
}

static uint64_t wait_of(struct owed *o, const struct allowance *a, uint64_t now)
{
    forget(o, a, now);
    return o->ns > a->burst ? (o->ns - a->burst) * 1000 / a->permille : 0;
}

static void owe(struct owed *o, const struct allowance *a, uint64_t begin, uint64_t end)
{
    forget(o, a, end);
    o->ns += end - begin;
    if (o->ns > a->burst + OWED_MAX_MS * MS)
        o->ns = a->burst + OWED_MAX_MS * MS;
}

/* The one that was here longest ago gives way, if it has no sessions. */
static void make_room(struct users *us)
{
    struct user **old = NULL;
    for (struct user **p = &us->first; *p; p = &(*p)->next)
        if (!(*p)->sessions && (!old || (*p)->owed.at < (*old)->owed.at))
            old = p;
    if (us->n < KNOWN_MAX || !old)
        return;
    struct user *u = *old;
    *old = u->next;
    us->n--;
    free(u->login);
    free(u);
}

static void name(struct user *u, uint64_t now)
{
    const struct passwd *pw = getpwuid(u->uid);
    free(u->login);
    u->login = pw ? xstrdup(pw->pw_name) : xasprintf("uid %u", (unsigned)u->uid);
    u->named = now;
}

struct user *users_of(struct users *us, uid_t uid, uint64_t now)
{
    struct user *u = us->first;
    while (u && u->uid != uid)
        u = u->next;
    if (!u) {
        make_room(us);
        u = xcalloc(1, sizeof *u);
        u->uid = uid;
        u->owed.at = now;
        u->next = us->first;
        us->first = u;
        us->n++;
        name(u, now);
    } else if (now - u->named > NAMED_S * 1000 * MS) {
        name(u, now);
    }
    return u;
}

uint64_t users_wait(struct users *us, struct user *u, bool operates, uint64_t now)
{
    struct allowance a = of(operates);
    uint64_t own = wait_of(&u->owed, &a, now), all = wait_of(&us->shared, &shared, now);
    return own < all ? own : all;
}

void users_served(struct users *us, struct user *u, bool operates, uint64_t begin, uint64_t end)
{
    struct allowance a = of(operates);
    if (wait_of(&u->owed, &a, begin) > 0)
        owe(&us->shared, &shared, begin, end);
    owe(&u->owed, &a, begin, end);
}

uint64_t users_accept_wait(struct users *us, uint64_t now) { return wait_of(&us->accepts, &accepts, now); }

void users_accepted(struct users *us, uint64_t begin, uint64_t end) { owe(&us->accepts, &accepts, begin, end); }

void users_clear(struct users *us)
{
    struct user *next;
    for (struct user *u = us->first; u; u = next) {
        next = u->next;
        free(u->login);
        free(u);
    }
    *us = (struct users){0};
}
