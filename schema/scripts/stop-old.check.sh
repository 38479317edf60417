#!/bin/sh
# Yes if the old container is stopped and nothing starts it by itself; cannot tell if Docker does not answer.
# uses: restart-policy

running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$OLD_ID") || exit 2
policy=$(restart_policy "$OLD_ID") || exit 2
echo "omsup: evidence $OLD_CONTAINER running: $running, restart policy: $policy"
[ "$running" = false ] && [ "$policy" = no ]
