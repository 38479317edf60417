/* Which time counts for timeouts. A daemon that was stopped, or got no CPU, has not watched while the clock ran. */
#pragma once
#include <stdint.h>

enum { TICK_MS = 250, TICKS_COUNTED = 4 };

/* The part of the time since the last tick in which this process was watching. */
static inline uint64_t clock_watched(uint64_t elapsed_ms)
{
    return elapsed_ms < (uint64_t)TICK_MS * TICKS_COUNTED ? elapsed_ms : (uint64_t)TICK_MS * TICKS_COUNTED;
}
