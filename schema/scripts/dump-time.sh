#!/bin/sh
# Checks whether the server gives a dump the time that it needs. On OceanBase a statement lasts until its last row is sent, and
# ob_query_timeout ends it after 10 s (error 4012); max_execution_time of MySQL (3024) and max_statement_time of MariaDB (1969)
# do the same; undo_retention limits how long OceanBase keeps the rows that a statement has begun to read. Sessions of
# mysql say that they want no limit. Only some versions of mysqldump can be told to.
# uses: dump, dump-size

# What the disks, the network and a busy server are taken to carry at least, and how long any dump may take.
rate=4194304
longest=14400
# 2 for a server that does not answer, whatever the client says
limits=$(
  # shellcheck disable=SC2034 # of metadb
  omsup_session='SET SESSION autocommit=1'
  metadb mysql -N -B -e "SHOW VARIABLES WHERE variable_name IN ('ob_query_timeout', 'ob_trx_timeout', 'undo_retention', 'max_statement_time', 'max_execution_time')" </dev/null
) || exit 2
kind=$(omsup_kind mysqldump)
settable=0
if metadb_dump_settable; then settable=1; fi
# limit NAME: its value in seconds, rounded down; nothing if there is none
limit() {
  limit_value=$(printf '%s\n' "$limits" | sed -n "s/^$1$(printf '\t')//p" | head -n 1)
  case ${limit_value%%.*} in '' | *[!0-9]*) return 0 ;; esac
  case $1 in
    ob_*) limit_value=$(awk -v v="$limit_value" 'BEGIN { printf "%d", v / 1000000 }') ;;
    max_execution_time) limit_value=$(awk -v v="$limit_value" 'BEGIN { printf "%d", (v > 0 && v < 1000 ? 1 : v / 1000) }') ;;
    *) limit_value=$(awk -v v="$limit_value" 'BEGIN { printf "%d", (v > 0 && v < 1 ? 1 : v) }') ;;
  esac
  # 0: no limit
  [ "$limit_value" -eq 0 ] || echo "$limit_value"
}

need=0 largest=
while IFS= read -r DB; do
  options=$(dump_options) || exit 2
  sizes=$(dump_sizes "$options" 2>/dev/null) || {
    # It is another check that says why.
    [ "$need" -lt "$longest" ] || continue
    need=$longest
    largest="how long a dump of $DB may take is not known, and it is given the time of the step backup"
    continue
  }
  # Before the backup the heartbeat sequence is shrunk.
  # shellcheck disable=SC2016 # backquotes of SQL
  large=$(printf '%s\n' "$sizes" | grep -v ' `heatbeat_sequence`$' | sort -n | tail -n 1)
  [ -n "$large" ] || continue
  bytes=${large%% *}
  rows=${large#* }
  seconds=$((bytes / rate + 2))
  if [ "$seconds" -gt "$need" ]; then
    need=$seconds
    largest="the dump of ${large#* * } in $DB (${rows%% *} rows, about $((bytes / 1048576 + 1)) MiB) may take $need s"
  fi
done <<END
$RM_DB
$CM_DB
$HB_DBS
END
[ "$need" -le "$longest" ] || longest=$need

raise='' back='' short=
for name in ob_query_timeout ob_trx_timeout undo_retention max_statement_time max_execution_time; do
  has=$(limit "$name")
  if [ -z "$has" ] || [ "$has" -ge "$need" ]; then continue; fi
  value=$(printf '%s\n' "$limits" | sed -n "s/^$name$(printf '\t')//p" | head -n 1)
  case $name in
    undo_retention) enough=$longest ;;
    ob_*) [ "$settable" -eq 0 ] || continue; enough=${longest}000000 ;;
    # MariaDB's mysqldump takes its own server's limit off by itself.
    max_statement_time) case $settable$kind in 1* | *mariadb*) continue ;; esac; enough=0 ;;
    *) [ "$settable" -eq 0 ] || continue; enough=0 ;;
  esac
  short="${short:+$short, }$name = $value"
  raise="$raise SET GLOBAL $name = $enough;"
  back="$back SET GLOBAL $name = $value;"
done
if [ -n "$short" ]; then
  echo "$largest, but the server ends statements of mysqldump before ($short). Before the upgrade:$raise after it, or after its rollback:$back This needs an account with SUPER, SYSTEM_VARIABLES_ADMIN or (OceanBase) ALTER SYSTEM; others get error 1227"
  exit 1
fi
if [ "$need" -eq 0 ]; then
  echo "omsup: evidence there is nothing that takes time to dump"
elif [ "$settable" -eq 1 ]; then
  echo "omsup: evidence the dumps set their own limits; $largest"
else
  limits=$(printf '%s\n' "$limits" | tr '\t\n' ' ,' | sed 's/,$//; s/,/, /g')
  echo "omsup: evidence $largest; limits of the server: ${limits:-none}"
fi
