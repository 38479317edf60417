#!/bin/sh
# Yes if the heartbeat sequence has one row at most.
# uses: database, slim

plain_name || exit 2
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
echo "omsup: evidence $rows row"
