#!/bin/sh
# What was agreed when the job was submitted and checked, asked again: OMS's config.yaml, the old container, the image. A difference is for
# a person to judge, with both values.
# uses: fact-of, config-state, image

differences=
differs() { differences="${differences:+$differences; }$1"; }

now=$(config_state "$CONFIG_FILE") || {
  echo "omsup: evidence $(id -un) cannot read $CONFIG_FILE"
  exit 2
}
if [ -n "$CONFIG_STATE" ] && [ "$now" != "$CONFIG_STATE" ]; then
  differs "$CONFIG_FILE was changed: when the job was submitted $(config_words "$CONFIG_STATE"); now $(config_words "$now")"
fi

id=$("$DOCKER" inspect --type container -f '{{.Id}}' "$OLD_CONTAINER" 2>&1) || case $id in
  *[Nn]o\ such\ *) id='no container' ;;
  *)
    echo "omsup: evidence docker does not say which container $OLD_CONTAINER is: $id"
    exit 2
    ;;
esac
[ "$id" = "$OLD_ID" ] || differs "$OLD_CONTAINER was $OLD_ID when the job was submitted and is $id now"

loaded=$(fact_of "image.$NODE.id")
if [ -n "$loaded" ]; then
  ids=$("$DOCKER" images -aq --no-trunc) || exit 2
  named=$(image_id "$DOCKER" "$IMAGE") || exit 2
  if ! printf '%s\n' "$ids" | grep -Fxq -- "$loaded"; then
    differs "the image that this job loaded, $loaded, no longer exists; $IMAGE is ${named:-no image} now"
  elif [ "$named" != "$loaded" ]; then
    differs "$IMAGE was $loaded when it was loaded and is ${named:-no image} now (the one that was loaded will be started)"
  fi
fi
# A node that had the image already has loaded nothing, but its archive was compared with that image.
archives=$(printf '%s\n' "$OMSUP_FACTS" | awk '$1 ~ /^image\..*\.(loaded|sha256)$/ { print $2 }' | sort -u)
if [ "$(printf '%s\n' "$archives" | grep -c .)" -gt 1 ]; then
  differs "the nodes have different image archives, SHA-256 $(printf '%s\n' "$archives" | paste -s -d ' ' -)"
fi

echo "omsup: evidence ${differences:-config.yaml, the old container and the image are unchanged}"
[ -z "$differences" ]
