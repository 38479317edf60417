#!/bin/sh
# Checks the image archive on the control host, by its SHA-256 if the deployment file gives one, and records what it is: what
# is copied and loaded later must be this very archive.
# uses: hash, archive-hash, image
# shellcheck disable=SC2154 # archive_look sets them

if ! [ -r "$IMAGE_ARCHIVE" ] || ! [ -s "$IMAGE_ARCHIVE" ]; then
  echo "$IMAGE_ARCHIVE is missing, empty or unreadable"
  exit 1
fi
stamp=$(archive_stamp)
size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
sum=$(hash_of "$IMAGE_ARCHIVE")
require_archive_hash "$sum" ''
archive_look
if [ "$(archive_stamp)" != "$stamp" ]; then
  echo "$IMAGE_ARCHIVE was changed while it was read; wait until it is complete, then check again"
  exit 1
fi
echo "omsup: fact image.sha256 $sum"
echo "omsup: fact image.stamp $stamp"
# Empty ones too: those of another archive must not stay.
echo "omsup: fact image.archive_id $archive_id"
echo "omsup: fact image.identity $archive_identity"
echo "omsup: fact image.architecture $archive_architecture"
if [ -n "$IMAGE_SHA256" ]; then
  echo "omsup: evidence $size bytes, SHA-256 matches"
else
  echo "omsup: evidence $size bytes, SHA-256 $sum (the deployment file has no image.sha256 to compare it with)"
fi
