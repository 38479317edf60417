#!/bin/sh
# Yes if this job has restarted the console and it is running.
# uses: console, supervisor, harmless

said=$(harmlessly console_job "$NEW_CONTAINER") || {
  printf '%s\n' "$said"
  exit 2
}
printf '%s\n' "$said" | grep -Fxq -- "$OMSUP_JOB" || exit 1
status=$(supervisor "$NEW_CONTAINER" oms_console)
echo "omsup: evidence $status"
in_state "$status" oms_console '[A-Z]+' || exit 2
in_state "$status" oms_console RUNNING
