#!/bin/sh
# Starts the old container, unless a container of the upgrade is still running, and gives it back the restart policy that it had.
# It is addressed by its id, because another container may have its name now.
# uses: restart-policy

others=$("$DOCKER" ps -q --no-trunc --filter label=omsup.job="$OMSUP_PARENT")
if [ -n "$others" ]; then
  echo "the new container is still running: $others"
  exit 1
fi
"$DOCKER" start "$OLD_ID"
# Empty: none was recorded.
if [ -n "$OLD_RESTART" ] && [ "$(restart_policy "$OLD_ID")" != "$OLD_RESTART" ]; then
  "$DOCKER" update --restart="$OLD_RESTART" "$OLD_ID"
fi
