#!/bin/sh
# Which version the log of the new container names, from its start on. What it says is not documented: only a line about OMS or a version
# counts, and a log that names none of both versions proves nothing.
# uses: container-log
# shellcheck disable=SC2016

text=$(container_log "$NEW_CONTAINER") || exit 2
marks=$("$DOCKER" exec "$NEW_CONTAINER" sh -c 'cat -- "$1"/*.log 2>/dev/null || :' omsup "/root/.omsup/job-$OMSUP_JOB") || exit 2
lines=$(printf '%s\n%s\n' "$text" "$marks" | grep -Ei 'oms|docker_init|version|upgrade') || lines=
# names VERSION: the first line with it
names() { printf '%s\n' "$lines" | grep -E -m 1 "(^|[^0-9.])[Vv]?$(printf '%s' "$1" | sed 's/\./\\./g')([^0-9.]|\\.?\$)" | cut -c 1-200; }
line=$(names "$TARGET")
if [ -n "$line" ]; then
  echo "omsup: fact image.$NODE.seen yes"
  echo "omsup: evidence the log of $NEW_CONTAINER names V$TARGET: $line"
  exit 0
fi
echo "omsup: fact image.$NODE.seen no"
line=$(names "$SOURCE")
if [ "$SOURCE" != "$TARGET" ] && [ -n "$line" ]; then
  echo "omsup: evidence the log of $NEW_CONTAINER names V$SOURCE, the old version, and never V$TARGET: $line"
  exit 1
fi
echo "omsup: evidence the log of $NEW_CONTAINER names no version"
