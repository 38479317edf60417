#!/bin/sh
# Loads the image, and removes the copy of the archive: it is as large as the image and no longer needed. (A copy
# that was not loaded here is removed by remove-copy.) The id of the image is recorded, because some Docker engines
# use another id than the archive.
# uses: image-copy

file=$IMAGE_ARCHIVE
copy=
if [ "$IMAGE_ON" = control ] && [ -n "$NODE_SSH" ]; then
  copy=$(image_copy)
  file=$copy
fi
"$DOCKER" load -i "$file"
present=$("$DOCKER" images -q --no-trunc "$IMAGE")
if [ -z "$present" ]; then
  echo "the archive does not contain $IMAGE: cancel this job, correct image.name in the deployment file, and submit again"
  exit 1
fi
# Some Docker engines use another id than the archive.
{ mkdir -p -- "$LOGS_DIR/omsup/job-$OMSUP_JOB" && echo "$present" >"$LOGS_DIR/omsup/job-$OMSUP_JOB/loaded.$NODE"; } || :
# The copy is as large as the image and no longer needed. (A copy that was not loaded here is removed by remove-copy.)
if [ -n "$copy" ]; then rm -f -- "$copy" "$copy.verified"; fi
