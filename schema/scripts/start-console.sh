#!/bin/sh
# Starts the console where docker_init.sh is not executed: with IS_UPGRADE=true it would stay stopped there, now and
# after every restart of the container. One that is already running is left alone. In one docker exec, because each takes
# a part of the outage.
# uses: autostart, harmless
# shellcheck disable=SC2016

harmlessly "$DOCKER" exec "$NEW_CONTAINER" sh -c '
  sed -i -E "s/$1/\1true\3/I" /etc/supervisor/conf.d/oms_console.ini || exit
  said=$(supervisorctl start oms_console 2>&1)
  status=$?
  printf "%s\n" "$said"
  case $said in
  *"already started"*) ;;
  *) exit "$status" ;;
  esac
' omsup "$(autostart_off)"
