#!/bin/sh
# Loads the image, and removes the copy of the archive: it is as large as the image and no longer needed. (A copy
# that was not loaded here is removed by remove-copy.) The archive is hashed while it is loaded, so that what was checked is what
# was loaded; the id that the image has on this node is recorded, and start-new runs the image with this id.
# uses: own-directory, archive-hash, fact-of, image, image-copy, harmless

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
before=$(image_id "$DOCKER" "$IMAGE")

exec 5>&1
# ended WHAT COMMAND...: runs it and records on fd 9 how it ended
ended() {
  what=$1
  shift
  status=0
  "$@" || status=$?
  echo "$what $status" >&9
}
# names_image TEXT: whether docker load says that it has loaded the image, by its name or, as podman does, with a registry in front
names_image() {
  short=${IMAGE#docker.io/}
  short=${short#library/}
  printf '%s\n' "$1" | tr ',' '\n' | awk -v image="${short#localhost/}" '
    { at = length($0) - length(image) }
    at > 0 && substr($0, at + 1) == image && substr($0, at, 1) ~ /[ \/]/ { found = 1 }
    END { exit !found }'
}
# What follows the end of the archive is read too, so that all of it is hashed.
load() {
  load_rc=0
  load_said=$("$DOCKER" load 2>&1 8>&- 9>&-) || load_rc=$?
  printf '%s\n' "$load_said" | harmless >&5
  [ "$load_rc" -eq 0 ] || return "$load_rc"
  ! names_image "$load_said" || echo "named yes" >&9
  cat >/dev/null
}
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
facts=$(image_facts "$DOCKER" "$IMAGE") || {
  echo "$facts"
  exit 1
}
present=${facts%% *}
# The node may have had an image with this name before, of another build: it must be the one of the archive, by what a precheck has
# read in it. Where that is not known: by what docker load says, or because the name leads elsewhere now.
held=$(fact_of "image.$NODE.identity")
held_id=$(fact_of "image.$NODE.archive_id")
if [ "$IMAGE_ON" = control ]; then
  held=$(fact_of image.identity)
  held_id=$(fact_of image.archive_id)
fi
right=1
if [ -z "$present" ]; then
  right=
elif [ -n "$held" ] && [ -n "${facts#* }" ]; then
  same_image "$facts" "$held" || right=
elif [ "$present" = "$before" ] && [ -z "$held_id" ] && [ "$(of named)" != yes ]; then
  right=
fi
if [ -z "$right" ]; then
  echo "the archive does not contain $IMAGE${present:+ ($present, which has this name here, is another image)}: cancel this job, correct image.name in the deployment file, and submit again"
  exit 1
fi
runs=$("$DOCKER" inspect --type container -f '{{.Image}}' "$OLD_ID") || runs=
if [ "${present#sha256:}" = "${runs#sha256:}" ] || same_image "$facts" "$(image_facts "$DOCKER" "$runs" | cut -d ' ' -f 2)"; then
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
