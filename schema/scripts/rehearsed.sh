#!/bin/sh
# Shows how long the last rehearsal took, and that there was none. It is never an obstacle.
# uses: server-identity

note=$BACKUP_DIR/rehearsal-of-$CM_DB
none="the time of a rollback is not known: no rehearsal of these databases is noted in $BACKUP_DIR. To rehearse one while OMS runs: omsupctl rehearse FILE"
if ! [ -f "$note" ]; then
  echo "omsup: evidence $none"
  exit 0
fi
of() { sed -n "s/^$1 //p" "$note" | head -n 1; }
seconds=$(of seconds)
ended=$(of ended)
case ${seconds:-x}$ended in *[!0-9TZ:-]*)
  echo "$note cannot be read"
  exit 2
  ;;
esac
if ! same_identity "$(of server)"; then
  echo "omsup: evidence the rehearsal of $ended was on another server; $none"
  exit 0
fi
echo "omsup: fact rehearsal.seconds $seconds"
echo "omsup: evidence a rehearsal on $ended restored these databases in $((seconds / 60)) min $((seconds % 60)) s"
