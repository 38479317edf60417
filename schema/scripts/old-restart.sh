#!/bin/sh
# Records the old container's restart policy, and checks that it can be taken off: stop-old does that, and a rollback gives it back.
# uses: restart-policy

policy=$(restart_policy "$OLD_ID") || exit 2
echo "omsup: fact restart.$NODE $policy"
if [ "$policy" = no ]; then
  echo "omsup: evidence no restart policy"
  exit 0
fi
# podman has `update --restart` in newer versions only.
if ! "$DOCKER" update --help 2>&1 | grep -q -e '--restart'; then
  echo "the old container has the restart policy $policy, and this version of $DOCKER cannot change it: it has no \`update --restart\`"
  exit 1
fi
echo "omsup: evidence restart policy $policy: removed when the container is stopped, restored in a rollback; the new container gets none"
