#!/bin/sh
# Progress of a long command.

# report_progress TOTAL COMMAND...: until this script ends, says every 2 s how many bytes COMMAND prints, and after 10 s in which
# none was added, that nothing moves
report_progress() {
  progress_total=$1
  shift
  progress_last=
  progress_still=0
  while kill -0 "$$" 2>/dev/null; do
    progress_now=$("$@")
    echo "omsup: progress $progress_now $progress_total bytes"
    if [ "$progress_now" != "$progress_last" ] || [ "$progress_now" -ge "$progress_total" ]; then
      [ "$progress_still" -lt 5 ] || echo "omsup: news the transfer continues after $((2 * progress_still)) s without a byte"
      progress_last=$progress_now
      progress_still=0
    else
      progress_still=$((progress_still + 1))
      [ "$progress_still" -lt 5 ] ||
        echo "omsup: news stuck: no byte has moved for $((2 * progress_still)) s: check the connection, and the load and the disks at both ends"
    fi
    sleep 2
  done &
  progress_reporter=$!
  trap 'kill "$progress_reporter" 2>/dev/null || :' EXIT
}
