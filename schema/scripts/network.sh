#!/bin/sh
# Checks that the old container shares the host's network, as the new one will.
# shellcheck disable=SC2016 # variables of templates

mode=$("$DOCKER" inspect --type container -f '{{.HostConfig.NetworkMode}}' "$OLD_ID") || exit 2
if [ "$mode" = host ]; then
  echo "omsup: evidence the old container shares the host's network, like the new one"
  exit 0
fi
ports=$("$DOCKER" inspect --type container \
  -f '{{range $port, $to := .HostConfig.PortBindings}}{{range $to}} {{.HostPort}}->{{end}}{{$port}}{{end}}' "$OLD_ID") || ports=
echo "the old container uses the network '$mode'${ports:+ and publishes$ports}, but the new one shares the host's network (--net host): it will listen on the ports of config.yaml on every address of the host"
exit 1
