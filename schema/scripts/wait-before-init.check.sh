#!/bin/sh
# Yes if the new container has run for INIT_WAIT seconds.
# uses: container-age

rc=0
age=$(container_age "$NEW_CONTAINER") || rc=$?
case $rc in
  0) ;;
  1) echo "omsup: evidence $NEW_CONTAINER is not running"; exit 1 ;;
  *) exit 2 ;;
esac
if [ "$age" -ge "$INIT_WAIT" ]; then
  echo "omsup: evidence $NEW_CONTAINER has run for $age s of $INIT_WAIT s"
  exit 0
fi
# It is shown until the wait ends, beside the time that is left, so it does not name an age.
echo "omsup: evidence $NEW_CONTAINER has not yet run for $INIT_WAIT s"
exit 1
