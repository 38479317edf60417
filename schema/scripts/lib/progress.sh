#!/bin/sh
# Progress of a long command.

# report_progress WHY TOTAL COMMAND... (with meanwhile): says how many bytes COMMAND prints; when none is added, what the command WHY says
# of the reason (`:` for none), or after 10 s that nothing moves. TOTAL may be an estimate, or 0 if it is not known: only a command
# that has printed exactly as much is taken for done.
report_progress() {
  progress_why=$1
  progress_total=$2
  shift 2
  progress_now=$("$@")
  echo "omsup: progress $progress_now $progress_total bytes"
  if [ "$progress_now" != "${progress_last-}" ] || [ "$progress_now" -eq "$progress_total" ]; then
    [ -z "${progress_told-}" ] || echo "omsup: news the transfer continues after $((2 * progress_still)) s without a byte"
    progress_last=$progress_now
    progress_still=0
    progress_told=
    return
  fi
  progress_still=$((progress_still + 1))
  progress_reason=
  if [ "$progress_still" -ge 2 ]; then progress_reason=$("$progress_why") || progress_reason=; fi
  if [ -z "$progress_reason" ]; then
    [ "$progress_still" -ge 5 ] || return 0
    progress_reason="no byte has moved for $((2 * progress_still)) s: check the connection, and the load and the disks at both ends"
  fi
  progress_told=1
  echo "omsup: news stuck: $progress_reason"
}
