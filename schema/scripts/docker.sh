#!/bin/sh
# Succeeds if Docker answers and is version 1.13 or later, the oldest that OMS supports.

version=$("$DOCKER" version -f '{{.Server.Version}}')
echo "omsup: evidence Docker $version"
major=${version%%.*}
rest=${version#*.}
minor=${rest%%.*}
if [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge 13 ]; }; then
  exit 0
fi
echo "Docker $version is too old: OMS needs 1.13 or later"
exit 1
