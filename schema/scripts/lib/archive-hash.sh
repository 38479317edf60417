#!/bin/sh
# Whether the image archive is the one that the deployment file means.

# require_archive_hash SUM: ends the script with words if the deployment file gives the archive another SHA-256
require_archive_hash() {
  [ -n "$IMAGE_SHA256" ] && [ "$1" != "$IMAGE_SHA256" ] || return 0
  echo "$IMAGE_ARCHIVE has SHA-256 $1, expected $IMAGE_SHA256"
  exit 1
}
