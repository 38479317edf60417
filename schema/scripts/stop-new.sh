#!/bin/sh
# Stops every container of the upgrade, and the old container in case somebody started it: OMS must not write while
# its databases are restored.

running=$("$DOCKER" ps -q --no-trunc)
new=$("$DOCKER" ps -q --no-trunc --filter label=omsup.job="$OMSUP_PARENT")
for id in $new "$OLD_ID"; do
  if printf '%s\n' "$running" | grep -Fxq -- "$id"; then "$DOCKER" stop "$id"; fi
done
