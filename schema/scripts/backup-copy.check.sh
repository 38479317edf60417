#!/bin/sh
# Yes if the newest backup of this job has a verified copy at the second place, which has not changed since.
# uses: on-node, copy-to, newest-attempt
# shellcheck disable=SC2016,SC2154 # copy_where sets them

from=$BACKUP_DIR/job-$OMSUP_JOB
newest=$(newest_attempt "$from/$DB" .sql.ok)
if [ "$newest" -eq 0 ]; then
  echo "omsup: evidence no complete backup of $DB in $from"
  exit 1
fi
sum=$(sed -n 's/^sha256 //p' "$from/$DB.$newest.sql.ok")
copy_where
name=job-$OMSUP_JOB/$DB.$newest.sql
answer=$(on_node '
  if ! [ -f "$1" ] || ! [ -f "$1.copied" ]; then
    echo missing
  elif now=$(TZ=UTC0 stat -c "size %s inode %i mtime %y" -- "$1") && grep -Fxq -- "$now" "$1.copied"; then
    sed -n "s/^sha256 //p" "$1.copied"
  else
    echo changed
  fi' "$copy_dir/$name" </dev/null) || {
  echo "omsup: evidence $copy_place cannot be read"
  exit 2
}
case $answer in
  missing) echo "omsup: evidence there is no verified copy at $copy_place/$name" ;;
  changed) echo "omsup: evidence $copy_place/$name has changed since it was written" ;;
  "$sum")
    echo "omsup: fact backup.$DB.copy $copy_place/$name"
    echo "omsup: evidence $copy_place/$name, SHA-256 $sum"
    exit 0
    ;;
  *) echo "omsup: evidence $copy_place/$name has SHA-256 $answer, but the backup has $sum" ;;
esac
exit 1
