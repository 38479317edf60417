#!/bin/sh
# Yes if there is no scratch database any more.
# uses: scratch, same-server
# shellcheck disable=SC2034

scratch='' scratch_note=''
if ! scratch_of "$OMSUP_FACTS" "$OMSUP_FACTS_OF"; then
  echo "omsup: evidence no scratch database of $DB is recorded"
  exit 0
fi
server_state='' server_problem=''
same_server || { echo "omsup: evidence $server_problem"; exit 2; }
there=$(scratch_there) || exit 2
if [ "$there" = 0 ]; then
  echo "omsup: evidence there is no database $scratch"
  exit 0
fi
if [ -e "$scratch_note" ]; then
  echo "omsup: evidence $scratch exists"
else
  echo "omsup: evidence a database $scratch exists, and nothing says that job ${OMSUP_FACTS_OF%%-*} has created it: check what it is, and drop it yourself (DROP DATABASE), or skip this step"
fi
exit 1
