#!/bin/sh
# Loads the image, and removes the copy of the archive: it is as large as the image and no longer needed. (A copy
# that was not loaded here is removed by remove-copy.) The archive is hashed while it is loaded, so that what was checked is what
# was loaded; the id of the image is recorded (some Docker engines use another id than the archive), and start-new runs
# the image with this id.
# uses: own-directory, archive-hash, fact-of, image-copy, harmless

dir=$(sh -c "$(own_directory_script)" omsup "$IMAGE_DIR") || {
  echo "$dir"
  exit 1
}
file=$IMAGE_ARCHIVE
copy=
seen=$(fact_of "image.$NODE.sha256")
if [ "$IMAGE_ON" = control ]; then
  seen=$(fact_of image.sha256)
  if [ -n "$NODE_SSH" ]; then
    copy=$(image_copy "$dir")
    file=$copy
  fi
fi
record=$(loaded_record "$dir")
rm -f -- "$record"

exec 5>&1
# ended WHAT COMMAND...: runs it and records on fd 9 how it ended
ended() {
  what=$1
  shift
  status=0
  "$@" || status=$?
  echo "$what $status" >&9
}
# What follows the end of the archive is read too, so that all of it is hashed.
load() { harmlessly "$DOCKER" load >&5 8>&- 9>&- && cat >/dev/null; }
outcome=$({
  {
    ended read tee /dev/fd/7 <"$file" 7>&8 | ended load load
  } 8>&1 | sha256sum
} 9>&1)
of() { printf '%s\n' "$outcome" | sed -n "s/^$1 //p"; }
if [ "$(of load)" != 0 ]; then
  echo "docker load ended with status $(of load): see its output above"
  exit 1
fi
if [ "$(of read)" != 0 ]; then
  echo "$file cannot be read to its end"
  exit 1
fi
sum=$(printf '%s\n' "$outcome" | sed -n 's/^\([0-9a-f]\{64\}\) .*/\1/p')
problem=$(archive_hash_problem "$sum" "$seen")
if [ -n "$problem" ]; then
  echo "$problem. It was loaded, but it will not be started: put the right archive there, then retry"
  exit 1
fi
present=$("$DOCKER" images -q --no-trunc "$IMAGE" | sed -n 1p)
if [ -z "$present" ]; then
  echo "the archive does not contain $IMAGE: cancel this job, correct image.name in the deployment file, and submit again"
  exit 1
fi
runs=$("$DOCKER" inspect --type container -f '{{.Image}}' "$OLD_ID") || runs=
if [ "${present#sha256:}" = "${runs#sha256:}" ]; then
  echo "the archive contains the very image that is running, $OLD_IMAGE, as $IMAGE: cancel this job, correct image.archive, and submit again"
  exit 1
fi
(
  umask 077
  printf '%s %s\n' "$present" "$sum" >"$record.tmp"
)
mv -- "$record.tmp" "$record"
if [ -n "$copy" ]; then rm -f -- "$copy" "$copy.verified"; fi
sync
echo "loaded $present, archive with SHA-256 $sum"
