/* A window of every night: from a time of day to another, which may be of the next day. Pure but for the time zone of
 * this host.
 *
 * "02:00-05:00" is by the clocks of this host; "02:00-05:00Z" and "02:00-05:00+08:00" by a fixed offset. In a night in
 * which clocks are set, it is the shorter one of what the words can mean: it opens at the later and closes at the
 * earlier of two moments that have that time of day; a time that does not exist is the moment at which the clock would
 * show it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct nightly {
    int from, to; /* minutes of the day; to <= from: of the next day */
    bool fixed;   /* UTC plus so many seconds */
    int64_t offset;
};

bool nightly_parse(const char *text, struct nightly *out); /* false: it is no window */
/* The one that is open at `now`, or the next one; seconds of the wall clock. */
void nightly_next(const struct nightly *n, int64_t now, int64_t *opens, int64_t *closes);
int64_t nightly_length(const struct nightly *n); /* of most nights, in seconds */
