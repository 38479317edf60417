#!/bin/sh
# Yes if the image is the one that was loaded by this job, or the one in the archive: the name alone does not tell
# one build from another.
# uses: archive-id, image-copy

id=$("$DOCKER" images -q --no-trunc "$IMAGE") || exit 2
[ -n "$id" ] || exit 1
echo "omsup: evidence $id"
if [ "$(cat "$LOGS_DIR/omsup/job-$OMSUP_JOB/loaded.$NODE" 2>/dev/null)" = "$id" ]; then exit 0; fi
if [ "$IMAGE_ON" = control ] && [ -n "$NODE_SSH" ]; then
  # Nothing was copied: copy-image found that the right image was already there.
  if [ -e "$(image_copy).verified" ]; then exit 1; fi
else
  want=$(archive_id)
  [ -z "$want" ] || [ "$want" = "$id" ]
fi
