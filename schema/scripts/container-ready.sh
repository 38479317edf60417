#!/bin/sh
# Succeeds once supervisord answers in the new container.
# uses: supervisor, died

require_up "$NEW_CONTAINER"
status=$(supervisor "$NEW_CONTAINER")
printf '%s\n' "$status"
in_state "$status" oms_console '[A-Z]+'
echo "omsup: evidence supervisord responds"
