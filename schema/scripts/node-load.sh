#!/bin/sh
# The vendor's FAQ: HA does not move Store and Incr-Sync components to a node whose CPU, memory or disk is used for more than
# 80 %. It is said, not refused: the values are of this moment.

over=
used=$(awk '/^MemTotal:/ { all = $2 } /^MemAvailable:/ { free = $2 } END { if (all && free) print int(100 - 100 * free / all) }' /proc/meminfo)
facts="memory ${used:-unknown} %"
[ "${used:-0}" -le 80 ] || over="$over memory"
used=$(df -Pk -- "$STORE_DIR" | awk 'NR == 2 && $5 ~ /^[0-9]+%$/ { sub("%", "", $5); print $5 }')
facts="$facts, disk of $STORE_DIR ${used:-unknown} %"
[ "${used:-0}" -le 80 ] || over="$over disk"
cpus=$(grep -c '^cpu[0-9]' /proc/stat) || cpus=0
used=$(awk -v cpus="$cpus" 'cpus > 0 { print int(100 * $2 / cpus) }' /proc/loadavg)
facts="$facts, CPU ${used:-unknown} % (load of 5 minutes)"
[ "${used:-0}" -le 80 ] || over="$over CPU"
if [ -n "$over" ]; then
  echo "omsup: evidence $facts: above 80 % ($(echo "$over" | sed 's/^ //; s/ /, /g')), so HA may not start components here after the upgrade"
else
  echo "omsup: evidence $facts"
fi
