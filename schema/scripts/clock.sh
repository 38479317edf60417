#!/bin/sh
# Compares the node's clock with that of the control host, where this script runs.
# uses: on-node

before=$(date +%s)
there=$(on_node 'date +%s' </dev/null) || exit 2
after=$(date +%s)
# The node answered at some moment between the two readings.
off=0
[ "$there" -ge "$before" ] || off=$((before - there))
[ "$there" -le "$after" ] || off=$((there - after))
if [ "$off" -gt 5 ]; then
  echo "the clock of $NODE is $off s off"
  exit 1
fi
echo "omsup: evidence the clocks differ by at most $off s"
