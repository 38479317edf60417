#!/bin/sh
# Yes if the very image of the archive is on the node, or a verified copy of this very archive. (The local node loads the
# archive from where it is.)
# uses: on-node, own-directory, image, image-copy
# shellcheck disable=SC2016,SC2154 # archive_look sets them

[ -n "$NODE_SSH" ] || exit 0
facts=$(stat -L -c '%s %Y' -- "$IMAGE_ARCHIVE") || exit 2
dir=$(on_node "$(own_directory_script)" "$IMAGE_DIR" </dev/null) || {
  echo "omsup: evidence $dir"
  exit 2
}
file=$(image_copy "$dir")
# The name alone does not tell one build from another.
present=$(on_node "$(image_script)" "$DOCKER" "$IMAGE" </dev/null) || {
  echo "omsup: evidence $present"
  exit 2
}
if [ -n "$present" ]; then
  archive_recall image || archive_look
  if same_image "$present" "$archive_identity" "$archive_id"; then
    echo "omsup: evidence $IMAGE is already on the node: ${present%% *}, the same as in the archive"
    exit 0
  fi
fi
answer=$(on_node '
  if [ -f "$1.verified" ] && [ -f "$1" ]; then
    echo "$(stat -c %s -- "$1") $(cat "$1.verified")"
  else
    echo missing
  fi
' "$file" </dev/null) || exit 2
case $answer in
  "${facts% *} $facts "*) echo "omsup: evidence $file, verified" ;;
  *) exit 1 ;;
esac
