#!/bin/sh
# What copies of the image archive leave on a node.

# each_rest COMMAND: runs it with each file that copy-image may have left, whole or in part
each_rest() {
  rest_of=$LOGS_DIR/omsup/image/$(basename -- "$IMAGE_ARCHIVE")
  for rest in "$rest_of" "$rest_of.verified" "$rest_of.verified.tmp" "$rest_of".*.part; do
    if [ -f "$rest" ]; then "$1" "$rest"; fi
  done
}
