#!/bin/sh
# The start of the new container.

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

# new_container IMAGE WORD...: docker WORD... with the documented options, with all binds of the old container and with
# container.run_options of the deployment file. The words begin with run or create.
new_container() {
  new_image=$1
  shift
  while IFS= read -r bind; do
    [ -z "$bind" ] || set -- "$@" -v "$bind"
  done <<EOF
$BINDS
EOF
  while IFS= read -r option; do
    [ -z "$option" ] || set -- "$@" "$option"
  done <<EOF
$RUN_OPTIONS
EOF
  "$DOCKER" "$@" \
    --net host \
    -e OMS_HOST_IP="$OMS_HOST_IP" \
    --privileged=true \
    --pids-limit -1 \
    --ulimit nproc=65535:65535 \
    "$new_image"
}

# named_image: the id of the image that the name of the plan leads to here; nothing if there is none, or the engine does not say
named_image() {
  named_id=$("$DOCKER" inspect --type image -f '{{.Id}}' "$IMAGE" 2>/dev/null) || named_id=$("$DOCKER" images -q --no-trunc "$IMAGE" | sed -n 1p)
  [ -z "$named_id" ] || echo "sha256:${named_id#sha256:}" # podman leaves the first word out
}

# require_image ID: ends the script if the name leads to no image here and this job has loaded none (ID is empty): docker would pull
# the name from a registry, and nobody agreed to that image
require_image() {
  [ -z "$1" ] || return 0
  named=$(named_image)
  [ -z "$named" ] || return 0
  echo "there is no image $IMAGE on $NODE, and this job has loaded none: load it (docker load), then retry"
  exit 1
}

# run_new ID [OPTION...]: the documented docker run. ID is that of the image that this job loaded: the name is used only as long as it
# leads to this image, because anybody who uses docker can give it to another one. An empty ID (load-image was skipped) is what the
# name leads to here.
run_new() {
  named=$(named_image)
  what=$IMAGE
  if [ -n "$1" ] && [ "$named" != "$1" ]; then
    echo "$IMAGE is now ${named:-no image}: starting the image that this job loaded, $1"
    what=$1
  fi
  shift
  new_container "$what" run -dit "$@" \
    --label omsup.job="$OMSUP_JOB" \
    --label omsup.token="$OMSUP_TOKEN" \
    --name "$NEW_CONTAINER"
}

# try_new IMAGE: creates a container as the new one will be, but never starts it, and removes it when the script ends; sets trial to
# its id. Ends the script with docker's reason if it cannot be created. The label tells what an earlier check left behind, and when.
try_new() {
  trial=
  now=$(date +%s)
  trap 'if [ -n "$trial" ]; then "$DOCKER" rm -v "$trial" >/dev/null 2>&1 || :; fi' EXIT
  trap 'exit 143' HUP INT TERM
  for left in $("$DOCKER" ps -aq --no-trunc --filter label=omsup.trial); do
    since=$("$DOCKER" inspect --type container -f '{{index .Config.Labels "omsup.trial"}}' "$left" 2>/dev/null) || continue
    case $since in '' | *[!0-9]*) continue ;; esac
    [ "$((now - since))" -lt 900 ] || "$DOCKER" rm -v "$left" >/dev/null 2>&1 || :
  done
  created=0
  said=$(new_container "$1" create -it --label omsup.trial="$now" 2>&1) || created=$?
  trial=$(printf '%s\n' "$said" | grep -Ex '[0-9a-f]{12,64}' | tail -n 1) || trial=
  if [ "$created" -ne 0 ] || [ -z "$trial" ]; then
    said=$(printf '%s\n' "$said" | grep -v -e '--help' | tr -s '\n' ' ')
    echo "the new container cannot be created: ${said:-$DOCKER create ended with status $created}"
    exit 1
  fi
}
