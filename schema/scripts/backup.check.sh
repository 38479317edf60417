#!/bin/sh
# Yes if the newest backup of this job has a manifest, and is still what the manifest says.
# uses: hash, newest-attempt

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
size=$(stat -c %s -- "$file") || exit 2
sum=$(hash_of "$file") || exit 2
if [ "$size" != "$(fact size)" ] || [ "$sum" != "$(fact sha256)" ]; then
  echo "omsup: evidence $file has changed since it was written (size or SHA-256 differs)"
  exit 1
fi
for name in file size sha256 charset collation; do
  echo "omsup: fact backup.$DB.$name $(fact "$name")"
done
echo "omsup: evidence $file, $size bytes, SHA-256 $sum"
