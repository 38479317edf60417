#!/bin/sh
# Tells how many rows the heartbeat sequence has and what the chosen way of shrinking it ($SLIM) costs in the outage, which
# the vendor's page for it does not mention: on OceanBase a DELETE takes about 36 s for each million rows, a swap less than
# a second. Counting stops at two million: above that, ids say enough, though gaps between them make it less.
# shellcheck disable=SC2086

most=2000000
tables=$(metadb mysql -N -B -D "$DB" -e "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()
  AND table_name IN ('heatbeat_sequence', 'heatbeat_sequence_bak', 'heatbeat_sequence_bak2') ORDER BY table_name" </dev/null) || exit 2
# What an interrupted swap left is no reason to stop: the step slim continues it.
tables=$(printf '%s ' $tables)
case "$SLIM $tables" in
  *' heatbeat_sequence '*) ;;
  'swap heatbeat_'*)
    echo "omsup: evidence $DB has no table heatbeat_sequence, but what an interrupted swap left: $tables"
    exit 0
    ;;
  *)
    echo "there is no table heatbeat_sequence in $DB"
    exit 1
    ;;
esac
# The swap has a column list of its own; it refuses any other table, but only when OMS is stopped.
if [ "$SLIM" = swap ]; then
  columns=$(metadb mysql -N -B -D "$DB" -e "SELECT column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = 'heatbeat_sequence' ORDER BY ordinal_position" </dev/null) || exit 2
  columns=$(printf '%s ' $columns)
  if [ "$columns" != 'id gmt_created gmt_modified ' ]; then
    echo "the swap would lose data, because heatbeat_sequence in $DB has other columns than id, gmt_created, gmt_modified: ${columns% }; set 'slim: delete' in the deployment file"
    exit 1
  fi
fi
rows=$(metadb mysql -N -B -D "$DB" -e "SELECT COUNT(*) FROM (SELECT 1 FROM heatbeat_sequence LIMIT $((most + 1))) AS few" </dev/null) || exit 2
about=
if [ "$rows" -gt "$most" ]; then
  about='about '
  rows=$(metadb mysql -N -B -D "$DB" -e 'SELECT MAX(id) - MIN(id) + 1 FROM heatbeat_sequence' </dev/null) || exit 2
fi
seconds=$((rows * 36 / 1000000))
if [ "$SLIM" = swap ]; then
  echo "omsup: evidence $about$rows rows; the swap takes less than a second of the outage, whatever their number"
elif [ "$seconds" -le 60 ]; then
  echo "omsup: evidence $about$rows rows; deleting them takes about $seconds s of the outage"
else
  echo "omsup: evidence $about$rows rows; deleting them takes about $(((seconds + 30) / 60)) min of the outage: set 'slim: swap' in the deployment file, which takes less than a second"
fi
