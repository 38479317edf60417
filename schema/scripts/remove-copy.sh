#!/bin/sh
# Removes copies of the image archive. They are left by an upgrade that was abandoned, or when the image reached the
# node in another way.
# uses: copy-rests

removed() {
  rm -f -- "$1"
  echo "removed $1"
}
each_rest removed
