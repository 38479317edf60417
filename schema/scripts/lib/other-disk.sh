#!/bin/sh
# Whether a directory is mounted.

# other_disk DIR OTHER: whether DIR exists and is on another file system than OTHER, which may not exist yet; prints what is wrong.
# Where a path is not mounted, its files would silently go to the disk below it.
other_disk() {
  if ! [ -d "$1" ]; then
    echo "$1 does not exist; it is not created, because its disk may not be mounted"
    return 1
  fi
  other_at=$2
  until [ -d "$other_at" ]; do other_at=$(dirname -- "$other_at"); done
  if [ "$(stat -L -c %d -- "$1")" = "$(stat -L -c %d -- "$other_at")" ]; then
    echo "$1 is on the same file system as $2: it is not mounted, or would be lost together with it"
    return 1
  fi
}
