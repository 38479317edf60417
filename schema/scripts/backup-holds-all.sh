#!/bin/sh
# Looks for routines, triggers and events: a rollback drops the databases, and the documented dump contains tables
# and views only.

lost=
while IFS= read -r db; do
  count=$(metadb mysql -N -B -D "$db" -e "SELECT
    (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema = DATABASE()) +
    (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE())" </dev/null) || exit 2
  # OceanBase has no such table before V4.
  events=$(metadb mysql -N -B -D "$db" -e "SELECT COUNT(*) FROM information_schema.tables
    WHERE UPPER(table_schema) = 'INFORMATION_SCHEMA' AND UPPER(table_name) = 'EVENTS'" </dev/null) || exit 2
  if [ "$events" -gt 0 ]; then
    events=$(metadb mysql -N -B -D "$db" -e "SELECT COUNT(*) FROM information_schema.events WHERE event_schema = DATABASE()" </dev/null) || exit 2
  fi
  count=$((count + events))
  [ "$count" -eq 0 ] || lost="$lost $db ($count)"
done <<EOF
$RM_DB
$CM_DB
$HB_DBS
EOF
if [ -n "$lost" ]; then
  echo "the documented dump omits these routines, triggers or events:$lost"
  exit 1
fi
echo "omsup: evidence no routines, triggers or events"
