#!/bin/sh
# Compares the new image with the running one. load-image identifies the image by name: if that name were the
# running image's, the old version would be started again as the new one.
# uses: image

if [ "$IMAGE" = "$OLD_IMAGE" ]; then
  echo "the new image has the same name as the running one, $IMAGE"
  exit 1
fi
runs=$("$DOCKER" inspect --type container -f '{{.Image}}' "$OLD_ID") || exit 2
new=$(image_facts "$DOCKER" "$IMAGE") || {
  echo "omsup: evidence $new"
  exit 2
}
new_id=${new%% *}
if [ "${new_id#sha256:}" = "${runs#sha256:}" ] || { [ -n "$new" ] && same_image "$new" "$(image_facts "$DOCKER" "$runs" | cut -d ' ' -f 2)"; }; then
  echo "$IMAGE is another name for the running image, $OLD_IMAGE"
  exit 1
fi
echo "omsup: evidence $IMAGE differs from the running image, $OLD_IMAGE"
