#!/bin/sh
# Yes if no container of the upgrade and not the old one is running.

left=$("$DOCKER" ps -q --no-trunc --filter label=omsup.job="$OMSUP_PARENT") || exit 2
running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$OLD_ID") || exit 2
echo "omsup: evidence new container running: ${left:-none}; old container running: $running"
[ -z "$left" ] && [ "$running" = false ]
