#!/bin/sh
# Statements that still run in the server.

# wait_for_none COMMAND TRIES: runs it every 2 s until it prints nothing, or 0; false after TRIES, with its output in `running`
wait_for_none() {
  tries=0
  while :; do
    running=$("$1") || exit
    [ -n "$running" ] && [ "$running" != 0 ] || return 0
    tries=$((tries + 1))
    [ "$tries" -le "$2" ] || return 1
    sleep 2
  done
}
