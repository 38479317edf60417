#!/bin/sh
# Drops the scratch database, if this job, or in a rollback the one that is rolled back, has created it; never another one.
# uses: database, same-server, scratch, statements
# shellcheck disable=SC2034

plain_name || { echo "unsupported database name: $DB"; exit 1; }
scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" "$OMSUP_FACTS_OF" || { echo "no name of a scratch database is recorded for $DB: there is nothing to drop"; exit 0; }
if ! [ -e "$scratch_note" ]; then
  echo "job ${OMSUP_FACTS_OF%%-*} has not created $scratch: nothing is dropped"
  exit 0
fi
prove_server "$OMSUP_FORCE"
running=
if ! wait_for_none scratch_used 30 "connections to $scratch (number, host, command, state)"; then
  echo "$scratch is still used: $running; end the connection (KILL with its number), and retry"
  exit 1
fi
scratch_drop
