#!/bin/sh
# Checks that the image is for the architecture of the node. With another one, docker load and docker run succeed, and the container
# dies at once: "exec format error".
# uses: on-node, image, architecture
# shellcheck disable=SC2016

look='uname -m; "$1" inspect --type image -f "{{.Architecture}}" "$2" 2>/dev/null || :'
if [ "$IMAGE_ON" = control ]; then
  answer=$(on_node "$look" "$DOCKER" "$IMAGE" </dev/null) || exit 2
else
  answer=$(sh -c "$look" omsup "$DOCKER" "$IMAGE")
fi
machine=$(printf '%s\n' "$answer" | sed -n 1p)
prefix=image
[ "$IMAGE_ON" = control ] || prefix=image.$NODE
archive_architecture=
# What the check of the archive has read in it; a compressed one is not unpacked again, on each node.
archive_recall "$prefix" || archive_packed || archive_look
built_for=$archive_architecture
[ -n "$built_for" ] || built_for=$(printf '%s\n' "$answer" | sed -n 2p) # it has been loaded already
if other_architecture "$built_for" "$machine"; then exit 1; fi
if [ -n "$built_for" ]; then
  echo "omsup: evidence the image is for $built_for, the node is $machine"
else
  echo "omsup: evidence the node is $machine; the image's architecture is not known before it is loaded"
fi
