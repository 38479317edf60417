#!/bin/sh
# Starts the console where docker_init.sh is not executed: with IS_UPGRADE=true it would stay stopped there, now and
# after every restart of the container. One that is already running is left alone.
# uses: supervisor

"$DOCKER" exec "$NEW_CONTAINER" sed -i 's/autostart = false/autostart = true/g' /etc/supervisor/conf.d/oms_console.ini
status=$(supervisor "$NEW_CONTAINER")
printf '%s\n' "$status"
if ! in_state "$status" oms_console RUNNING; then
  "$DOCKER" exec "$NEW_CONTAINER" supervisorctl start oms_console
fi
