#!/bin/sh
# Compares the old container with the plan: its id, that it runs, and the version in its image's tag. Its restart
# policy is shown, because the documented docker run does not set one.

facts=$("$DOCKER" inspect --type container -f '{{.Id}} {{.State.Running}} {{.HostConfig.RestartPolicy.Name}}' "$OLD_CONTAINER")
id=${facts%% *}
rest=${facts#* }
running=${rest%% *}
policy=${rest#* }
if [ "$id" != "$OLD_ID" ]; then
  echo "$OLD_CONTAINER is not the container that the plan was made for: submit again"
  exit 1
fi
if [ "$running" != true ]; then
  echo "$OLD_CONTAINER is not running"
  exit 1
fi
# A tag without a version proves nothing; then the version in the deployment file is trusted.
tagged=$(printf '%s\n' "${OLD_IMAGE##*[:/]}" | sed -n 's/^[^0-9]*\([0-9][0-9]*\.[0-9][0-9.]*[0-9]\).*/\1/p')
case $tagged in
  '' | "$SOURCE" | "$SOURCE".*) ;;
  *)
    echo "the image $OLD_IMAGE has version $tagged, but the deployment file says $SOURCE"
    exit 1
    ;;
esac
case $policy in
  '' | no) echo "omsup: evidence $OLD_IMAGE, running" ;;
  *) echo "omsup: evidence $OLD_IMAGE, running; its restart policy '$policy' is not part of the documented docker run: set it on the new container if you need it" ;;
esac
