#!/bin/sh
# Checks that the old container is still stopped, and was not started since stop-old. One that somebody started again while
# the job was paused has outdated the backup: after start-new, a rollback would lose what it wrote. Found here, the job can
# still be rolled back without touching the databases.
# uses: old-untouched, fact-of

said=$(sh -c "$(old_untouched_script)" omsup "$DOCKER" "$OLD_ID" "$(fact_of "old.$NODE.stopped")") || {
  rc=$?
  echo "$said"
  exit "$rc"
}
echo "omsup: evidence $OLD_CONTAINER: $said"
