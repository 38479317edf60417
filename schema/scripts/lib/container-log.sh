#!/bin/sh
# The log of a container that initializes itself.

# container_log CONTAINER: its lines since its last start; docker keeps those of earlier starts as well
container_log() {
  since=$("$DOCKER" inspect --type container -f '{{json .State.StartedAt}}' "$1") || return
  since=${since#\"}
  since=${since%\"}
  [ -n "$since" ] || return # docker logs would show all of them
  "$DOCKER" logs --since "$since" "$1" 2>&1 | tr -d '\r' | sed 's/^omsup: / &/' # nothing in it passes for a line of ours
}

# initialized CONTAINER: whether the documented line is among them
initialized() { container_log "$1" | grep -Fq 'OMS service start successfully'; }

# doubt CONTAINER TEXT: for an operator who has to judge: the last lines of the log as output, the very last ones as evidence
doubt() {
  tail=$(container_log "$1" | grep -v '^[[:space:]]*$' | tail -n 20) || tail=
  printf '%s\n' "$tail"
  echo "omsup: evidence $2; its log ends with: $(printf '%s\n' "$tail" | tail -n 2 | cut -c 1-200 | paste -s -d '|' | sed 's/|/ | /g')"
}
