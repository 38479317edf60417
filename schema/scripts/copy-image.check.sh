#!/bin/sh
# Yes if the very image of the archive is on the node, or a verified copy of this very archive. (The local node loads the
# archive from where it is.)
# uses: on-node, own-directory, archive-id, image-copy
# shellcheck disable=SC2016

[ -n "$NODE_SSH" ] || exit 0
facts=$(stat -L -c '%s %Y' -- "$IMAGE_ARCHIVE") || exit 2
dir=$(on_node "$(own_directory_script)" "$IMAGE_DIR" </dev/null) || {
  echo "omsup: evidence $dir"
  exit 2
}
file=$(image_copy "$dir")
# The name alone does not tell one build from another.
want=$(archive_id)
answer=$(on_node '
  present=$("$1" images -q --no-trunc "$2") || exit 2
  if [ -n "$4" ] && [ "$present" = "$4" ]; then echo present; exit 0; fi
  if [ -f "$3.verified" ] && [ -f "$3" ]; then
    echo "$(stat -c %s -- "$3") $(cat "$3.verified")"
  else
    echo missing
  fi
' "$DOCKER" "$IMAGE" "$file" "$want" </dev/null) || exit 2
case $answer in
  present) echo "omsup: evidence $IMAGE is already on the node: $want" ;;
  "${facts% *} $facts "*) echo "omsup: evidence $file, verified" ;;
  *) exit 1 ;;
esac
