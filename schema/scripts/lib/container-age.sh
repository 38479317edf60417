#!/bin/sh
# How long a container has been running. From the process's start in /proc: no clock is compared, and no format of a date.

# container_age CONTAINER: its seconds; 1 if it is not running, 2 if docker or /proc cannot tell
container_age() {
  pid=$("$DOCKER" inspect --type container -f '{{.State.Pid}}' "$1") || return 2
  [ "$pid" -gt 0 ] || return 1
  # The name, in parentheses, may contain anything; 20 fields behind it comes the start, in ticks since the boot.
  ticks=$(sed 's/.*) //' "/proc/$pid/stat" | cut -d ' ' -f 20) || return 2
  up=$(cut -d . -f 1 /proc/uptime) || return 2
  case $ticks in '' | *[!0-9]*) return 2 ;; esac
  hz=$(getconf CLK_TCK 2>/dev/null) || hz=100 # not every node has getconf; Linux says 100 to every program
  echo "$((up - ticks / hz))"
}
