#!/bin/sh
# The copy of the image archive on a node, in the directory image.directory of the deployment file, which is root's alone. It is
# removed when it is loaded. What was loaded is recorded beside it.

# image_copy DIR: the path of the copy
image_copy() { echo "$1/$(basename -- "$IMAGE_ARCHIVE")"; }

# loaded_record DIR: the file that says which image this job loaded on this node: ID SHA-256, of the archive
loaded_record() { echo "$1/job-$OMSUP_JOB.$NODE.loaded"; }
