#include "daemon/engine/job/times.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/alloc.h"
#include "daemon/journal/journal.h"

#define FACT "clock" /* of job 0: "BOOT OFFSET_MS SET_MS" */
enum { READ_MS = 100, WHOLE = sizeof "YYYY-MM-DDThh:mm:ss" - 1 };

static struct times_clock state;
static int64_t untold_ms; /* set since the last times_look() */

int64_t times_observe(struct times_clock *c, int64_t wall_ms, int64_t boot_ms)
{
    int64_t offset = wall_ms - boot_ms, set = c->known ? offset - c->offset_ms : 0;
    if (c->known && set < TIMES_SET_MS && set > -TIMES_SET_MS)
        return 0;
    *c = (struct times_clock){true, offset, c->set_ms + set};
    return set;
}

static int64_t read_ms(clockid_t id)
{
    struct timespec t = {0};
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The wall clock; notices when it has been set. Both clocks are read in one moment, or nothing is learned. */
static int64_t wall_ms(void)
{
    int64_t before = read_ms(CLOCK_BOOTTIME), wall = read_ms(CLOCK_REALTIME);
    if (read_ms(CLOCK_BOOTTIME) - before < READ_MS)
        untold_ms += times_observe(&state, wall, before);
    return wall;
}

int times_open(struct journal *j, const char *boot, struct err *e)
{
    char then[64], *fact = journal_fact(j, 0, FACT);
    struct times_clock c = {0};
    bool read = fact && sscanf(fact, "%63s %" SCNd64 " %" SCNd64, then, &c.offset_ms, &c.set_ms) == 3;
    if (fact && !read) {
        int rc =
            err_set(e, ERR_JOURNAL, "the journal's fact '" FACT "' is '%.80s', not a boot id and two numbers", fact);
        free(fact);
        return rc;
    }
    free(fact);
    c.known = read && *boot && strcmp(then, boot) == 0;
    state = c;
    untold_ms = 0;
    wall_ms();
    if (c.known)
        return 0; /* what has happened meanwhile is told by times_look() */
    int rc = journal_begin(j, e);
    if (rc == 0 && (rc = times_keep(j, boot, e)) == 0)
        rc = journal_commit(j, e);
    return rc;
}

int64_t times_look(void)
{
    wall_ms();
    int64_t set = untold_ms;
    untold_ms = 0;
    return set;
}

int times_keep(struct journal *j, const char *boot, struct err *e)
{
    char *now = times_now(),
         *fact = xasprintf("%s %" PRId64 " %" PRId64, *boot ? boot : "-", state.offset_ms, state.set_ms);
    int rc = journal_set_fact(j, 0, FACT, fact, now, e);
    free(fact);
    free(now);
    return rc;
}

char *times_now(void)
{
    int64_t ms = wall_ms();
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    char day[32];
    gmtime_r(&s, &tm);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &tm);
    char *t = xasprintf("%s.%03dZ", day, (int)(ms % 1000));
    if (state.set_ms) {
        char *set = xasprintf("%s%+.3f", t, (double)state.set_ms / 1000);
        free(t);
        t = set;
    }
    return t;
}

void times_whole_seconds(char *time)
{
    if (strlen(time) > WHOLE)
        memcpy(time + WHOLE, "Z", sizeof "Z");
}

double times_seconds(const char *time)
{
    struct tm tm = {0};
    char *rest = strptime(time, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        return 0;
    double part = strtod(rest, &rest), set = *rest == 'Z' ? strtod(rest + 1, NULL) : 0;
    return (double)timegm(&tm) + part - set;
}

int64_t times_ms_since(const char *time)
{
    char *now = times_now();
    double ms = 1000 * (times_seconds(now) - times_seconds(time));
    free(now);
    return ms > 0 ? (int64_t)(ms + 0.5) : 0;
}

int64_t times_wall(void) { return wall_ms() / 1000; }

char *times_local(int64_t wall)
{
    time_t t = (time_t)wall;
    struct tm tm;
    char text[64];
    localtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &tm);
    return xstrdup(text);
}

char *times_utc(int64_t wall)
{
    time_t t = (time_t)wall;
    struct tm tm;
    char text[64];
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return xstrdup(text);
}

/* Most times have nothing behind the Z, and there may be thousands: then their texts are compared. */
bool times_later(const char *a, const char *b)
{
    if (!a || !b)
        return false;
    const char *set_a = strchr(a, 'Z'), *set_b = strchr(b, 'Z');
    if (set_a && set_b && strcmp(set_a, set_b) == 0)
        return strcmp(a, b) > 0;
    return times_seconds(a) > times_seconds(b);
}
