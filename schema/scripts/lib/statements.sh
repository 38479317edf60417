#!/bin/sh
# Statements that still run in the server.

# wait_for_none COMMAND TRIES WHAT: runs it every 2 s until it prints nothing, or 0; false after TRIES, with its output in `running`. WHAT it
# is that runs is told meanwhile
wait_for_none() {
  tries=0
  while :; do
    running=$("$1") || exit
    if [ -z "$running" ] || [ "$running" = 0 ]; then
      [ "$tries" -lt 2 ] || echo 'omsup: news it continues, they have ended'
      return 0
    fi
    tries=$((tries + 1))
    [ "$tries" -le "$2" ] || return 1
    [ "$tries" -lt 2 ] ||
      echo "omsup: news stuck: $3 still run in the MetaDB: $(printf '%s\n' "$running" | head -n 1 | tr '\t' ' ' | cut -c 1-200); they are waited for (SHOW PROCESSLIST shows them, KILL ends one)"
    sleep 2
  done
}
