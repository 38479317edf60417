#!/bin/sh
# Compares the free space with what the backups may need, and makes sure that their directory does not exist yet: it
# would belong to a job of another journal. The second copies need the same (copy-place tells whether they can be written). On OceanBase it also tells whether what is dropped keeps its space.
# uses: free-space, dump, dump-size, on-node, copy-to
# shellcheck disable=SC2016,SC2154 # copy_where sets them

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
free=$(free_kib "$at")
# compare BYTES: ends the script if there is less room
compare() {
  need=$(($1 / 1024 + 1))
  if [ "$free" -lt "$need" ]; then
    echo "$at has $free KiB free, but the backups may need $need"
    exit 1
  fi
}
# Lines BYTES DATABASE, as the server says. The heartbeat sequence is shrunk before the backup. Text is larger than data: count that twice.
said=$(printf '%s\n' "$RM_DB" "$CM_DB" "$HB_DBS" | while IFS= read -r DB; do
  bytes=$(metadb mysql -N -B -D "$DB" -e "SELECT COALESCE(CAST(SUM(data_length) AS UNSIGNED), 0)
    FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'heatbeat_sequence'" </dev/null) || exit 2
  echo "$((bytes * 2)) $DB"
done) || exit 2
compare "$(printf '%s\n' "$said" | awk '{ all += $1 } END { printf "%.0f", all }')"
# That may be too little: on OceanBase it is 0.
total=0
while read -r bytes DB; do
  options=$(dump_options) || exit 2
  sizes=$(dump_sizes "$options") || {
    echo "cannot tell how large the backup of $DB will be: mysqldump or the MetaDB does not answer"
    exit 2
  }
  measured=$(printf '%s\n' "$sizes" | awk '$3 != "`heatbeat_sequence`" { all += $1 } END { printf "%.0f", all }')
  [ "$measured" -le "$bytes" ] || bytes=$measured
  total=$((total + bytes))
done <<EOF
$said
EOF
compare "$total"
second=
if [ -n "$COPY_TO" ]; then
  here=$free
  copy_where
  # One that cannot be reached is found by copy-place.
  free=$(on_node 'at=$1; until [ -d "$at" ]; do at=$(dirname -- "$at"); done; df -Pk -- "$at"' "$copy_dir" </dev/null | awk 'NR == 2 { print $4 }')
  if [ -n "$free" ]; then
    first=$at
    at=$copy_place
    compare "$total"
    second="; $free KiB free in $at"
    at=$first
  fi
  free=$here
fi
bin=$(metadb mysql -N -B -e "SHOW VARIABLES LIKE 'recyclebin'" </dev/null) || bin=
case $bin in
  *ON | *1)
    words="the recycle bin of the MetaDB is on (recyclebin): what is dropped keeps its space and its rows there until it is purged. See SHOW RECYCLEBIN; an administrator removes one with PURGE TABLE or PURGE DATABASE and its name there, or everything with PURGE RECYCLEBIN"
    echo "omsup: fact remark.recyclebin $words"
    ;;
  *) words= ;;
esac
echo "omsup: evidence $free KiB free in $at, the backups may need $need$second${words:+; $words}"
