#!/bin/sh
# Yes only if the container of this job is running, from the image of the plan.

names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" || exit 1
facts=$("$DOCKER" inspect --type container \
  -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}} {{.Config.Image}}' "$NEW_CONTAINER") || exit 2
echo "omsup: evidence running, job, image: $facts"
[ "$facts" = "true $OMSUP_JOB $IMAGE" ]
