#!/bin/sh
# Yes if the old container is stopped; cannot tell if Docker does not answer.

running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$OLD_ID") || exit 2
echo "omsup: evidence $OLD_CONTAINER running: $running"
[ "$running" = false ]
