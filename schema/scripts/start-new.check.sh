#!/bin/sh
# Yes only if the container of this job is running, from the image that this job loaded. Of one that has died, the end of its log is the
# evidence: only there it is told why (a wrong architecture: "exec format error").
# uses: new-image, died

names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER" || exit 1
facts=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{index .Config.Labels "omsup.job"}}' "$NEW_CONTAINER") || exit 2
image=$(image_of_new) || exit 2
if [ "$facts" = "false $OMSUP_JOB" ] && [ "$image" = right ]; then
  echo "omsup: evidence $NEW_CONTAINER $(why_down "$NEW_CONTAINER")"
  exit 1
fi
echo "omsup: evidence running, job: $facts; image: $image"
[ "$facts" = "true $OMSUP_JOB" ] && [ "$image" = right ]
