/* Time, pure: which of it counts for timeouts, and how long to pause between two looks at a condition. */
#pragma once
#include <stdint.h>

enum { TICK_MS = 250, TICKS_COUNTED = 4, PAUSE_MIN_MS = 200, PAUSE_PART = 10 };

/* The part of the time since the last tick in which this process was watching. A daemon that was stopped, or got no
 * CPU, has not watched while the clock ran. */
static inline uint64_t clock_watched(uint64_t elapsed_ms)
{
    return elapsed_ms < (uint64_t)TICK_MS * TICKS_COUNTED ? elapsed_ms : (uint64_t)TICK_MS * TICKS_COUNTED;
}

/* The pause before the next look at a condition that has been waited for so long: a tenth of the wait, so that seeing
 * it late makes no wait longer than by a tenth; at least 0.2 s, so that looks do not take the CPU from what they wait
 * for; at most the step's `every`. */
static inline uint64_t clock_pause(uint64_t waited_ms, unsigned every_s)
{
    uint64_t pause = waited_ms / PAUSE_PART, most = 1000ULL * every_s;
    pause = pause > PAUSE_MIN_MS ? pause : PAUSE_MIN_MS;
    return pause < most ? pause : most;
}
