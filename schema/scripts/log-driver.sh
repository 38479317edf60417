#!/bin/sh
# The end of the initialization is read with docker logs, which not every logging driver supports. From version 20.10 on,
# docker keeps a copy that it can show.

# The second is podman's.
driver=$("$DOCKER" info -f '{{.LoggingDriver}}' 2>/dev/null) || driver=$("$DOCKER" info -f '{{.Host.LogDriver}}' 2>/dev/null) || driver=
case $driver in
  none | passthrough*) echo "the logging driver of docker is $driver: it would keep no log of the new container"; exit 1 ;;
  json-file | local | journald | k8s-file) echo "omsup: evidence logging driver $driver"; exit 0 ;;
esac
version=$("$DOCKER" version -f '{{.Server.Version}}') || exit 2
major=${version%%.*}
rest=${version#*.}
if [ -z "$driver" ] || [ "$major" -gt 20 ] || { [ "$major" -eq 20 ] && [ "${rest%%.*}" -ge 10 ]; }; then
  echo "omsup: evidence logging driver ${driver:-unknown}, version $version"
  exit 0
fi
echo "docker $version cannot show the log of a container with the logging driver $driver"
exit 1
