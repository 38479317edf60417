#!/bin/sh
# What the image archive says of the image.

# archive_id: the id of the new image according to the archive; empty when the archive does not contain it
archive_id() {
  for name in manifest.json ./manifest.json; do tar -xOf "$IMAGE_ARCHIVE" "$name" 2>/dev/null || :; done | tr -d ' \n' |
    sed 's/{"Config":/\
&/g' | grep -F "\"$IMAGE\"" | sed -n 's/.*"Config":"\(blobs\/sha256\/\)\{0,1\}\([0-9a-f]\{64\}\).*/sha256:\2/p' | head -n 1
}
