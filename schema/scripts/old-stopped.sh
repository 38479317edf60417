#!/bin/sh
# Checks that the old container is still stopped. One that somebody started again while the job was paused has
# outdated the backup: after start-new, a rollback would lose what it wrote. Found here, the job can still be rolled
# back without touching the databases.

running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$OLD_ID") || exit 2
if [ "$running" != false ]; then
  echo "$OLD_CONTAINER is running again: what it writes is not in the backup"
  exit 1
fi
echo "omsup: evidence $OLD_CONTAINER running: false"
