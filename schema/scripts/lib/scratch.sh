#!/bin/sh
# The scratch database of a rehearsal. Its name is random, and was in the journal before anything was created; the job notes in its
# directory of backups that it is about to create it. Only what has both is ever dropped.

# scratch_of FACTS JOB: of the facts of the job, the name of the scratch database of DB in `scratch`; false if none of the right form is
# recorded
scratch_of() {
  scratch=$(printf '%s\n' "$1" | awk -v name="rehearsal.$DB.name" '$1 == name { print $2 }')
  # Of the job's key, the number is enough: the rest of the name is random.
  scratch_job=${2%%-*}
  scratch_id=${scratch#"omsup_rehearsal_${scratch_job}_"}
  case "$scratch_id/$scratch_job" in *[!0-9a-f]*/* | */*[!0-9]* | */) scratch= ;; esac
  if [ "$scratch" != "omsup_rehearsal_${scratch_job}_$scratch_id" ] || [ "${#scratch_id}" -ne 16 ]; then
    scratch=
    return 1
  fi
  scratch_note=$BACKUP_DIR/job-$2/$scratch.created
}

# scratch_there: 1 if the database exists, 0 if not
scratch_there() {
  metadb mysql -N -B -e "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '$scratch'" </dev/null
}

# scratch_used: the connections that use it, one a line: of an attempt that was interrupted, for nobody else knows the name
scratch_used() {
  metadb mysql -N -B -e "SELECT id, host, command, LEFT(COALESCE(state, '-'), 40) FROM information_schema.processlist
    WHERE db = '$scratch' AND id <> CONNECTION_ID()" </dev/null
}

# scratch_create CHARSET COLLATION: creates it; false with the reason. Without IF NOT EXISTS: one that exists is not ours.
scratch_create() {
  mkdir -p -- "${scratch_note%/*}"
  chmod 700 -- "${scratch_note%/*}"
  : >"$scratch_note"
  sync -- "$scratch_note" "${scratch_note%/*}" 2>/dev/null || sync
  scratch_said=$(metadb mysql -e "CREATE DATABASE \`$scratch\` CHARACTER SET $1 COLLATE $2" </dev/null 2>&1) && return 0
  # Of a lost connection nobody knows; of these, the server says that it has created nothing.
  case $scratch_said in *'ERROR 1007 '* | *'ERROR 1044 '* | *'ERROR 1045 '* | *'ERROR 1227 '*) rm -f -- "$scratch_note" ;; esac
  printf '%s\n' "$scratch_said" | grep -m 1 ERROR || printf '%s\n' "$scratch_said" | tail -n 1
  return 1
}

# scratch_drop: drops it, not into a recycle bin (OceanBase), and then the note
scratch_drop() {
  scratch_bin=$(metadb mysql -N -B -e "SHOW VARIABLES LIKE 'recyclebin'" </dev/null) || return
  case $scratch_bin in
    *ON | *1) scratch_first='SET SESSION recyclebin = 0; ' ;;
    *) scratch_first= ;;
  esac
  metadb mysql -e "${scratch_first}DROP DATABASE IF EXISTS \`$scratch\`" </dev/null || return
  rm -f -- "$scratch_note"
}

# scratch_free: how many bytes are free where the server keeps its databases; nothing where it does not tell. OceanBase tells whoever may
# read its views, MariaDB with its plugin `disks`, MySQL never.
scratch_free() {
  scratch_kind=$(metadb mysql -N -B -e "SELECT IF(CONCAT(VERSION(), @@version_comment) LIKE '%OceanBase%', 1, 0)" </dev/null) || return
  if [ "$scratch_kind" = 1 ]; then
    # shellcheck disable=SC2016 # the name of a view
    scratch_ask='SELECT MIN(CAST(data_disk_capacity AS SIGNED) - CAST(data_disk_in_use AS SIGNED)) FROM oceanbase.GV$OB_SERVERS'
  else
    scratch_ask="SELECT available * 1024 FROM information_schema.disks WHERE @@datadir LIKE CONCAT(path, '%') ORDER BY LENGTH(path) DESC LIMIT 1"
  fi
  scratch_has=$(metadb mysql -N -B -e "$scratch_ask" </dev/null 2>/dev/null) || return 0
  case $scratch_has in '' | *[!0-9]*) ;; *) echo "$scratch_has" ;; esac
}
