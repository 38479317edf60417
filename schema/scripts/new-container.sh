#!/bin/sh
# Creates a container with the options of the new one, from the new image if it has been loaded already and otherwise from the old
# one, and removes it again. What docker does not accept is found here and not in the outage.
# uses: image, new-container

from=$IMAGE
present=$(image_id "$DOCKER" "$IMAGE") || exit 2
[ -n "$present" ] || from=$("$DOCKER" inspect --type container -f '{{.Image}}' "$OLD_ID") || exit 2
try_new "$from"
if [ -n "$present" ]; then
  echo "omsup: evidence a container can be created from $IMAGE"
else
  echo "omsup: evidence a container can be created (from the old image, because $IMAGE is not loaded yet)"
fi
