#!/bin/sh
# Starts the old container, unless a container of the upgrade is still running. It is addressed by its id, because
# another container may have its name now.

others=$("$DOCKER" ps -q --no-trunc --filter label=omsup.job="$OMSUP_PARENT")
if [ -n "$others" ]; then
  echo "the new container is still running: $others"
  exit 1
fi
"$DOCKER" start "$OLD_ID"
