#!/bin/sh
# Whether the image archive is the one that the deployment file means, and that the prechecks saw.

# archive_hash_problem SUM SEEN: why an archive with this SHA-256 is not the one; nothing if it is. SEEN is the SHA-256 that was
# recorded by a precheck, or empty
archive_hash_problem() {
  if [ -n "$IMAGE_SHA256" ] && [ "$1" != "$IMAGE_SHA256" ]; then
    echo "$IMAGE_ARCHIVE has SHA-256 $1, expected $IMAGE_SHA256"
  elif [ -n "$2" ] && [ "$1" != "$2" ]; then
    echo "$IMAGE_ARCHIVE has SHA-256 $1, but had $2 when it was checked: it was replaced"
  fi
}

# require_archive_hash SUM SEEN: ends the script with words if it is another one
require_archive_hash() {
  hash_problem=$(archive_hash_problem "$1" "$2")
  [ -n "$hash_problem" ] || return 0
  echo "$hash_problem"
  exit 1
}
