#!/bin/sh
# Dumps the database. "Make sure that the sizes of the files are not 0" is not enough: a dump of a database that
# does not exist has 863 bytes, and one that was killed may have megabytes. Here a dump counts when mysqldump exited
# 0 and wrote its last line; its size and SHA-256 are kept in a manifest. A retry writes another file.
# uses: database, dump, trailer, hash, progress
# shellcheck disable=SC2086

plain_name || { echo "unsupported database name: $DB"; exit 1; }
umask 077
dir=$BACKUP_DIR/job-$OMSUP_JOB
file=$dir/$DB.$OMSUP_ATTEMPT.sql
estimate=$(metadb mysql -N -B -D "$DB" -e "SELECT COALESCE(CAST(SUM(data_length) AS UNSIGNED), 0)
  FROM information_schema.tables WHERE table_schema = DATABASE()" </dev/null)
defaults=$(database_defaults | tr '\t' ' ')
charset=${defaults% *}
collation=${defaults#* }
if [ -z "$charset" ] || [ -z "$collation" ]; then
  echo "the server does not report a default charset for $DB"
  exit 1
fi
mkdir -p -- "$dir"
chmod 700 -- "$dir"
set -C
: >"$file" # fails rather than overwrite an older file

options=$(dump_options)
# No option contains a space.
set -- $options
report_progress "$estimate" stat -c %s -- "$file"
echo "mysqldump $* $DB > $file"
status=0
metadb mysqldump "$@" "$DB" >>"$file" </dev/null || status=$?
trailer=$(dump_trailer "$file")
size=$(stat -c %s -- "$file")
problem=
[ "$status" -eq 0 ] || problem="mysqldump ended with status $status"
[ -n "$trailer" ] || problem="${problem:-the dump does not end with '-- Dump completed'}"
if [ -n "$problem" ]; then
  echo "$problem; the incomplete dump ($size bytes) was removed"
  rm -f -- "$file"
  exit 1
fi
sum=$(hash_of "$file")
sync -- "$file" 2>/dev/null || sync
{
  echo "file $file"
  echo "size $size"
  echo "sha256 $sum"
  echo "charset $charset"
  echo "collation $collation"
  echo "job $OMSUP_JOB"
  echo "attempt $OMSUP_ATTEMPT"
  echo "token $OMSUP_TOKEN"
  echo "trailer $trailer"
} >"$file.ok.tmp"
sync -- "$file.ok.tmp" 2>/dev/null || sync
mv -- "$file.ok.tmp" "$file.ok"
sync -- "$dir" 2>/dev/null || sync
echo "omsup: progress $size $size bytes"
