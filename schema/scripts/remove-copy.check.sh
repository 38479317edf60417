#!/bin/sh
# Yes if no copy of the image archive is left.
# uses: copy-rests

[ -d "$LOGS_DIR" ] || exit 2
exists() {
  echo "omsup: evidence $1 still exists"
  exit 1
}
each_rest exists
echo "omsup: evidence no copy is left"
