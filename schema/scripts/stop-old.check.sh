#!/bin/sh
# Yes if the old container is stopped and nothing starts it by itself; cannot tell if Docker does not answer. When it was started and
# stopped is recorded: until start-new, both must stay as they are.
# uses: restart-policy

facts=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{json .State.StartedAt}} {{json .State.FinishedAt}}' "$OLD_ID") || exit 2
policy=$(restart_policy "$OLD_ID") || exit 2
echo "omsup: evidence $OLD_CONTAINER running: ${facts%% *}, restart policy: $policy"
[ "${facts%% *}" = false ] && [ "$policy" = no ] || exit 1
echo "omsup: fact old.$NODE.stopped $(printf '%s' "${facts#* }" | tr -d '"')"
