#!/bin/sh
# Verifies a backup before anything is stopped or dropped: size, SHA-256, all rows, the last line.
# uses: hash, trailer
# shellcheck disable=SC2153

if [ -z "$BACKUP_FILE" ]; then
  echo "no backup is recorded for $DB: the database cannot be restored"
  exit 1
fi
size=$(stat -c %s -- "$BACKUP_FILE")
sum=$(hash_of "$BACKUP_FILE")
if [ "$size" != "$BACKUP_SIZE" ] || [ "$sum" != "$BACKUP_SHA256" ]; then
  echo "$BACKUP_FILE has $size bytes and SHA-256 $sum, but $BACKUP_SIZE bytes and $BACKUP_SHA256 were recorded"
  exit 1
fi
# Backups of older releases obeyed the host's option files: no-data or where= leave rows out of a dump that is
# otherwise in order, and a restore would lose them.
marks=$(grep -aE '^-- (Table structure|Dumping data) for table |^-- WHERE: ' -- "$BACKUP_FILE" || :)
tables=$(printf '%s\n' "$marks" | grep -ac '^-- Table' || :)
data=$(printf '%s\n' "$marks" | grep -ac '^-- Dumping' || :)
filters=$(printf '%s\n' "$marks" | grep -ac '^-- WHERE' || :)
if [ "$data" -lt "$tables" ] || [ "$filters" -gt 0 ]; then
  echo "$BACKUP_FILE does not hold all rows: $tables tables, data of $data, $filters of them filtered"
  exit 1
fi
trailer=$(dump_trailer "$BACKUP_FILE")
if [ -z "$trailer" ]; then
  echo "$BACKUP_FILE does not end with '-- Dump completed'"
  exit 1
fi
echo "omsup: evidence $BACKUP_FILE, $size bytes, SHA-256 as recorded"
