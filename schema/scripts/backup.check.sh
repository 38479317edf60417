#!/bin/sh
# Yes if the newest backup of this job has a manifest, and its file is still the one that was written. The file is not read
# again, because that would take time in the outage: a rollback verifies its SHA-256 before it drops anything.
# uses: file-facts, newest-attempt

dir=$BACKUP_DIR/job-$OMSUP_JOB
[ -e "$dir" ] || exit 1
newest=$(newest_attempt "$dir/$DB" .sql.ok)
if [ "$newest" -eq 0 ]; then
  echo "omsup: evidence no complete backup of $DB in $dir"
  exit 1
fi
file=$dir/$DB.$newest.sql
fact() { sed -n "s/^$1 //p" "$file.ok"; }
if [ "$(fact job)" != "$OMSUP_JOB" ] || [ "$(fact file)" != "$file" ] || ! [ -f "$file" ]; then
  echo "omsup: evidence $file.ok does not describe $file of job $OMSUP_JOB"
  exit 1
fi
facts=$(file_facts "$file") || exit 2
if [ "$facts" != "$(sed -n '/^size /p; /^inode /p; /^mtime /p' "$file.ok")" ]; then
  echo "omsup: evidence $file has changed since it was written (its size, inode or modification time differs)"
  exit 1
fi
for name in file size sha256 charset collation; do
  echo "omsup: fact backup.$DB.$name $(fact "$name")"
done
echo "omsup: evidence $file, $(fact size) bytes, SHA-256 $(fact sha256)"
