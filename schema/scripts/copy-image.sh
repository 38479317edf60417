#!/bin/sh
# Copies the image archive to the node, into a directory that is root's alone, and verifies the copy by its SHA-256. An
# interrupted copy is continued. Copying does not affect anything that is running.
# uses: on-node, own-directory, hash, archive-hash, fact-of, image-copy, meanwhile, progress, position
# shellcheck disable=SC2016

facts=$(stat -L -c '%s %Y' -- "$IMAGE_ARCHIVE")
size=${facts% *}
echo "omsup: news reading the archive for its SHA-256"
sum=$(hash_of "$IMAGE_ARCHIVE")
require_archive_hash "$sum" "$(fact_of image.sha256)"
dir=$(on_node "$(own_directory_script)" "$IMAGE_DIR" </dev/null) || {
  echo "$dir"
  exit 1
}
file=$(image_copy "$dir")
# The hash is in the name, so that a partial copy of another archive is never continued with this one.
part=$file.$sum.part
have=$(on_node 'stat -c %s -- "$1" 2>/dev/null || echo 0' "$part" </dev/null)
if [ "$have" -gt "$size" ]; then
  on_node 'rm -f -- "$1"' "$part" </dev/null
  have=0
fi
[ "$have" -eq 0 ] || echo "continuing after $have of $size bytes"
echo "omsup: news copying to $NODE"
exec 8<"$IMAGE_ARCHIVE"
meanwhile report_progress : "$size" position
tail -c "+$((have + 1))" <&8 | on_node 'umask 077; cat >>"$1"' "$part"
echo "omsup: progress $size $size bytes"
echo "omsup: news verifying the copy on $NODE"
there=$(on_node 'sha256sum <"$1"' "$part" </dev/null)
if [ "${there%% *}" != "$sum" ]; then
  on_node 'rm -f -- "$1"' "$part" </dev/null
  echo "the copy on $NODE has SHA-256 ${there%% *}, but the archive has $sum; the copy was removed, retry"
  exit 1
fi
on_node 'umask 077; sync; mv -- "$1" "$2"; printf "%s\n" "$3" >"$2.verified.tmp"; mv -- "$2.verified.tmp" "$2.verified"; sync' \
  "$part" "$file" "$facts $sum" </dev/null
echo "copied $size bytes, SHA-256 $sum"
