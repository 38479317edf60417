#!/bin/sh
# Which image the new container runs.

# image_of_new: "right" if the new container runs the image with the recorded id, otherwise its image and the right one; without a
# record, the image with the name of the plan
image_of_new() {
  image_want=$(printf '%s\n' "$OMSUP_FACTS" | awk -v name="image.$NODE.id" '$1 == name { print $2 }')
  image_is=$("$DOCKER" inspect --type container -f '{{.Image}}' "$NEW_CONTAINER") || return
  [ -n "$image_want" ] || image_want=$("$DOCKER" inspect --type image -f '{{.Id}}' "$IMAGE" 2>/dev/null) ||
    image_want=$("$DOCKER" images -q --no-trunc "$IMAGE" | sed -n 1p)
  if [ "${image_is#sha256:}" = "${image_want#sha256:}" ]; then echo right; else echo "image $image_is instead of $image_want"; fi
}
