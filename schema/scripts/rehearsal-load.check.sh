#!/bin/sh
# Yes if the scratch database holds what the dump holds: it is dumped, and the tables and rows of both are compared. Views are not
# loaded. Once it was compared, it may be dropped.
# uses: scratch, safe-dump, newest-attempt, dump, same-server
# shellcheck disable=SC2034,SC2086,SC2154

scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" "$OMSUP_JOB" || exit 1
dir=$BACKUP_DIR/job-$OMSUP_JOB
[ -d "$dir" ] || exit 1
newest=$(newest_attempt "$dir/$DB" .sql.ok)
file=$dir/$DB.$newest.sql
if ! [ -f "$file.rehearsed" ]; then
  echo "omsup: evidence $DB has not been loaded into $scratch"
  exit 1
fi
fact() { sed -n "s/^$1 //p" "$2"; }
if [ "$(fact sha256 "$file.rehearsed")" != "$(fact sha256 "$file.ok")" ] || [ "$(fact scratch "$file.rehearsed")" != "$scratch" ]; then
  echo "omsup: evidence $file.rehearsed belongs to another dump"
  exit 1
fi
server_state='' server_problem=''
same_server || { echo "omsup: evidence $server_problem"; exit 2; }
options=$(dump_options) || exit 2
read -r up rest </proc/uptime
from=${up%.*}
want=$(safe_dump "$DB" <"$file" | safe_content) || exit 2
# two lines: mysqldump's exit status, the hash
got=$({ { status=0; metadb mysqldump $options "$scratch" </dev/null || status=$?; echo "$status" >&9; } | safe_dump "$scratch" | safe_content; } 9>&1) || exit 2
[ "${got%%
*}" = 0 ] || exit 2
if [ "$got" != "0
$want" ]; then
  echo "omsup: evidence the tables of $scratch differ from those in $file; a retry drops it, and after a cancel: DROP DATABASE \`$scratch\`"
  exit 1
fi
read -r up rest </proc/uptime
loaded=$(fact seconds "$file.rehearsed")
compared=$((${up%.*} - from))
echo "omsup: fact rehearsal.$DB.seconds $((loaded + compared))"
size=$(stat -c %s -- "$file")
views=$(grep -ac '^-- Final view structure for view ' "$file") || views=0
words="$DB ($size bytes) was restored in $loaded s and compared in $compared s"
[ "$views" = 0 ] || words="$words; $views views were not loaded, because they may name their database"
echo "omsup: fact remark.rehearsal-$DB $words"
echo "omsup: evidence $words"
