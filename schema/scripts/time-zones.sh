#!/bin/sh
# OMS requires that the time zones of its hosts and of the database are consistent: it writes and compares local times, so a
# server whose heartbeats are hours off does not come Online. Compared are a session of the MetaDB as OMS gets it, the node,
# and the old container on it. Runs on the control host.
# uses: on-node
# shellcheck disable=SC2016,SC2086

# minutes OFFSET: of +0530
minutes() {
  printf '%s\n' "$1" | awk '/^[+-][0-9][0-9][0-9][0-9]$/ { print (substr($0, 1, 1) == "-" ? -1 : 1) * (substr($0, 2, 2) * 60 + substr($0, 4, 2)) }'
}
# named MINUTES: as +05:30
named() { awk -v m="$1" 'BEGIN { s = m < 0 ? "-" : "+"; if (m < 0) m = -m; printf "%s%02d:%02d\n", s, int(m / 60), m % 60 }'; }

# Our own sessions are in UTC: this one is as the server makes it.
row=$(metadb mysql --init-command='DO 0' -N -B -e "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW()), @@session.time_zone, @@system_time_zone" </dev/null) || exit 2
set -- $row
case ${1-} in '' | *[!0-9-]*) echo "cannot tell: the MetaDB does not give its time zone"; exit 2 ;; esac
database=$1
database_name="$(named "$1") (${2-}$([ "${2-}" != SYSTEM ] || echo ", ${3-}"))"

there=$(on_node 'unset TZ; date +%z && "$1" exec "$2" date +%z' "$DOCKER" "$OLD_ID" </dev/null) || exit 2
host=$(minutes "$(printf '%s\n' "$there" | tail -n 2 | head -n 1)")
container=$(minutes "$(printf '%s\n' "$there" | tail -n 1)")
if [ -z "$host" ] || [ -z "$container" ]; then
  echo "cannot tell: date +%z does not give the time zone of $NODE or of $OLD_CONTAINER"
  exit 2
fi
if [ "$database" -ne "$host" ] || [ "$database" -ne "$container" ]; then
  echo "the time zones differ: the MetaDB's is $database_name, that of $NODE $(named "$host"), that of $OLD_CONTAINER $(named "$container")"
  exit 1
fi
echo "omsup: evidence the time zone of the MetaDB, $NODE and $OLD_CONTAINER is $(named "$host")"
