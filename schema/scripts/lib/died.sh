#!/bin/sh
# A container that is not running, and why.

# why_down CONTAINER: in words: its state and exit status, and the end of its log
why_down() {
  down_state=$("$DOCKER" inspect --type container \
    -f '{{.State.Status}}, exit status {{.State.ExitCode}}{{if .State.OOMKilled}}, out of memory{{end}}{{if .State.Error}}, {{.State.Error}}{{end}}' "$1" 2>&1) ||
    down_state='its state is unknown'
  down_state=$(printf '%s' "$down_state" | tr '\n' ' ')
  down_log=$("$DOCKER" logs --tail 20 "$1" 2>&1 | tr -d '\r' | grep -v '^[[:space:]]*$' | tail -n 3 | cut -c 1-150 | paste -s -d '|' - | sed 's/|/ | /g') || :
  echo "is not running ($down_state)${down_log:+; its log ends with: $down_log}"
}

# require_up CONTAINER: for what can only be asked inside a container: ends the script with words if it is not running (status 1),
# or if docker does not tell (status 2)
require_up() {
  up=$("$DOCKER" inspect --type container -f '{{.State.Running}} {{.Name}}' "$1" 2>&1) || {
    echo "omsup: evidence docker does not say whether $1 is running: $(printf '%s\n' "$up" | tail -n 1)"
    exit 2
  }
  [ "${up%% *}" = false ] || return 0
  echo "omsup: evidence ${up#* /} $(why_down "$1"); start it: $DOCKER start $1"
  exit 1
}
