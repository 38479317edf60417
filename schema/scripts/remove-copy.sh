#!/bin/sh
# Removes copies of the image archive, and the record of what was loaded. Copies are left by an upgrade that was abandoned, or when the image reached the
# node in another way.
# uses: own-directory, copy-rests

dir=$(sh -c "$(own_directory_script)" omsup "$IMAGE_DIR") || {
  echo "$dir"
  exit 1
}
removed() {
  rm -f -- "$1"
  echo "removed $1"
}
each_rest "$dir" removed
