#!/bin/sh
# A directory of ours on a node. Nothing in it can be replaced by another account.

# own_directory_script: the text of a script for `sh -c`, here or on a node: it creates the directory $1, and prints its path
# without links, or why it is not safe (1)
own_directory_script() {
  cat <<'EOF'
umask 077
mkdir -p -- "$1" 2>&1 || exit 1
path=$(CDPATH='' cd -P -- "$1" && pwd -P) || { echo "cannot enter $1"; exit 1; }
me=$(id -u)
at=$path
while :; do
  facts=$(stat -c '%u %a' -- "$at") || { echo "cannot stat $at"; exit 1; }
  owner=${facts% *}
  mode=${facts#* }
  open=$((0$mode & 022))
  # In a sticky directory, nobody replaces what another account owns.
  if [ "$at" != "$path" ] && [ "$((0$mode & 01000))" -ne 0 ]; then open=0; fi
  if { [ "$owner" != 0 ] && [ "$owner" != "$me" ]; } || [ "$open" -ne 0 ]; then
    echo "$1 is not safe: another account can write to $at (owner $owner, mode $mode)"
    exit 1
  fi
  [ "$at" != / ] || break
  at=${at%/*}
  at=${at:-/}
done
[ "$me" = "$(stat -c %u -- "$path")" ] || { echo "$path belongs to another account"; exit 1; }
printf '%s\n' "$path"
EOF
}
