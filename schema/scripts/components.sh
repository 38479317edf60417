#!/bin/sh
# Succeeds once every component in the new container is running.
# uses: supervisor, died

require_up "$NEW_CONTAINER"
status=$(supervisor "$NEW_CONTAINER")
printf '%s\n' "$status"
missing=$(not_running "$status" nginx oms_console oms_drc_cm oms_drc_supervisor sshd)
[ -n "$missing" ] || exit 0
echo "omsup: evidence not RUNNING:$missing"
exit 1
