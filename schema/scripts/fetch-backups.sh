#!/bin/sh
# Fetches a backup that is missing or damaged on this host from its second copy. It is verified before it gets the name; what has the name
# is kept.
# uses: on-node, copy-to, hash, meanwhile, progress
# shellcheck disable=SC2016,SC2153,SC2154 # copy_where sets them

if [ -z "$BACKUP_FILE" ]; then
  echo "no backup is recorded for $DB: the database cannot be restored"
  exit 1
fi
if [ -z "$BACKUP_COPY" ]; then
  echo "$BACKUP_FILE is missing or damaged, and no second copy of it is recorded. If you have one, put it there ($BACKUP_SIZE bytes, SHA-256 $BACKUP_SHA256), then retry"
  exit 1
fi
copy_where
copy=$copy_dir${BACKUP_COPY#"$copy_place"}
by_hand="cp -- $copy $BACKUP_FILE"
[ -z "$NODE_SSH" ] || by_hand="scp ${NODE_PORT:+-P $NODE_PORT }-- $NODE_SSH:$copy $BACKUP_FILE"
umask 077
mkdir -p -- "${BACKUP_FILE%/*}"
if [ -L "${BACKUP_FILE%/*}" ]; then
  echo "${BACKUP_FILE%/*} is a symbolic link: remove it"
  exit 1
fi
part=$BACKUP_FILE.fetched.$OMSUP_JOB.$OMSUP_ATTEMPT
set -C
: >"$part" # fails rather than write to what is there
set +C
echo "omsup: news fetching $BACKUP_COPY"
meanwhile report_progress : "$BACKUP_SIZE" stat -c %s -- "$part"
if ! on_node 'cat -- "$1"' "$copy" </dev/null >>"$part"; then
  rm -f -- "$part"
  echo "$BACKUP_COPY cannot be read. Bring the file here, then retry: $by_hand"
  exit 1
fi
size=$(stat -c %s -- "$part")
sum=$(hash_of "$part")
if [ "$size" != "$BACKUP_SIZE" ] || [ "$sum" != "$BACKUP_SHA256" ]; then
  rm -f -- "$part"
  echo "$BACKUP_COPY has $size bytes and SHA-256 $sum, but $BACKUP_SIZE bytes and $BACKUP_SHA256 were recorded: it was not taken"
  exit 1
fi
# It proves the server where the lock is gone.
if ! [ -f "$BACKUP_FILE.ok" ] && on_node 'cat -- "$1"' "$copy.ok" </dev/null >"$part.ok"; then mv -- "$part.ok" "$BACKUP_FILE.ok"; fi
rm -f -- "$part.ok"
sync -- "$part" 2>/dev/null || sync
[ ! -e "$BACKUP_FILE" ] || mv -- "$BACKUP_FILE" "$BACKUP_FILE.damaged.$OMSUP_JOB.$OMSUP_ATTEMPT"
mv -- "$part" "$BACKUP_FILE"
sync -- "${BACKUP_FILE%/*}" 2>/dev/null || sync
echo "fetched $BACKUP_FILE from $BACKUP_COPY, $size bytes, SHA-256 as recorded"
