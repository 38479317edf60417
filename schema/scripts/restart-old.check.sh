#!/bin/sh
# Yes if the old container is running, whatever its name is now, with the restart policy that it had.
# uses: restart-policy

facts=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{.Name}}' "$OLD_ID") || exit 2
policy=$(restart_policy "$OLD_ID") || exit 2
echo "omsup: evidence ${facts#* /} running: ${facts%% *}, restart policy: $policy"
[ "${facts%% *}" = true ] && [ "${OLD_RESTART:-$policy}" = "$policy" ]
