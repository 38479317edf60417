#!/bin/sh
# Succeeds once CM and Supervisor are running.
# uses: supervisor, died

require_up "$NEW_CONTAINER"
status=$(supervisor "$NEW_CONTAINER")
printf '%s\n' "$status"
in_state "$status" oms_drc_cm RUNNING && in_state "$status" oms_drc_supervisor RUNNING
