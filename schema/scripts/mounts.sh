#!/bin/sh
# Checks that the host paths of the old container's mounts exist. "The mount directories must remain unchanged": the
# new container gets the very same binds.

missing=
while IFS= read -r bind; do
  path=${bind%%:*}
  case $path in
    /*) [ -e "$path" ] || missing="$missing $path" ;;
  esac
done <<EOF
$BINDS
EOF
if [ -n "$missing" ]; then
  echo "these paths do not exist:$missing"
  exit 1
fi
for path in "$LOGS_DIR" "$STORE_DIR" "$RUN_DIR" "$CONFIG_FILE"; do
  if [ -z "$path" ]; then
    echo "one of the documented paths (config.yaml, logs, store, run) is not mounted from the host"
    exit 1
  fi
done
echo "omsup: evidence $(printf '%s\n' "$BINDS" | grep -c .) mounts exist"
