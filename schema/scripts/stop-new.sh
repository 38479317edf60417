#!/bin/sh
# Stops every container of the upgrade, and the old container in case somebody started it: OMS must not write while
# its databases are restored. Nothing starts them by itself: a restart policy that a new container was given later is taken off.
# uses: restart-policy

running=$("$DOCKER" ps -q --no-trunc)
new=$("$DOCKER" ps -aq --no-trunc --filter label=omsup.job="$OMSUP_PARENT")
for id in $new "$OLD_ID"; do
  take_off_restart "$id" "$(restart_policy "$id")"
  if printf '%s\n' "$running" | grep -Fxq -- "$id"; then "$DOCKER" stop "$id"; fi
done
