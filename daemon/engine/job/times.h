/* Times as the journal keeps them, and the time that passes between two of them, whatever is done to the host's clock.
 *
 * A time is UTC text, YYYY-MM-DDThh:mm:ss.sssZ, by the clock of this host. When somebody sets that clock (NTP, a
 * resumed virtual machine, a person), all later times carry behind the Z by how many seconds it has been set in the
 * life of this journal: "2026-11-30T03:00:01.250Z+3600.000". The difference of two times without these is the time that
 * passed. It holds over restarts of omsupd; while the host is down only its clock can tell what passes.
 *
 * One state for the process, of its one journal; the loop's thread only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct journal;

/* What is known of the clock, pure: the wall clock minus the clock since boot, and by how much it has been set. */
struct times_clock {
    bool known;
    int64_t offset_ms, set_ms;
};

enum { TIMES_SET_MS = 1000 }; /* what is below this is not told from the time that two readings take */

/* By how much the clock has been set since the last look, in ms; 0: it has not. */
int64_t times_observe(struct times_clock *c, int64_t wall_ms, int64_t boot_ms);

/* Before any other: takes over what the journal knows of the clock. `boot`: id of this boot of the host. */
int times_open(struct journal *j, const char *boot, struct err *e);
/* Looks at the clock. By how much it has been set since the last call, in ms; 0: it has not, and nothing is to be kept.
 */
int64_t times_look(void);
/* Writes what is known of the clock, in a transaction of the caller. */
int times_keep(struct journal *j, const char *boot, struct err *e);

char *times_now(void);           /* caller frees */
int64_t times_wall(void);        /* the wall clock of this host, in seconds */
char *times_local(int64_t wall); /* "2026-12-01 02:00:00 +0800", by the time zone of this host; caller frees */
char *times_utc(int64_t wall);   /* "2026-11-30T18:00:00Z"; caller frees */
/* As people and scripts read it: whole seconds, nothing behind the Z. */
void times_whole_seconds(char *time);
/* On a scale that nobody sets, for differences only. 0: it is no time. */
double times_seconds(const char *time);
int64_t times_ms_since(const char *time);       /* until now; not below 0 */
bool times_later(const char *a, const char *b); /* a than b; false when one is NULL */
