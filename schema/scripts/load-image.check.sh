#!/bin/sh
# Yes if the image that this job loaded on this node is still there, or if the image with this name is the one in the archive as it was
# checked: the name alone does not tell one build from another. Its id is recorded, for start-new.
# uses: own-directory, fact-of, image, image-copy

dir=$(sh -c "$(own_directory_script)" omsup "$IMAGE_DIR") || {
  echo "omsup: evidence $dir"
  exit 2
}
ids=$("$DOCKER" images -aq --no-trunc) || exit 2
record=$(loaded_record "$dir")
if [ -f "$record" ]; then
  read -r id sum <"$record"
  if printf '%s\n' "$ids" | grep -Fxq -- "$id"; then
    echo "omsup: fact image.$NODE.id $id"
    echo "omsup: fact image.$NODE.loaded $sum"
    echo "omsup: evidence $id, from an archive with SHA-256 $sum"
    exit 0
  fi
  echo "omsup: evidence the image that was loaded, $id, no longer exists"
  exit 1
fi
facts=$(image_facts "$DOCKER" "$IMAGE") || {
  echo "omsup: evidence $facts"
  exit 2
}
[ -n "$facts" ] || exit 1
id=${facts%% *}
want=$(fact_of "image.$NODE.identity")
want_id=$(fact_of "image.$NODE.archive_id")
if [ "$IMAGE_ON" = control ]; then
  want=$(fact_of image.identity)
  want_id=$(fact_of image.archive_id)
fi
if ! same_image "$facts" "$want" "$want_id"; then
  echo "omsup: evidence $IMAGE is $id, the archive contains ${want_id:-an image whose id is unknown}"
  exit 1
fi
echo "omsup: fact image.$NODE.id $id"
echo "omsup: evidence $id, the same as in the archive"
