#!/bin/sh
# CDC libraries that somebody has replaced in the container (the vendor's page "CDC upgrade" says how) are not in a mount, so the
# new container has those of its image again.

changes=$("$DOCKER" diff "$OLD_ID") || exit 2
changed=$(printf '%s\n' "$changes" | sed -n 's/^[AC] \(\/home\/ds\/lib64\/reader\/.*\.so[.0-9]*\)$/\1/p')
if [ -n "$changed" ]; then
  echo "these CDC libraries were changed in $OLD_CONTAINER and would be lost with it:"
  printf '%s\n' "$changed" | head -n 20
  exit 1
fi
echo "omsup: evidence no library in /home/ds/lib64/reader was changed"
