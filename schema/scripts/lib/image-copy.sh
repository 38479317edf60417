#!/bin/sh
# The copy of the image archive on a node: the archive is copied to the disk with OMS's logs, and removed when it is loaded.

# image_copy: the path of the copy
image_copy() { echo "$LOGS_DIR/omsup/image/$(basename -- "$IMAGE_ARCHIVE")"; }
