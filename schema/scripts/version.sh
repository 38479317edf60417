#!/bin/sh
# Whether the new version is proven to run, by what can be seen: the table oms_version, the logs of the new containers, and the image, if the
# deployment file gives the SHA-256 of its archive. What is not proven is said when the job has ended; a contradiction is for a person.
# uses: fact-of
# shellcheck disable=SC2153

tables=$(metadb mysql -N -B -D "$RM_DB" -e "SELECT COUNT(*) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name = 'oms_version'" </dev/null) || exit 2
row=
if [ "$tables" -gt 0 ]; then
  row=$(metadb mysql -N -B -D "$RM_DB" -e 'SELECT version, gmt_modified FROM oms_version ORDER BY gmt_modified DESC, version DESC LIMIT 1' </dev/null) || exit 2
  row=$(printf '%s' "$row" | tr '\t' ' ')
fi
before=$(fact_of old.oms_version)
proofs=
missing=
proven() { proofs="${proofs:+$proofs; }$1"; }
lacks() { missing="${missing:+$missing; }$1"; }

if [ -z "$row" ]; then
  lacks "there is no version in $RM_DB (table oms_version)"
elif [ "$row" = "$before" ] || [ -z "$before" ]; then
  lacks "the upgrade wrote no version to $RM_DB (table oms_version)"
else
  version=$(printf '%s\n' "${row%% *}" | sed 's/^[vV]//; s/[-_].*//')
  case $version in
    "$TARGET" | "$TARGET".*) proven "the table oms_version in $RM_DB says ${row%% *}" ;;
    *)
      words="the upgrade wrote ${row%% *} to the table oms_version in $RM_DB, and not $TARGET"
      echo "omsup: fact remark.version $words"
      echo "omsup: evidence $words"
      exit 1
      ;;
  esac
fi

nodes=$(printf '%s\n' "$NODES" | grep -c .)
seen=$(printf '%s\n' "$OMSUP_FACTS" | grep -Ec '^image\.[^ ]*\.seen yes$') || :
if [ "$seen" -eq "$nodes" ]; then proven "the log of every new container names it"; else lacks "the logs of $((nodes - seen)) of $nodes new containers do not name it"; fi

loaded=0
if [ -n "$IMAGE_SHA256" ]; then
  loaded=$(printf '%s\n' "$OMSUP_FACTS" | grep -Ec "^image\\.[^ ]*\\.loaded $IMAGE_SHA256\$") || :
  if [ "$loaded" -eq "$nodes" ]; then proven "the image comes from the archive with the SHA-256 that the deployment file gives"; fi
else
  lacks "the deployment file has no image.sha256"
fi

if [ -n "$proofs" ]; then
  words="V$TARGET is running: $proofs"
else
  words="it is not proven that V$TARGET is running: $missing. Check the version in the OMS console"
fi
echo "omsup: fact remark.version $words"
echo "omsup: evidence $words"
