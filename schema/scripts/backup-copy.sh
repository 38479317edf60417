#!/bin/sh
# Copies the backup to its second place, and reads the copy there to verify its SHA-256. An attempt writes a file of its own, so one that
# was cut off, and may still be written to, is never taken for whole.
# uses: on-node, copy-to, other-disk, own-directory, newest-attempt, file-facts, meanwhile, progress, position
# shellcheck disable=SC2016,SC2154 # copy_where sets them

from=$BACKUP_DIR/job-$OMSUP_JOB
newest=$(newest_attempt "$from/$DB" .sql.ok)
file=$from/$DB.$newest.sql
if [ "$newest" -eq 0 ] || [ "$(file_facts "$file")" != "$(sed -n '/^size /p; /^inode /p; /^mtime /p' "$file.ok")" ]; then
  echo "$from has no complete backup of $DB, or it has changed since it was written"
  exit 1
fi
size=$(sed -n 's/^size //p' "$file.ok")
sum=$(sed -n 's/^sha256 //p' "$file.ok")
copy_where
dir=$copy_dir/job-$OMSUP_JOB
if [ -n "$NODE_SSH" ]; then
  said=$(on_node "$(own_directory_script)" "$dir" </dev/null) || {
    echo "${copy_place%%:*}: ${said:-cannot be reached}"
    exit 1
  }
else
  if ! said=$(other_disk "$copy_dir" "$BACKUP_DIR"); then
    echo "$said"
    if [ "$OMSUP_FORCE" != 1 ] || ! [ -d "$copy_dir" ]; then exit 1; fi
    echo "continuing because of --force"
  fi
  umask 077
  mkdir -p -- "$dir"
  # On NFS the owner need not be this account, but is who owns what it creates.
  probe=$(mktemp -- "$copy_dir/.omsup.XXXXXX")
  owner=$(stat -c %u -- "$probe")
  rm -f -- "$probe"
  if [ -L "$dir" ] || [ "$(stat -c %u -- "$dir")" != "$owner" ]; then
    echo "$dir belongs to another account or is a symbolic link: remove it, or set another backup.copy_to"
    exit 1
  fi
  chmod 700 -- "$dir"
fi
there=$dir/${file##*/}
part=$there.$OMSUP_ATTEMPT.part
on_node 'rm -f -- "$1".*.part "$2" "$1.copied"' "$there" "$part" </dev/null
echo "omsup: news copying to $copy_place"
exec 8<"$file"
meanwhile report_progress : "$size" position
on_node 'umask 077; cat >"$1"' "$part" <&8
echo "omsup: progress $size $size bytes"
echo "omsup: news verifying the copy at $copy_place"
# What is read again must come from the disk of the other host, as far as that can be had.
read_back=$(on_node 'sync -- "$1" 2>/dev/null || sync; sha256sum <"$1"' "$part" </dev/null)
if [ "${read_back%% *}" != "$sum" ]; then
  on_node 'rm -f -- "$1"' "$part" </dev/null
  echo "the copy at $copy_place has SHA-256 ${read_back%% *}, but the backup has $sum; the copy was removed, retry"
  exit 1
fi
on_node '
  set -e
  umask 077
  cat >"$2.ok.tmp"
  mv -- "$2.ok.tmp" "$2.ok"
  mv -- "$1" "$2"
  { TZ=UTC0 stat -c "size %s inode %i mtime %y" -- "$2"; echo "sha256 $3"; } >"$2.copied.tmp"
  mv -- "$2.copied.tmp" "$2.copied"
  sync' "$part" "$there" "$sum" <"$file.ok"
echo "copied $size bytes, SHA-256 $sum"
