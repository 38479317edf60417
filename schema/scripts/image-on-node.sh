#!/bin/sh
# Checks the image archive on the node, and the space that Docker needs to load it, and records what the archive is: what is
# loaded later must be this very archive.
# uses: image, hash, archive-hash, free-space
# shellcheck disable=SC2154 # archive_look sets them

present=$(image_facts "$DOCKER" "$IMAGE") || {
  echo "omsup: evidence $present"
  exit 2
}
if ! [ -r "$IMAGE_ARCHIVE" ] || ! [ -s "$IMAGE_ARCHIVE" ]; then
  echo "$IMAGE_ARCHIVE is missing, empty or unreadable"
  exit 1
fi
stamp=$(archive_stamp)
size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
archive_look
free=
if ! same_image "$present" "$archive_identity" "$archive_id"; then
  root=$("$DOCKER" info -f '{{.DockerRootDir}}' 2>/dev/null) || root=$("$DOCKER" info -f '{{.Store.GraphRoot}}' 2>/dev/null) || root=
  if ! [ -d "$root" ]; then # podman has another name for it; in any case, there are the files of the old container
    root=$("$DOCKER" inspect --type container -f '{{.ResolvConfPath}}' "$OLD_ID") || exit 2
    root=${root%/*}
  fi
  free=$(free_kib "$root")
  need=$(loading_kib "$size")
  if [ "$free" -lt "$need" ]; then
    echo "$root has $free KiB free, but loading the image may need $need"
    exit 1
  fi
fi
# Reading all of it takes minutes: last.
sum=$(hash_of "$IMAGE_ARCHIVE")
require_archive_hash "$sum" ''
if [ "$(archive_stamp)" != "$stamp" ]; then
  echo "$IMAGE_ARCHIVE was changed while it was read; wait until it is complete, then check again"
  exit 1
fi
echo "omsup: fact image.$NODE.sha256 $sum"
echo "omsup: fact image.$NODE.stamp $stamp"
# Empty ones too: those of another archive must not stay.
echo "omsup: fact image.$NODE.archive_id $archive_id"
echo "omsup: fact image.$NODE.identity $archive_identity"
echo "omsup: fact image.$NODE.architecture $archive_architecture"
if [ -n "$free" ]; then
  echo "omsup: evidence $size bytes; $free KiB free in $root"
else
  echo "omsup: evidence $IMAGE is already loaded: ${present%% *}, the same as in the archive"
fi
