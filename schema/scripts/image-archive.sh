#!/bin/sh
# Checks the image archive on the control host, by its SHA-256 if the deployment file gives one.
# uses: hash, archive-hash

if ! [ -r "$IMAGE_ARCHIVE" ] || ! [ -s "$IMAGE_ARCHIVE" ]; then
  echo "$IMAGE_ARCHIVE is missing, empty or unreadable"
  exit 1
fi
size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
if [ -n "$IMAGE_SHA256" ]; then
  sum=$(hash_of "$IMAGE_ARCHIVE")
  require_archive_hash "$sum"
  echo "omsup: evidence $size bytes, SHA-256 matches"
else
  echo "omsup: evidence $size bytes (not verified: the deployment file has no image.sha256)"
fi
