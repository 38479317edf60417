#!/bin/sh
# Yes if no copy of the image archive is left.
# uses: own-directory, copy-rests

dir=$(sh -c "$(own_directory_script)" omsup "$IMAGE_DIR") || {
  echo "omsup: evidence $dir"
  exit 2
}
exists() {
  echo "omsup: evidence $1 still exists"
  exit 1
}
each_rest "$dir" exists
echo "omsup: evidence no copy is left"
