#!/bin/sh
# Yes if the container of this job is running and has written the documented line since its start; no if there is no such
# container, or it was never started. Otherwise nobody can tell but by the log.
# uses: container-log

names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" || exit 1
facts=$("$DOCKER" inspect --type container \
  -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}} {{.Config.Image}} {{json .State.StartedAt}}' "$NEW_CONTAINER") || exit 2
case $facts in
  *" $OMSUP_JOB $IMAGE "*0001-01-01*) echo "omsup: evidence $NEW_CONTAINER was created, but never started"; exit 1 ;;
  "true $OMSUP_JOB $IMAGE "*) ;;
  "false $OMSUP_JOB $IMAGE "*)
    doubt "$NEW_CONTAINER" "$NEW_CONTAINER has stopped; whether it completed its initialization is not known"
    exit 2
    ;;
  *) echo "omsup: evidence running, job, image, start: $facts"; exit 1 ;;
esac
if initialized "$NEW_CONTAINER"; then
  echo "omsup: evidence $NEW_CONTAINER: OMS service start successfully"
  exit 0
fi
doubt "$NEW_CONTAINER" "$NEW_CONTAINER is running, but has not written 'OMS service start successfully'"
exit 2
