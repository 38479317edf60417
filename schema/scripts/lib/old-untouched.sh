#!/bin/sh
# The old container is as stop-old left it. One that was started meanwhile has written to the metadata, even if it is stopped again: a
# backup would be of two moments, and after start-new a rollback would lose what it wrote.

# old_untouched_script: the text of a script for `sh -c`, here or on a node, with the container command, the id of the old container and
# what was recorded of it (the fact old.NODE.stopped: when it was started and stopped; may be empty). 0 with what was seen; 1: it was
# started again; 2: cannot tell; with the reason
old_untouched_script() {
  cat <<'EOF'
  facts=$("$1" inspect --type container -f '{{.State.Running}} {{json .State.StartedAt}} {{json .State.FinishedAt}}' "$2" 2>&1) || {
    echo "cannot tell whether the old container was started again: $facts"
    exit 2
  }
  facts=$(printf '%s' "$facts" | tr -d '"')
  times=${facts#* }
  if [ "${facts%% *}" != false ]; then
    echo "the old container is running again: what it writes is not in the backup"
    exit 1
  fi
  if [ -n "$3" ] && [ "$times" != "$3" ]; then
    echo "the old container was started again and stopped (started ${times% *}, stopped ${times#* }; this job had left it with ${3% *}, ${3#* }): what it wrote is not in the backup, or only in part of it"
    exit 1
  fi
  if [ -n "$3" ]; then
    echo "stopped since ${times#* }, not started again"
  else
    echo "stopped since ${times#* } (stop-old has not recorded since when)"
  fi
EOF
}
