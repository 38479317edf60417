#!/bin/sh
# Dumps of a database, by mysqldump.

# dump_options: its options. Some of them only some clients have, and their dumps need them: no GTID state, and no queries
# for histograms or tablespaces, which a plain account may not run. The lock table is not part of OMS, and an old lock must
# not be restored. The character set is utf8mb4, because older clients would turn 4-byte characters into question marks.
dump_options() {
  help=$(clean_env mysqldump --no-defaults --help) || return
  set -- --default-character-set=utf8mb4 --max-allowed-packet=1G --comments --triggers=false --ignore-table="$DB.omsup_lock"
  for option in --set-gtid-purged=OFF --column-statistics=0 --no-tablespaces; do
    case $help in *"${option%%=*}"*) set -- "$@" "$option" ;; esac
  done
  echo "$*"
}
