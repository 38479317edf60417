#!/bin/sh
# A container that was started with --rm is removed when it is stopped. A rollback needs it.

removed=$("$DOCKER" inspect --type container -f '{{.HostConfig.AutoRemove}}' "$OLD_ID") || exit 2
case $removed in
  false) echo "omsup: evidence $OLD_CONTAINER is kept when it is stopped" ;;
  *)
    echo "$OLD_CONTAINER was started with --rm: it would be removed when it is stopped, and nothing could be rolled back"
    exit 1
    ;;
esac
