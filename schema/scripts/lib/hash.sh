#!/bin/sh
# Hashes of files.

# hash_of FILE: its SHA-256
hash_of() {
  hash_line=$(sha256sum <"$1") && echo "${hash_line%% *}"
}
