/* A moment as an operator writes it, for --at. Pure but for the time zones of this host.
 *
 *   [YYYY-MM-DD] HH:MM[:SS] [ZONE]     also with T between date and time, and without the space before Z or an offset
 *
 * ZONE is Z, UTC, an offset (+08:00, +0800) or a name (Asia/Shanghai); without one the time is local (TZ), or with
 * --utc UTC. Without a date it is the next such time. A time of day that does not exist on that day, because clocks are
 * set ahead, or that comes twice, because they are set back, is refused: a person says which is meant, by an offset. */
#pragma once
#include <stdbool.h>
#include <time.h>

#include "common/err.h"

/* ERR_USAGE says what is wrong. One thread: a named zone is put into TZ meanwhile. */
int when_parse(const char *text, time_t now, bool utc, time_t *out, struct err *e);
