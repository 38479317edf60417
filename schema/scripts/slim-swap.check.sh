#!/bin/sh
# Yes if the heartbeat sequence has one row at most and none of the other tables is left.
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
tables=$(metadb mysql -N -B -D "$DB" -e "SELECT table_name FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name LIKE 'heatbeat_sequence%' ORDER BY table_name" </dev/null | tr '\n' ' ') || exit 2
case " $tables" in
  *' heatbeat_sequence_bak '* | *' heatbeat_sequence_bak2 '*) echo "omsup: evidence partly done: $tables"; exit 1 ;;
  *' heatbeat_sequence '*) ;;
  ' ') echo "omsup: evidence no table heatbeat_sequence, or the MetaDB did not answer"; exit 2 ;;
  *) echo "omsup: evidence no table heatbeat_sequence"; exit 1 ;;
esac
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
