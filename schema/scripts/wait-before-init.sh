#!/bin/sh
# Waits until the new container has run for INIT_WAIT seconds. Counted from the container's start, so that a retry does
# not wait again, and a container that was restarted is waited for again.
# uses: container-age

while :; do
  rc=0
  age=$(container_age "$NEW_CONTAINER") || rc=$?
  if [ "$rc" -ne 0 ]; then
    echo "$NEW_CONTAINER is not running, or docker does not say since when"
    exit 1
  fi
  left=$((INIT_WAIT - age))
  [ "$left" -gt 0 ] || break
  echo "omsup: progress $age $INIT_WAIT s"
  sleep "$((left < 2 ? left : 2))"
done
echo "omsup: progress $INIT_WAIT $INIT_WAIT s"
