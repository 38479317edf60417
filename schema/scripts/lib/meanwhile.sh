#!/bin/sh
# Reports beside long commands.

# meanwhile COMMAND...: runs it every 2 s until this script ends. Several can run beside each other: this is the one that sets the trap
meanwhile() {
  while kill -0 "$$" 2>/dev/null; do
    "$@"
    sleep 2 >/dev/null 2>&1
  done &
  meanwhile_all="${meanwhile_all-} $!"
  # shellcheck disable=SC2086 # several
  trap 'kill $meanwhile_all 2>/dev/null || :' EXIT
}
