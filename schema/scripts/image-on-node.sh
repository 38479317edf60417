#!/bin/sh
# Checks the image archive on the node, and the space that Docker needs to load it. An archive is not needed when the image
# has been loaded already.
# uses: archive-id, hash, archive-hash, free-space

present=$("$DOCKER" images -q --no-trunc "$IMAGE") || exit 2
if ! [ -r "$IMAGE_ARCHIVE" ] || ! [ -s "$IMAGE_ARCHIVE" ]; then
  if [ -n "$present" ] && ! [ -e "$IMAGE_ARCHIVE" ]; then
    echo "omsup: evidence $IMAGE is already loaded: $present (there is no archive to compare it with)"
    exit 0
  fi
  echo "$IMAGE_ARCHIVE is missing, empty or unreadable"
  exit 1
fi
if [ -n "$present" ] && [ "$(archive_id)" = "$present" ]; then
  echo "omsup: evidence $IMAGE is already loaded: $present, the same as in the archive"
  exit 0
fi
size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
if [ -n "$IMAGE_SHA256" ]; then
  sum=$(hash_of "$IMAGE_ARCHIVE")
  require_archive_hash "$sum"
fi
root=$("$DOCKER" info -f '{{.DockerRootDir}}' 2>/dev/null) || root=$("$DOCKER" info -f '{{.Store.GraphRoot}}' 2>/dev/null) || root=
if ! [ -d "$root" ]; then # podman has another name for it; in any case, there are the files of the old container
  root=$("$DOCKER" inspect --type container -f '{{.ResolvConfPath}}' "$OLD_ID") || exit 2
  root=${root%/*}
fi
free=$(free_kib "$root")
need=$((size * 2 / 1024))
if [ "$free" -lt "$need" ]; then
  echo "$root has $free KiB free, but loading the image may need $need"
  exit 1
fi
echo "omsup: evidence $size bytes; $free KiB free in $root"
