#!/bin/sh
# Stops the old container. With the restart policy "always", a restart of the Docker service would start it beside
# the new one, so that policy is changed first.

policy=$("$DOCKER" inspect --type container -f '{{.HostConfig.RestartPolicy.Name}}' "$OLD_ID")
if [ "$policy" = always ]; then
  "$DOCKER" update --restart unless-stopped "$OLD_ID"
fi
"$DOCKER" stop "$OLD_ID"
