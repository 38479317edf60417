#!/bin/sh
# Dumps the database. "Make sure that the sizes of the files are not 0" is not enough: a dump of a database that
# does not exist has 863 bytes, and one that was killed may have megabytes. Here a dump counts when mysqldump exited
# 0 and wrote its last line, every byte was written and hashed, and it holds every table, view and row of the server that has
# this job's lock; its size, SHA-256, inode and modification time are kept in a manifest. A retry writes another file.
# uses: on-node, old-untouched, fact-of, database, same-server, server-identity, dump, complete, trailer, file-facts, meanwhile, progress, lock-waits
# shellcheck disable=SC2034,SC2086

plain_name || { echo "unsupported database name: $DB"; exit 1; }
# A rehearsal dumps OMS while it runs: the same, but in one transaction instead of under locks that OMS would wait for, and without
# the heartbeat sequence, which an upgrade shrinks to one row before its backup.
rehearsal=$(fact_of rehearsal.running)
[ "$rehearsal" != yes ] || OLD_CONTAINERS=
# The databases are dumped one after the other, and a pause may lie between them.
while read -r node id docker sudo ssh port; do
  [ -n "$node" ] || continue
  NODE_SUDO=${sudo#-}
  NODE_SSH=${ssh#-}
  NODE_PORT=${port#-}
  said=$(on_node "$(old_untouched_script)" "$docker" "$id" "$(fact_of "old.$node.stopped")" </dev/null 2>&1) || {
    echo "node $node: ${said:-cannot tell whether the old container was started again}"
    exit 1
  }
done <<EOF
$OLD_CONTAINERS
EOF
prove_server "$OMSUP_FORCE"
server=$(server_identity)
umask 077
dir=$BACKUP_DIR/job-$OMSUP_JOB
file=$dir/$DB.$OMSUP_ATTEMPT.sql
# 0 is for not known. What OceanBase has is nothing, or a size after compression; and the rows are not read here, because that could
# wait for a lock.
estimate=$(metadb mysql -N -B -D "$DB" -e "SELECT IF(CONCAT(VERSION(), @@version_comment) LIKE '%OceanBase%', 0, COALESCE(CAST(SUM(data_length) AS UNSIGNED), 0))
  FROM information_schema.tables WHERE table_schema = DATABASE()" </dev/null)
defaults=$(database_defaults | tr '\t' ' ')
charset=${defaults% *}
collation=${defaults#* }
if [ -z "$charset" ] || [ -z "$collation" ]; then
  echo "the server does not report a default charset for $DB"
  exit 1
fi
limited=$(limited_rows)
if [ -n "$limited" ]; then
  echo "$limited"
  exit 1
fi
mkdir -p -- "$dir"
# Who owns it can put other files in their place. On NFS that need not be this account, but is who owns what it creates.
probe=$(mktemp -- "$BACKUP_DIR/.omsup.XXXXXX")
owner=$(stat -c %u -- "$probe")
rm -f -- "$probe"
if [ -L "$dir" ] || [ "$(stat -c %u -- "$dir")" != "$owner" ]; then
  echo "$dir belongs to another account or is a symbolic link: remove it, or set another backup.directory"
  exit 1
fi
chmod 700 -- "$dir"
set -C
: >"$file" # fails rather than overwrite an older file

options=$(dump_options)
[ "$rehearsal" != yes ] || options="$options --single-transaction --skip-lock-tables --ignore-table=$DB.heatbeat_sequence"
# No option contains a space.
set -- $options
# mysqldump waits for locks with this statement only; others wait because of it.
why_still() { lock_words 'LOCK TABLES%'; }
meanwhile report_progress why_still "$estimate" stat -c %s -- "$file"
echo "mysqldump $* $DB > $file"
# The dump is hashed while it is written. A program whose writes fail ends the others through their pipes; each of them
# records on fd 9 how it ended, and what it has to say, so the first cause is known.
ended() {
  what=$1
  shift
  status=0
  "$@" || status=$?
  echo "$what $status" >&9
}
outcome=$({
  {
    ended mysqldump metadb mysqldump "$@" "$DB" </dev/null 8>&- |
      ended tee tee /dev/fd/7 7>&8 8>&- |
      ended cat cat 8>&- >>"$file"
  } 8>&1 | ended sha256sum sha256sum >&9
} 2>&1 9>&1)
of() { printf '%s\n' "$outcome" | sed -n "s/^$1 //p"; }
# how_of PROGRAM: its status, and the first error that it or one of its names has told
how_of() {
  how_told=$(printf '%s\n' "$outcome" | grep -E "^([^ ]*/)?($1|${2:-$1}): " | grep -Eiv 'warning|deprecated' | head -n 1 | cut -c1-400)
  echo "$1 ended with status $(of "$1")${how_told:+: ${how_told#*: }}"
}
printf '%s\n' "$outcome" | grep -Ev '^[a-z0-9]+ [0-9]+$|^[0-9a-f]{64} ' | sed 's/^omsup: / &/' | head -n 20 | cut -c1-400
sum=$(printf '%s\n' "$outcome" | sed -n 's/^\([0-9a-f]\{64\}\) .*/\1/p')
trailer=$(dump_trailer "$file")
size=$(stat -c %s -- "$file")
problem=
[ "$(of cat)" = 0 ] || problem="$file cannot be written: $(how_of cat)"
[ -n "$sum" ] && [ "$(of sha256sum)" = 0 ] || problem="${problem:-$(how_of sha256sum)}"
[ "$(of tee)" = 0 ] || problem="${problem:-$(how_of tee)}"
[ "$(of mysqldump)" = 0 ] || problem="${problem:-$(how_of mysqldump mariadb-dump)}"
[ -n "$trailer" ] || problem="${problem:-the dump does not end with '-- Dump completed'}"
server_state='' server_problem=''
if [ -z "$problem" ]; then
  # The clients may reach another server than they did when the dump began.
  if same_server || [ "$server_state$OMSUP_FORCE" = absent1 ]; then
    lacks=$(dump_lacks "$file") || problem="cannot compare the dump with the server"
    # OMS writes rows meanwhile.
    [ "$rehearsal" != yes ] || lacks=$(printf '%s\n' "$lacks" | grep -Ev '^(rows of |the rows of |table heatbeat_sequence$)') || :
    [ -z "$lacks" ] || problem="the dump lacks $(printf '%s\n' "$lacks" | head -n 10 | sed '2,$s/^/, /' | tr -d '\n')"
  else
    problem=$server_problem
  fi
fi
if [ -n "$problem" ]; then
  echo "$problem; the incomplete dump ($size bytes) was removed"
  rm -f -- "$file"
  exit 1
fi
sync -- "$file" 2>/dev/null || sync
{
  echo "file $file"
  file_facts "$file"
  echo "sha256 $sum"
  echo "charset $charset"
  echo "collation $collation"
  echo "job $OMSUP_JOB"
  echo "attempt $OMSUP_ATTEMPT"
  echo "token $OMSUP_TOKEN"
  echo "trailer $trailer"
  echo "server $server"
} >"$file.ok.tmp"
sync -- "$file.ok.tmp" 2>/dev/null || sync
mv -- "$file.ok.tmp" "$file.ok"
sync -- "$dir" 2>/dev/null || sync
echo "omsup: progress $size $size bytes"
