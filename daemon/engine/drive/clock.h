/* What counts as watched. A daemon that was stopped, or had no processor, has not watched while the clock went on. */
#pragma once
#include <stdint.h>

enum { TICK_MS = 250, TICKS_COUNTED = 4 };

/* Of the time since the last tick: that in which this process looked. */
static inline uint64_t clock_watched(uint64_t elapsed_ms)
{
    return elapsed_ms < (uint64_t)TICK_MS * TICKS_COUNTED ? elapsed_ms : (uint64_t)TICK_MS * TICKS_COUNTED;
}
