#!/bin/sh
# Deletes all but the last row of the heartbeat sequence. MySQL refuses the page's statement, `delete … where id <
# (select max(id) from heatbeat_sequence)` (error 1093: the table is both changed and read), so the highest id is read
# first. Portions keep transactions small and below the time that OceanBase gives a statement. Each is a range of ids that
# begins at a row and ends before the row behind the portion: a statement that looks for the first rows left, as
# DELETE … LIMIT does, walks over all rows that were deleted before it, and gaps between ids cost nothing. An interrupted
# attempt is continued where it stopped.
# uses: database, same-server, statements, slim, slim-sql, meanwhile, lock-waits

portion=50000
plain_name || { echo "unsupported database name: $DB"; exit 1; }
meanwhile report_lock_waits
prove_server "${OMSUP_FORCE-}"
if ! wait_for_none slims 60 'statements of an earlier attempt (their number)'; then
  echo "the server is still running a statement of an earlier attempt; check SHOW PROCESSLIST, then retry"
  exit 1
fi
last=$(sql 'SELECT COALESCE(MAX(id), 0) FROM heatbeat_sequence')
keep_last "$last"
# Counting the rows would take as long as deleting some.
first=$(sql 'SELECT COALESCE(MIN(id), 0) FROM heatbeat_sequence')
from=$first
echo "DELETE FROM heatbeat_sequence WHERE id >= $first AND id < $last; $portion rows at a time"
while [ "$from" -lt "$last" ]; do
  to=$(sql "SELECT id FROM heatbeat_sequence WHERE id >= $from AND id < $last ORDER BY id LIMIT $portion, 1")
  to=${to:-$last}
  sql "DELETE FROM heatbeat_sequence WHERE id >= $from AND id < $to"
  from=$to
  echo "omsup: progress $((from - first)) $((last - first)) ids"
done
rows=$(few_rows)
if [ "$last" -gt 0 ] && [ "$rows" -ne 1 ]; then
  echo "heatbeat_sequence in $DB should have one row now, the one with id $last, but it has $([ "$rows" -eq 0 ] && echo none || echo more)"
  exit 1
fi
