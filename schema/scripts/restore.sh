#!/bin/sh
# Restores the database. The page drops the databases and creates them without a charset, which the dump does not
# contain, so they would get the server's default. `mysql -e "source FILE"` continues after errors and exits 0,
# whereas reading the file as input stops. The file is verified again right before the drop, and the server is proven to be
# the one that omsupd has locked.
# uses: database, same-server, server-identity, statements, sandbox, hash, trailer, meanwhile, progress, position, lock-waits, clients
# shellcheck disable=SC2153

plain_name || { echo "unsupported database name: $DB"; exit 1; }
case $DB_CHARSET in '' | *[!A-Za-z0-9_]*) echo "no charset is recorded for $DB"; exit 1 ;; esac
case $DB_COLLATION in '' | *[!A-Za-z0-9_]*) echo "no collation is recorded for $DB"; exit 1 ;; esac
if [ -z "$BACKUP_FILE" ]; then
  echo "no backup is recorded for $DB"
  exit 1
fi
# proven: whether it is the MetaDB. Where the lock is gone with cm, which another subtask or an interrupted restore has
# dropped, the server must be the one that was backed up.
server_state='' server_problem=''
proven() {
  if same_server; then return; fi
  if [ "$server_state" != absent ]; then return 1; fi
  backed_up=$(sed -n 's/^server //p' "$BACKUP_FILE.ok" 2>/dev/null) || backed_up=
  same_identity "$backed_up" || [ "$OMSUP_FORCE" = 1 ] || return 1
  echo "$server_problem; but it is the server that was backed up, or --force was given"
}
meanwhile report_lock_waits
if ! proven; then
  if [ "$server_state" = absent ]; then
    echo "$server_problem; nothing was dropped. If it is the MetaDB anyway, retry with --force"
  else
    echo "$server_problem; nothing was dropped"
  fi
  exit 1
fi
marker=$BACKUP_FILE.restored-by-job-$OMSUP_JOB
rm -f -- "$marker"

# What is still running in this database: a container's query, or a statement of an interrupted attempt.
busy() {
  look mysql -N -B -e "SELECT id, host, COALESCE(db, '-'), LEFT(info, 60) FROM information_schema.processlist
    WHERE command <> 'Sleep' AND id <> CONNECTION_ID()
    AND (db = '$DB' OR info LIKE CONCAT('%/* omsup', ' restore ', '$DB', ' */%'))" </dev/null
}
running=
if ! wait_for_none busy 30 "statements in $DB (connection, host, database, text)"; then
  echo "statements are still running in $DB: $running"
  exit 1
fi

# MariaDB's clients start a dump with a line that other clients reject; those are given the rest.
first=1
header=$(head -n 1 -- "$BACKUP_FILE")
reads_header "$header" 2>/dev/null || first=2

size=$(stat -c %s -- "$BACKUP_FILE")
sum=$(hash_of "$BACKUP_FILE")
trailer=$(dump_trailer "$BACKUP_FILE")
if [ "$size" != "$BACKUP_SIZE" ] || [ "$sum" != "$BACKUP_SHA256" ] || [ -z "$trailer" ]; then
  echo "$BACKUP_FILE has changed since it was written ($size bytes, SHA-256 $sum): nothing was dropped"
  exit 1
fi
# Our lock is in cm. It is carried over, and kept in a file meanwhile in case this attempt is interrupted.
lock=$BACKUP_FILE.lock-of-job-$OMSUP_JOB
locked=$(look mysql -N -B -e "SELECT COUNT(*) FROM information_schema.tables
  WHERE table_schema = '$DB' AND table_name = 'omsup_lock'" </dev/null)
if [ "$locked" -eq 1 ]; then
  (
    umask 077
    made=$(look mysql -N -B -r -D "$DB" -e "SHOW CREATE TABLE omsup_lock" </dev/null)
    printf '%s\n' "$made" | sed '1s/^omsup_lock[[:space:]]*CREATE TABLE/CREATE TABLE IF NOT EXISTS/; $s/$/;/'
    look mysql -N -B -r -D "$DB" -e "SELECT CONCAT('REPLACE INTO omsup_lock VALUES (', id, ',', QUOTE(holder), ',', QUOTE(job), ',',
      QUOTE(token), ',', QUOTE(taken_at), ',', QUOTE(renewed_at), ',', renewals, ');') FROM omsup_lock" </dev/null
  ) >"$lock.tmp"
  mv -- "$lock.tmp" "$lock"
fi

exec 8<"$BACKUP_FILE"

# change COMMAND...: runs it, and shows its errors. As long as another subtask restores cm, the lock is gone; then
# nothing was done yet, and the server is proven anew.
change() {
  for change_try in 1 2 3 4 5; do
    if [ "$change_try" -gt 1 ]; then exec 8<"$BACKUP_FILE"; fi
    change_said=$({
      { change_status=0; "$@" 2>&1 || change_status=$?; echo "status $change_status" >&9; } | client_errors
    } 9>&1)
    # A server may tell of the proof (same-server) only its number.
    case $change_said in
      'status 0') return 0 ;;
      *ERROR*omsup* | *ERROR*9223372036854775807* | *'ERROR 1049 '*"'$CM_DB'"*) if proven; then continue; fi ;;
    esac
    break
  done
  printf '%s\n' "$change_said" | grep -v '^status 0$' | sed 's/^status /the client ended with status /'
  case $change_said in *'status 0'*) ;; *) return 1 ;; esac
}
# After a semicolon the client would not send the comment to the server.
say() {
  echo "$1"
  change metadb mysql --comments -e "${1%;} /* omsup restore $DB */" </dev/null
}
say "DROP DATABASE IF EXISTS \`$DB\`;"
# The lock in cm is gone until it is put back, and nothing can be proven by it.
if [ "$DB" = "$CM_DB" ]; then only_read; fi
say "CREATE DATABASE \`$DB\` CHARACTER SET $DB_CHARSET COLLATE $DB_COLLATION;"
if [ -e "$lock" ]; then metadb mysql -D "$DB" <"$lock"; fi
if [ "$DB" = "$CM_DB" ]; then same_server || echo "$server_problem"; fi

# One that does not know the first line gets the rest. Nothing in a dump is a command of the client (a table's name may look like
# one), and no byte is turned into another.
import() {
  if [ "$first" -eq 1 ]; then
    metadb mysql --binary-mode --max-allowed-packet=1G "$DB" <&8
  else
    tail -n +2 <&8 | metadb mysql --binary-mode --max-allowed-packet=1G "$DB"
  fi
}
# The client that reads the dump is the only one in the new database.
why_still() { lock_words %; }
meanwhile report_progress why_still "$size" position
echo "mysql $DB < $BACKUP_FILE"
change import
echo "omsup: progress $size $size bytes"
umask 077
printf 'job %s\ntoken %s\nsha256 %s\n' "$OMSUP_JOB" "$OMSUP_TOKEN" "$BACKUP_SHA256" >"$marker.tmp"
mv -- "$marker.tmp" "$marker"
rm -f -- "$lock"
sync
