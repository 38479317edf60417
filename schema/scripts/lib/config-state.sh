#!/bin/sh
# OMS's config.yaml, as it is compared with what it was when the job was submitted.

# config_state FILE: a hash of all lines but those with secrets (nobody shall guess a password from a hash), the size, and the time of the
# last change, by which a changed password is seen. The same as in daemon/plan/inputs/node_facts.sh.
config_state() {
  [ -r "$1" ] || return
  state_hash=$(grep -Eiv '^[^:]*(passw|pwd|secret|token)' "$1" | sha256sum) || return
  state_facts=$(stat -L -c '%s %Y' -- "$1") || return
  echo "${state_hash%% *} $state_facts"
}

# config_words STATE: it for people
config_words() {
  state_rest=${1#* }
  state_time=${1##* }
  echo "SHA-256 without secrets $(printf '%.12s' "$1")…, ${state_rest% *} bytes, written $(date -u -d "@$state_time" +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || echo "$state_time")"
}
