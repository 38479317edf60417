#!/bin/sh
# Deletes all but the last row of the heartbeat sequence. MySQL refuses the page's statement, `delete … where id <
# (select max(id) from heatbeat_sequence)` (error 1093: the table is both changed and read), so the highest id is
# read first. Deleting in portions keeps transactions small, and an interrupted attempt is continued where it
# stopped.
# uses: database, statements, slim, slim-sql

plain_name || { echo "unsupported database name: $DB"; exit 1; }
if ! wait_for_none slims 60; then
  echo "the server is still running a statement of an earlier attempt; check SHOW PROCESSLIST, then retry"
  exit 1
fi
last=$(sql 'SELECT COALESCE(MAX(id), 0) FROM heatbeat_sequence')
# Counting the rows would take as long as deleting some, and longer than OceanBase lets a statement run by default.
first=$(sql 'SELECT COALESCE(MIN(id), 0) FROM heatbeat_sequence')
total=$((last - first))
echo "DELETE FROM heatbeat_sequence WHERE id < $last LIMIT 50000; until none is left"
deleted=0
while :; do
  gone=$(sql "DELETE /* omsup slim $DB */ FROM heatbeat_sequence WHERE id < $last LIMIT 50000; SELECT ROW_COUNT()")
  [ "$gone" -gt 0 ] || break
  deleted=$((deleted + gone))
  [ "$deleted" -le "$total" ] || total=$deleted
  echo "omsup: progress $deleted $total rows"
done
