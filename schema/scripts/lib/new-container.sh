#!/bin/sh
# The start of the new container.

# require_old_stopped: ends the script if the old container is running
require_old_stopped() {
  running=$("$DOCKER" inspect --type container -f '{{.State.Running}}' "$OLD_ID")
  if [ "$running" != false ]; then
    echo "$OLD_CONTAINER is running again: stop it. What it wrote since the backup would be lost in a rollback"
    exit 1
  fi
}

# remove_earlier: removes what an earlier attempt of this job left; ends the script if the name is another container's
remove_earlier() {
  names=$("$DOCKER" ps -a --format '{{.Names}}')
  if printf '%s\n' "$names" | grep -Fxq -- "$NEW_CONTAINER"; then
    job=$("$DOCKER" inspect --type container -f '{{index .Config.Labels "omsup.job"}}' "$NEW_CONTAINER")
    if [ "$job" != "$OMSUP_JOB" ]; then
      echo "there is a container named $NEW_CONTAINER that this job did not create: rename or remove it, then retry"
      exit 1
    fi
    echo "removing the container of an earlier attempt of this job: $NEW_CONTAINER"
    "$DOCKER" rm -f "$NEW_CONTAINER"
  fi
}

# run_new [OPTION...]: the documented docker run, with all binds of the old container
run_new() {
  while IFS= read -r bind; do
    [ -z "$bind" ] || set -- "$@" -v "$bind"
  done <<EOF
$BINDS
EOF
  "$DOCKER" run -dit --net host \
    "$@" \
    -e OMS_HOST_IP="$OMS_HOST_IP" \
    --privileged=true \
    --pids-limit -1 \
    --ulimit nproc=65535:65535 \
    --label omsup.job="$OMSUP_JOB" \
    --label omsup.token="$OMSUP_TOKEN" \
    --name "$NEW_CONTAINER" \
    "$IMAGE"
}
