#!/bin/sh
# Compares the old container with the plan: its id, and that it runs. (The version in its image's tag was compared when the plan
# was made.)

facts=$("$DOCKER" inspect --type container -f '{{.Id}} {{.State.Running}}' "$OLD_CONTAINER") || exit 2
if [ "${facts%% *}" != "$OLD_ID" ]; then
  echo "$OLD_CONTAINER is not the container that the plan was made for: submit again"
  exit 1
fi
if [ "${facts#* }" != true ]; then
  echo "$OLD_CONTAINER is not running"
  exit 1
fi
echo "omsup: evidence $OLD_IMAGE, running"
