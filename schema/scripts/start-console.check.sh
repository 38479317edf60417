#!/bin/sh
# Yes if the console is running, and starts with the container from now on.
# uses: autostart, supervisor
# shellcheck disable=SC2016

answer=$("$DOCKER" exec "$NEW_CONTAINER" sh -c '
  supervisorctl status oms_console 2>&1
  cat /etc/supervisor/conf.d/oms_console.ini && printf "\n; read\n"
' 2>&1) || :
# Python may have a warning for every call.
status=$(printf '%s\n' "$answer" | grep -E '^oms_console[ :]' || printf '%s\n' "$answer")
status=$(printf '%s\n' "$status" | head -n 1)
echo "omsup: evidence $status"
in_state "$status" oms_console '[A-Z]+' || exit 2
in_state "$status" oms_console RUNNING || exit 1
# Without this, the console would not come back after the next restart of the container.
[ "$(printf '%s\n' "$answer" | tail -n 1)" = '; read' ] || exit 2
! printf '%s\n' "$answer" | grep -Eiq "$(autostart_off)"
