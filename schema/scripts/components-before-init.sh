#!/bin/sh
# Succeeds once all components are running, but for the console: IS_UPGRADE=true keeps it stopped until the metadata
# are initialized, so that waiting for it would never end.
# uses: supervisor, died

require_up "$NEW_CONTAINER"
status=$(supervisor "$NEW_CONTAINER")
printf '%s\n' "$status"
missing=$(not_running "$status" nginx oms_drc_cm oms_drc_supervisor sshd)
in_state "$status" oms_console '(RUNNING|STOPPED)' || missing="$missing oms_console"
[ -n "$missing" ] || exit 0
echo "omsup: evidence not RUNNING:$missing"
exit 1
