#!/bin/sh
# Files that an attempt leaves: PREFIX.ATTEMPT SUFFIX.

# newest_attempt PREFIX SUFFIX: the highest number of an attempt that left a file, or 0
newest_attempt() {
  newest=0
  for left in "$1".*"$2"; do
    attempt=${left#"$1."}
    attempt=${attempt%"$2"}
    case $attempt in '' | *[!0-9]*) continue ;; esac
    if [ "$attempt" -gt "$newest" ]; then newest=$attempt; fi
  done
  echo "$newest"
}
