#!/bin/sh
# Yes if the backup is on this host as it was recorded.
# uses: hash
# shellcheck disable=SC2153

if [ -z "$BACKUP_FILE" ]; then
  echo "omsup: evidence no backup is recorded for $DB"
  exit 1
fi
if ! [ -f "$BACKUP_FILE" ]; then
  echo "omsup: evidence $BACKUP_FILE does not exist"
  exit 1
fi
size=$(stat -c %s -- "$BACKUP_FILE") || exit 2
if [ "$size" = "$BACKUP_SIZE" ]; then
  sum=$(hash_of "$BACKUP_FILE") || sum=
  if [ "$sum" = "$BACKUP_SHA256" ]; then
    echo "omsup: evidence $BACKUP_FILE, $size bytes, SHA-256 as recorded"
    exit 0
  fi
fi
echo "omsup: evidence $BACKUP_FILE is not what was recorded ($size bytes instead of $BACKUP_SIZE, or another SHA-256)"
exit 1
