#!/bin/sh
# Yes if the console is running, and starts with the container from now on.
# uses: supervisor

status=$(supervisor "$NEW_CONTAINER" oms_console)
echo "omsup: evidence $status"
in_state "$status" oms_console '[A-Z]+' || exit 2
in_state "$status" oms_console RUNNING || exit 1
# Without this, the console would not come back after the next restart of the container.
ini=$("$DOCKER" exec "$NEW_CONTAINER" cat /etc/supervisor/conf.d/oms_console.ini) || exit 2
! printf '%s\n' "$ini" | grep -Fq 'autostart = false'
