#!/bin/sh
# Compares the node's free space with what the image needs: on Docker's disk, and on the disk with OMS's logs, to
# which the archive is copied. Nothing is needed when the image has been loaded already.
# uses: on-node, archive-id
# shellcheck disable=SC2016

size=$(stat -L -c %s -- "$IMAGE_ARCHIVE")
want=$(archive_id)
# "present", or the free KiB of Docker's directory and of the disk with OMS's logs, to which the archive is copied
answer=$(on_node '
  present=$("$1" images -q --no-trunc "$2") || exit 3
  if [ -n "$present" ] && { [ -z "$4" ] || [ "$present" = "$4" ]; }; then echo present; exit 0; fi
  root=$("$1" info -f "{{.DockerRootDir}}" 2>/dev/null) || root=$("$1" info -f "{{.Store.GraphRoot}}" 2>/dev/null) || root=
  # podman has another name for it; in any case, there are the files of the old container
  [ -d "$root" ] || { root=$("$1" inspect --type container -f "{{.ResolvConfPath}}" "$5") && root=${root%/*}; } || exit 3
  df -Pk -- "$root" "$3" | awk "NR > 1 { print \$6, \$4 }"
' "$DOCKER" "$IMAGE" "$LOGS_DIR" "$want" "$OLD_ID" </dev/null)
if [ "$answer" = present ]; then
  echo "omsup: evidence $IMAGE is already loaded (${want:-known by its name only: the archive does not contain the id})"
  exit 0
fi
# Loading unpacks the archive and keeps a temporary copy of it: twice its size; the copy itself: once.
docker_disk=$(printf '%s\n' "$answer" | sed -n 1p)
logs_disk=$(printf '%s\n' "$answer" | sed -n 2p)
docker_need=$((size * 2 / 1024))
logs_need=$((size / 1024))
[ -n "$NODE_SSH" ] || logs_need=0
if [ "${docker_disk% *}" = "${logs_disk% *}" ]; then
  docker_need=$((docker_need + logs_need))
  logs_need=$docker_need
fi
if [ "${docker_disk##* }" -lt "$docker_need" ] || [ "${logs_disk##* }" -lt "$logs_need" ]; then
  echo "Docker's disk has ${docker_disk##* } KiB free and needs $docker_need; the disk of $LOGS_DIR has ${logs_disk##* } KiB free and needs $logs_need"
  exit 1
fi
echo "omsup: evidence Docker's disk has ${docker_disk##* } KiB free and needs $docker_need"
