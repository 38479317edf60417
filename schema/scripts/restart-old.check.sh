#!/bin/sh
# Yes if the old container is running, whatever its name is now.

facts=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{.Name}}' "$OLD_ID") || exit 2
echo "omsup: evidence ${facts#* /} running: ${facts%% *}"
[ "${facts%% *}" = true ]
