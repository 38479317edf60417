#!/bin/sh
# What the image archive says of the image.

# archive_config: the name of the new image's configuration in the archive; empty when the archive does not contain it
archive_config() {
  { tar -xOf "$IMAGE_ARCHIVE" manifest.json ./manifest.json 2>/dev/null || :; } | tr -d ' \n' | sed 's/{"Config":/\
&/g' | grep -F "\"$IMAGE\"" | sed -n 's/.*"Config":"\([^"]*\)".*/\1/p' | head -n 1
}

# archive_id: the id of the new image according to the archive; empty when the archive does not contain it
archive_id() { archive_config | sed -n 's/^\(blobs\/sha256\/\)\{0,1\}\([0-9a-f]\{64\}\).*/sha256:\2/p'; }

# archive_packed: whether it is compressed (gzip, bzip2, xz, zstd)
archive_packed() { case $(od -An -tx1 -N2 "$IMAGE_ARCHIVE" 2>/dev/null | tr -d ' ') in 1f8b | 425a | fd37 | 28b5) ;; *) return 1 ;; esac }

# loading_kib SIZE: what docker load may need for an archive of so many bytes: it unpacks it and keeps a temporary copy. How large a
# compressed one is unpacked is not known without unpacking it; programs shrink to about a third.
loading_kib() { if archive_packed; then echo $(($1 * 3 * 2 / 1024)); else echo $(($1 * 2 / 1024)); fi; }

# archive_architecture: of the new image; empty when the archive does not tell, or is compressed, so that looking would unpack it all
archive_architecture() {
  if archive_packed; then return 0; fi
  config=$(archive_config)
  [ -n "$config" ] || return 0
  for name in "$config" "./$config"; do tar -xOf "$IMAGE_ARCHIVE" "$name" 2>/dev/null || :; done | tr -d ' \n' |
    sed -n 's/.*[{,]"architecture":"\([a-z0-9]*\)".*/\1/p' | head -n 1
}
