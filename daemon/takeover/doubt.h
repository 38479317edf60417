/* What a subtask is after a takeover. Pure.
 *
 * The copy is a little older than the truth, and of what ran on the lost host itself nothing is left. So: what has run
 * files on a node is taken up from them, newer or not; an attempt that has none, or was on the lost host, has an
 * outcome that nobody knows; and what has no check and may have begun since the copy is for an operator to decide. What
 * has a check is asked again, as after a crash of the daemon. */
#pragma once
#include "daemon/engine/core/core.h"

enum doubt_where {
    DOUBT_CALL, /* a built-in, or a script that only looks: it ended with the process that asked for it */
    DOUBT_LOST, /* a run on the lost control host */
    DOUBT_NODE, /* a run on a node that was asked for its run files */
    DOUBT_AWAY, /* a run on a node that could not be asked: the daemon asks when it is back */
};

struct doubt {
    enum core_phase phase; /* from now on */
    unsigned attempt;
    bool lost;  /* the copy's attempt has ended, and its outcome is not known */
    bool found; /* `attempt` is newer than the copy, and is taken up */
};

/* `found`: its newest attempt with run files on its node, 0: none. `begun`: its step may have begun since the copy. */
struct doubt doubt_of(const struct core_subtask *s, enum doubt_where where, unsigned found, bool begun);
