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

/* The pause before the next look at a condition that has been waited for so long, when the last look took `looked_ms`.
 * It is a tenth of the wait, so that seeing the condition late makes no wait longer than by a tenth; not below 0.2 s or
 * the time of a look, because looks must not take the CPU from what they wait for; and not above the step's `every`. */
static inline uint64_t clock_pause(uint64_t waited_ms, uint64_t looked_ms, unsigned every_s)
{
    uint64_t pause = waited_ms / PAUSE_PART, most = 1000ULL * every_s;
    uint64_t least = looked_ms > PAUSE_MIN_MS ? looked_ms : PAUSE_MIN_MS;
    pause = pause > least ? pause : least;
    return pause < most ? pause : most;
}
