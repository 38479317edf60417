#include "client/cli/exit.h"

#include "client/wire/wire.h"

enum exit_status exit_of_job(const struct snapshot *s)
{
    switch (s->state) {
    case STATE_SUCCESSFUL:
        return STATUS_DONE;
    case STATE_FAILED:
        return STATUS_FAILED;
    case STATE_WAITING:
        return snapshot_undecided(s) ? STATUS_IN_DOUBT : STATUS_WAITING;
    case STATE_PAUSED:
        return STATUS_PAUSED;
    case STATE_CANCELED:
        return STATUS_CANCELED;
    case STATE_INITIALIZING:
    case STATE_READY:
    case STATE_IN_PROGRESS:
    case STATE_PENDING:
    case STATE_RUNNING:
    case STATE_IN_DOUBT:
    case STATE_SKIPPED:
    case N_STATES:
        break;
    }
    return STATUS_RUNNING;
}
