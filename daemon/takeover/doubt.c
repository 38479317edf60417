#include "daemon/takeover/doubt.h"

static bool acts(enum core_phase p)
{
    return p == PHASE_ACTING || p == PHASE_EXPIRING || p == PHASE_CANCELING || p == PHASE_FENCING;
}

struct doubt doubt_of(const struct core_subtask *s, enum doubt_where where, unsigned found, bool begun)
{
    struct doubt d = {.phase = s->phase, .attempt = s->attempt};
    if (core_phase_passed(s->phase) || s->phase == PHASE_CANCELED)
        return d;
    if (where == DOUBT_NODE && found > s->attempt) {
        d.phase = s->phase == PHASE_CANCELING ? PHASE_CANCELING : PHASE_ACTING;
        d.attempt = found;
        d.found = true;
    } else if (acts(s->phase) && (where == DOUBT_LOST || (where == DOUBT_NODE && found < s->attempt))) {
        d.phase = core_row(s->phase, EV_LOST)->to;
        d.lost = true;
    } else if ((s->phase == PHASE_PENDING || s->phase == PHASE_APPROVAL || s->phase == PHASE_FAILED) && begun &&
               !s->has_check && !s->read_only) {
        d.phase = PHASE_UNKNOWN;
    }
    return d;
}
