#!/bin/sh
# Loads the newest dump of this job into the scratch database, and records how long that took. Nothing that is not known to be safe
# is loaded (lib/safe-dump): the whole dump is read once before anything is created, and each line again on its way to the client.
# uses: database, same-server, scratch, safe-dump, newest-attempt, hash, statements, meanwhile, progress, position, clients
# shellcheck disable=SC2034

plain_name || { echo "unsupported database name: $DB"; exit 1; }
scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" "$OMSUP_JOB" || { echo "no name of a scratch database is recorded for $DB"; exit 1; }
prove_server "$OMSUP_FORCE"
dir=$BACKUP_DIR/job-$OMSUP_JOB
newest=$(newest_attempt "$dir/$DB" .sql.ok)
file=$dir/$DB.$newest.sql
if ! [ -f "$file" ]; then
  echo "there is no dump of $DB in $dir"
  exit 1
fi
fact() { sed -n "s/^$1 //p" "$file.ok"; }
charset=$(fact charset)
collation=$(fact collation)
case $charset$collation in '' | *[!A-Za-z0-9_]*) echo "no charset is recorded for $DB in $file.ok"; exit 1 ;; esac
size=$(stat -c %s -- "$file")
sum=$(hash_of "$file")
if [ "$size" != "$(fact size)" ] || [ "$sum" != "$(fact sha256)" ]; then
  echo "$file has changed since it was written ($size bytes, SHA-256 $sum): nothing was created"
  exit 1
fi
refused=$(safe_dump "$DB" <"$file" 2>&1 >/dev/null) || {
  echo "$file is not loaded, because a rehearsal must not touch another database: ${refused:-it cannot be read}. Nothing was created"
  exit 1
}
rm -f -- "$file.rehearsed"
there=$(scratch_there)
if [ "$there" != 0 ]; then
  if ! [ -e "$scratch_note" ]; then
    echo "a database $scratch exists that this job has not created: it is not touched. Cancel this job and rehearse again"
    exit 1
  fi
  # An interrupted attempt may still be at it.
  running=
  if ! wait_for_none scratch_used 30 "connections to $scratch (number, host, command, state)"; then
    echo "an earlier attempt still uses $scratch: $running; end it (KILL with its number), and retry"
    exit 1
  fi
  echo "the scratch database $scratch of an earlier attempt is dropped"
  scratch_drop
fi
# As in rehearsal-room, with what is known by now: the dumps of all databases, which are loaded side by side.
free=$(scratch_free) || free=
need=$(stat -c %s -- "$dir"/*.sql | awk '{ all += $1 } END { printf "%.0f", all / 1024 + 1 }')
if [ -n "$free" ] && [ "$((free / 1024))" -lt "$need" ]; then
  echo "the MetaDB has $((free / 1024)) KiB free, but the dumps of this job have $need KiB: nothing was created"
  exit 1
fi
said=$(scratch_create "$charset" "$collation") || {
  echo "the scratch database $scratch cannot be created: $said"
  exit 1
}
exec 8<"$file"
meanwhile report_progress : "$size" position
echo "mysql $scratch < $file"
# CLOCK_MONOTONIC: the wall clock may be set meanwhile.
seconds() { read -r up rest </proc/uptime && echo "${up%.*}"; }
from=$(seconds)
outcome=$({
  { status=0; safe_dump "$DB" <&8 || status=$?; echo "reader $status" >&9; } |
    { status=0; metadb mysql --binary-mode --max-allowed-packet=1G "$scratch" 2>&1 || status=$?; echo "client $status" >&9; } |
    client_errors
} 9>&1)
to=$(seconds)
case $(printf '%s\n' "$outcome" | sort) in
  'client 0
reader 0') ;;
  *)
    printf '%s\n' "$outcome"
    echo "the dump of $DB cannot be loaded: a rollback would fail the same way"
    scratch_drop || echo "the scratch database $scratch is left: a retry drops it; after a cancel, type DROP DATABASE \`$scratch\`"
    exit 1
    ;;
esac
echo "omsup: progress $size $size bytes"
umask 077
{
  echo "scratch $scratch"
  echo "sha256 $sum"
  echo "seconds $((to - from))"
} >"$file.rehearsed.tmp"
mv -- "$file.rehearsed.tmp" "$file.rehearsed"
