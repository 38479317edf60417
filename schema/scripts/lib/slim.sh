#!/bin/sh
# The heartbeat sequence, for both ways of shrinking it.

# slims: how many statements of this step still run in the server (searches for the marker without containing it)
slims() {
  metadb mysql -N -B -e "SELECT COUNT(*) FROM information_schema.processlist
    WHERE info LIKE CONCAT('%/* omsup', ' slim ', '$DB', ' */%')" </dev/null
}

# few_rows: the number of rows of the heartbeat sequence, or 2 for more
few_rows() { metadb mysql -N -B -D "$DB" -e 'SELECT COUNT(*) FROM (SELECT 1 FROM heatbeat_sequence LIMIT 2) AS few' </dev/null; }

# newest_id TABLE: its highest id, or 0
newest_id() { metadb mysql -N -B -D "$DB" -e "SELECT COALESCE(MAX(id), 0) FROM \`$1\`" </dev/null; }

# keep_last ID: before the first change, keeps the highest id for the check, because an empty table does not tell what it
# had; a later attempt keeps nothing
keep_last() {
  [ -n "${BACKUP_DIR-}" ] && [ ! -e "$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id" ] || return 0
  (
    umask 077
    mkdir -p -- "$BACKUP_DIR/job-$OMSUP_JOB"
    echo "$1" >"$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id.tmp"
    mv -- "$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id.tmp" "$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id"
  )
}

# last_before: what keep_last has kept, or 0
last_before() {
  if [ -n "${BACKUP_DIR-}" ] && [ -e "$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id" ]; then cat -- "$BACKUP_DIR/job-$OMSUP_JOB/$DB.last-id"; else echo 0; fi
}
