#!/bin/sh
# Yes only if the container of this job is running, from the image of the plan. Of one that has died, the end of its log is the
# evidence: only there it is told why (a wrong architecture: "exec format error").
# uses: died, image-name

names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" || exit 1
facts=$("$DOCKER" inspect --type container \
  -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}} {{.Config.Image}}' "$NEW_CONTAINER") || exit 2
facts=$(image_as_planned "$facts")
if [ "$facts" = "false $OMSUP_JOB $IMAGE" ]; then
  echo "omsup: evidence $NEW_CONTAINER $(why_down "$NEW_CONTAINER")"
  exit 1
fi
echo "omsup: evidence running, job, image: $facts"
[ "$facts" = "true $OMSUP_JOB $IMAGE" ]
