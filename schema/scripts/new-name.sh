#!/bin/sh
# Checks that no container has the new one's name, and that no container of another upgrade is running.

names=$("$DOCKER" ps -a --format '{{.Names}}') || exit 2
if printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER"; then
  echo "a container named $NEW_CONTAINER already exists"
  exit 1
fi
others=$("$DOCKER" ps -q --no-trunc --filter label=omsup.job | grep -Fxv -- "$OLD_ID") || others=
if [ -n "$others" ]; then
  echo "another upgrade's containers are running: $others"
  exit 1
fi
echo "omsup: evidence $NEW_CONTAINER is free"
