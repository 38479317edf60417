#!/bin/sh
# Compares the free space with what the backups may need, and makes sure that their directory does not exist yet: it
# would belong to a job of another journal.
# uses: free-space

if [ -e "$BACKUP_DIR/job-$OMSUP_JOB" ]; then
  echo "$BACKUP_DIR/job-$OMSUP_JOB already exists: it belongs to a job $OMSUP_JOB of another journal"
  exit 1
fi
at=$BACKUP_DIR
until [ -d "$at" ]; do at=$(dirname -- "$at"); done
if ! [ -w "$at" ]; then
  echo "$at is not writable"
  exit 1
fi
total=0
while IFS= read -r db; do
  # The heartbeat sequence is shrunk before the backup. Text is larger than data: count it twice.
  bytes=$(metadb mysql -N -B -D "$db" -e "SELECT COALESCE(CAST(SUM(data_length) AS UNSIGNED), 0)
    FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'heatbeat_sequence'" </dev/null) || exit 2
  total=$((total + bytes * 2))
done <<EOF
$RM_DB
$CM_DB
$HB_DBS
EOF
free=$(free_kib "$at")
if [ "$free" -lt "$((total / 1024))" ]; then
  echo "$at has $free KiB free, but the backups may need $((total / 1024))"
  exit 1
fi
echo "omsup: evidence $free KiB free in $at, the backups may need $((total / 1024))"
