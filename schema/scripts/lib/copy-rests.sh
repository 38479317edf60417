#!/bin/sh
# What copying and loading the image archive leaves on a node.

# each_rest DIR COMMAND: runs it with each file that copy-image and load-image may have left
each_rest() {
  rest_of=$1/$(basename -- "$IMAGE_ARCHIVE")
  for rest in "$rest_of" "$rest_of.verified" "$rest_of.verified.tmp" "$rest_of".*.part "$1/job-$OMSUP_JOB.$NODE.loaded"; do
    if [ -f "$rest" ]; then "$2" "$rest"; fi
  done
}
