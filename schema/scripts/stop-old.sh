#!/bin/sh
# Stops the old container, for good: a restart policy is recorded and taken off first, because a restart of the Docker service or of
# the node could start the container beside the new one. restart-old gives the policy back.
# uses: restart-policy

if [ "$("$DOCKER" inspect --type container -f '{{.HostConfig.AutoRemove}}' "$OLD_ID")" = true ]; then
  echo "$OLD_CONTAINER was started with --rm: stopping it would remove it, and nothing could be rolled back"
  exit 1
fi
policy=$(restart_policy "$OLD_ID")
# An earlier attempt may have recorded the policy and taken it off.
[ "$policy" = no ] || echo "omsup: fact restart.$NODE $policy"
take_off_restart "$OLD_ID" "$policy"
"$DOCKER" stop "$OLD_ID"
