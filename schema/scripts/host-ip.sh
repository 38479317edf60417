#!/bin/sh
# Compares OMS_HOST_IP with those of the other nodes and with the node's addresses.

if [ -z "$OMS_HOST_IP" ]; then
  echo "the old container has no OMS_HOST_IP"
  exit 1
fi
same=$(printf '%s\n' "$NODES" | awk -v ip="$OMS_HOST_IP" '$NF == ip' | wc -l)
if [ "$same" -ne 1 ]; then
  echo "$same nodes have OMS_HOST_IP $OMS_HOST_IP"
  exit 1
fi
addresses=$(ip -o addr show 2>/dev/null | awk '{ sub("/.*", "", $4); print $4 }')
[ -n "$addresses" ] || addresses=$(hostname -I 2>/dev/null | tr ' ' '\n') || addresses=
if [ -z "$addresses" ]; then
  echo "omsup: evidence $OMS_HOST_IP (not compared with the node's addresses: neither ip nor hostname -I works here)"
  exit 0
fi
if ! printf '%s\n' "$addresses" | grep -Fxq -- "$OMS_HOST_IP"; then
  echo "$OMS_HOST_IP is not an address of $NODE"
  exit 1
fi
echo "omsup: evidence $OMS_HOST_IP"
