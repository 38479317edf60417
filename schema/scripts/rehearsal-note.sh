#!/bin/sh
# Keeps beside the backups how long the rehearsal took: later upgrades show it before they begin (the precheck `rehearsed`).
# uses: server-identity

case $CM_DB in *[!A-Za-z0-9_-]*) echo "unsupported database name: $CM_DB"; exit 1 ;; esac
# The databases are restored side by side, as in a rollback.
longest=$(printf '%s\n' "$OMSUP_FACTS" | awk '$1 ~ /^rehearsal\..*\.seconds$/ && $2 + 0 >= most + 0 { most = $2; any = 1 } END { if (any) print most + 0 }')
[ -n "$longest" ] || { echo "no database was rehearsed"; exit 1; }
server=$(server_identity)
note=$BACKUP_DIR/rehearsal-of-$CM_DB
umask 077
mkdir -p -- "$BACKUP_DIR"
temporary=$(mktemp -- "$BACKUP_DIR/.omsup.XXXXXX")
{
  echo "job $OMSUP_JOB"
  echo "ended $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "seconds $longest"
  echo "server $server"
} >"$temporary"
mv -- "$temporary" "$note"
sync -- "$note" 2>/dev/null || sync
