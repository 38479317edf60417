#!/bin/sh
# Checks the image archive on the control host, by its SHA-256 if the deployment file gives one, and records what it is: what
# is copied and loaded later must be this very archive.
# uses: hash, archive-hash, image

if ! [ -r "$IMAGE_ARCHIVE" ] || ! [ -s "$IMAGE_ARCHIVE" ]; then
  echo "$IMAGE_ARCHIVE is missing, empty or unreadable"
  exit 1
fi
size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
sum=$(hash_of "$IMAGE_ARCHIVE")
require_archive_hash "$sum" ''
echo "omsup: fact image.sha256 $sum"
echo "omsup: fact image.archive_id $(archive_id)"
identity=$(archive_identity)
[ -z "$identity" ] || echo "omsup: fact image.identity $identity"
if [ -n "$IMAGE_SHA256" ]; then
  echo "omsup: evidence $size bytes, SHA-256 matches"
else
  echo "omsup: evidence $size bytes, SHA-256 $sum (the deployment file has no image.sha256 to compare it with)"
fi
