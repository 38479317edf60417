#!/bin/sh
# Progress of a long command.

# report_progress TOTAL COMMAND...: until this script ends, says every 2 s how many bytes COMMAND prints
report_progress() {
  progress_total=$1
  shift
  while kill -0 "$$" 2>/dev/null; do
    echo "omsup: progress $("$@") $progress_total bytes"
    sleep 2
  done &
  progress_reporter=$!
  trap 'kill "$progress_reporter" 2>/dev/null || :' EXIT
}
