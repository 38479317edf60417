#!/bin/sh
# Compares the node's free space with what the image needs: on Docker's disk, and on the disk of image.directory, to
# which the archive is copied. Nothing is needed when the image has been loaded already.
# uses: on-node, image
# shellcheck disable=SC2016,SC2154 # archive_look sets them

size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
present=$(on_node "$(image_script)" "$DOCKER" "$IMAGE" </dev/null) || {
  echo "omsup: evidence $present"
  exit 2
}
# An archive is not read for a node that has no such image.
if [ -n "$present" ] && { archive_recall image || archive_look; } && same_image "$present" "$archive_identity" "$archive_id"; then
  echo "omsup: evidence $IMAGE is already loaded: ${present%% *}, the same as in the archive"
  exit 0
fi
# The free KiB of Docker's directory and of the disk to which the archive is copied
answer=$(on_node '
  root=$("$1" info -f "{{.DockerRootDir}}" 2>/dev/null) || root=$("$1" info -f "{{.Store.GraphRoot}}" 2>/dev/null) || root=
  # podman has another name for it; in any case, there are the files of the old container
  [ -d "$root" ] || { root=$("$1" inspect --type container -f "{{.ResolvConfPath}}" "$3") && root=${root%/*}; } || exit 3
  at=$2
  until [ -d "$at" ]; do at=${at%/*}; at=${at:-/}; done
  df -Pk -- "$root" "$at" | awk "NR > 1 { print \$6, \$4 }"
' "$DOCKER" "$IMAGE_DIR" "$OLD_ID" </dev/null) || exit 2
# On Docker's disk what loading needs, on the other the copy of the archive.
docker_disk=$(printf '%s\n' "$answer" | sed -n 1p)
copy_disk=$(printf '%s\n' "$answer" | sed -n 2p)
docker_need=$(loading_kib "$size")
copy_need=$((size / 1024))
[ -n "$NODE_SSH" ] || copy_need=0
if [ "${docker_disk% *}" = "${copy_disk% *}" ]; then
  docker_need=$((docker_need + copy_need))
  copy_need=$docker_need
fi
if [ "${docker_disk##* }" -lt "$docker_need" ] || [ "${copy_disk##* }" -lt "$copy_need" ]; then
  echo "Docker's disk has ${docker_disk##* } KiB free and needs $docker_need; the disk of $IMAGE_DIR has ${copy_disk##* } KiB free and needs $copy_need"
  exit 1
fi
echo "omsup: evidence Docker's disk has ${docker_disk##* } KiB free and needs $docker_need; the disk of $IMAGE_DIR has ${copy_disk##* } and needs $copy_need"
