#!/bin/sh
# Checks the second place of the backups: it can be written to, is new to this job, and on another disk.
# uses: on-node, copy-to, other-disk
# shellcheck disable=SC2016,SC2154 # copy_where sets them

copy_where
if [ -z "$NODE_SSH" ]; then
  other_disk "$copy_dir" "$BACKUP_DIR" || exit 1
fi
said=$(on_node '
  if [ -e "$1/$2" ]; then
    echo "$1/$2 already exists: it belongs to a job of another journal"
    exit 1
  fi
  at=$1
  until [ -d "$at" ]; do at=$(dirname -- "$at"); done
  if ! [ -w "$at" ]; then
    echo "$at is not writable"
    exit 1
  fi
  command -v sha256sum >/dev/null || { echo "there is no sha256sum"; exit 1; }' "$copy_dir" "job-$OMSUP_JOB" </dev/null) || {
  if [ -z "$said" ]; then
    echo "$copy_place cannot be reached"
    exit 2
  fi
  echo "${NODE_SSH:+${copy_place%%:*}: }$said"
  exit 1
}
echo "omsup: evidence $copy_place can be written to"
