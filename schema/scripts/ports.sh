#!/bin/sh
# Looks for processes outside the old container that listen on OMS's ports: the containers share the host's network.

if ! command -v ss >/dev/null; then
  echo "omsup: evidence not checked: ss (iproute2) is missing"
  exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "omsup: evidence not checked: only root can see which process uses a port"
  exit 0
fi
# The container's processes are those of its pid namespace: `podman top` shows the pids of the inside. A container with --pid=host
# has none of its own.
first=$("$DOCKER" inspect --type container -f '{{.State.Pid}}' "$OLD_ID") || exit 2
inside=$(readlink "/proc/$first/ns/pid") || inside=
own=
if [ -z "$inside" ] || [ "$inside" = "$(readlink /proc/self/ns/pid)" ]; then
  inside=
  own=$("$DOCKER" top "$OLD_ID" -eo pid) || exit 2
fi
sockets=$(ss -ltnp)
# From V4.2.2 on, five of them can be set in config.yaml.
port() {
  chosen=$(sed -n "s/^[[:space:]\"']*$1[^:]*:[^0-9]*\([0-9]\{1,5\}\).*/\1/p" "$CONFIG_FILE" 2>/dev/null | head -n 1)
  echo "${chosen:-$2}"
}
foreign=
for number in "$(port cm_server_port 8088)" "$(port nginx_server_port 8089)" "$(port ghana_server_port 8090)" \
  "$(port sshd_server_port 2023)" 8084 "$(port supervisor_server_port 9000)" 9001; do
  holders=$(printf '%s\n' "$sockets" | awk -v port=":$number" \
    'substr($4, length($4) - length(port) + 1) == port' | grep -o 'pid=[0-9]*' | sort -u) || holders=
  for holder in $holders; do
    pid=${holder#pid=}
    if [ -n "$inside" ] && [ "$(readlink "/proc/$pid/ns/pid")" = "$inside" ]; then continue; fi
    if ! printf '%s\n' "$own" | grep -Eq "^ *$pid *$"; then
      foreign="$foreign $number (pid $pid $(cat "/proc/$pid/comm" 2>/dev/null || :))"
    fi
  done
done
if [ -n "$foreign" ]; then
  echo "in use by other processes:$foreign"
  exit 1
fi
echo "omsup: evidence no other process uses OMS's ports"
