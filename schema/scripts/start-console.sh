#!/bin/sh
# Starts the console where docker_init.sh is not executed: with IS_UPGRADE=true it would stay stopped there, now and
# after every restart of the container. One that is already running is left alone. In one docker exec, because each takes
# a part of the outage.
# shellcheck disable=SC2016

"$DOCKER" exec "$NEW_CONTAINER" sh -c '
  sed -i "s/autostart = false/autostart = true/g" /etc/supervisor/conf.d/oms_console.ini || exit
  status=$(supervisorctl status 2>&1)
  printf "%s\n" "$status"
  printf "%s\n" "$status" | grep -Eq "^oms_console +RUNNING" || supervisorctl start oms_console
'
