#!/bin/sh
# What supervisord says of the programs in a container.

# supervisor CONTAINER [PROGRAM]: the output of supervisorctl status, which exits with an error as soon as one program is stopped.
# What it says cannot pass for lines of the script
supervisor() { "$DOCKER" exec "$1" supervisorctl status ${2:+"$2"} 2>&1 | sed 's/^omsup: / &/' || :; }

# in_state OUTPUT PROGRAM STATES: whether it is in one of these states, an extended regular expression
in_state() { printf '%s\n' "$1" | grep -Eq "^$2 +$3"; }

# not_running OUTPUT PROGRAM...: those that are not RUNNING, each after a space
not_running() {
  output=$1
  shift
  for program in "$@"; do
    printf '%s\n' "$output" | grep -Eq "^$program +RUNNING" || printf ' %s' "$program"
  done
}
