#!/bin/sh
# Yes if the heartbeat sequence has one row at most.
# uses: database, same-server, slim

plain_name || exit 2
server_problem=
if ! same_server; then
  echo "omsup: evidence $server_problem"
  exit 2
fi
busy=$(slims) || exit 2
if [ "$busy" -ne 0 ]; then
  echo "omsup: evidence the server is still running a statement of an earlier attempt; retry when it has ended"
  exit 2
fi
rows=$(few_rows) || exit 2
if [ "$rows" -gt 1 ]; then
  echo "omsup: evidence more than one row"
  exit 1
fi
# The one last row is what the page leaves.
last=$(last_before)
if [ "$last" -gt 0 ]; then
  newest=$(newest_id heatbeat_sequence) || exit 2
  if [ "$newest" -lt "$last" ]; then
    echo "omsup: evidence the row with id $last, the last one before, is missing"
    exit 1
  fi
fi
echo "omsup: evidence $rows row"
