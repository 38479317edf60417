#!/bin/sh
# Succeeds once every component in the old container is running. Not every old version has sshd.
# uses: supervisor, died

require_up "$OLD_ID"
status=$(supervisor "$OLD_ID")
printf '%s\n' "$status"
missing=$(not_running "$status" nginx oms_console oms_drc_cm oms_drc_supervisor)
[ -n "$missing" ] || exit 0
echo "omsup: evidence not RUNNING:$missing"
exit 1
