#!/bin/sh
# Yes if the container of this job is running and has written the documented line since its start; no if there is no such
# container, or it was never started. Otherwise nobody can tell but by the log. Even when this job has lost touch with it,
# it may be initializing: it is given time as long as its log grows.
# uses: container-log, new-image

quiet=30  # seconds without a new line
most=3300 # seconds in all
uptime() { cut -d . -f 1 /proc/uptime; } # a clock that nobody sets
first=$(uptime)
last=$first
seen=
while :; do
  names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
  printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" || exit 1
  facts=$("$DOCKER" inspect --type container \
    -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}} {{json .State.StartedAt}}' "$NEW_CONTAINER") || exit 2
  image=$(image_of_new) || exit 2
  case "$facts $image" in
    *" $OMSUP_JOB "*0001-01-01*) echo "omsup: evidence $NEW_CONTAINER was created, but never started"; exit 1 ;;
    "true $OMSUP_JOB "*" right") ;;
    "false $OMSUP_JOB "*" right")
      doubt "$NEW_CONTAINER" "$NEW_CONTAINER has stopped; whether it completed its initialization is not known"
      exit 2
      ;;
    *) echo "omsup: evidence running, job, start: $facts; image: $image"; exit 1 ;;
  esac
  if initialized "$NEW_CONTAINER"; then
    echo "omsup: evidence $NEW_CONTAINER: OMS service start successfully"
    exit 0
  fi
  log=$(container_log "$NEW_CONTAINER") || break
  now=$(uptime)
  if [ "$log" != "$seen" ]; then
    seen=$log
    last=$now
  fi
  if [ "$((now - last))" -ge "$quiet" ] || [ "$((now - first))" -ge "$most" ]; then break; fi
  sleep 1
done
doubt "$NEW_CONTAINER" "$NEW_CONTAINER is running, but has not written 'OMS service start successfully'"
exit 2
