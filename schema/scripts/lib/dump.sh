#!/bin/sh
# Dumps of a database, by mysqldump.

# dump_options: its options. Some of them only some clients have, and their dumps need them: no GTID state, and no queries
# for histograms, tablespaces or masking policies, which a plain account may not run. The lock table is not part of OMS, and an old lock must
# not be restored. The character set is utf8mb4, because older clients would turn 4-byte characters into question marks.
dump_options() {
  help=$(clean_env mysqldump --no-defaults --help) || return
  set -- --default-character-set=utf8mb4 --max-allowed-packet=1G --comments --triggers=false --ignore-table="$DB.omsup_lock"
  for option in --set-gtid-purged=OFF --column-statistics=0 --no-tablespaces; do
    case $help in *"${option%%=*}"*) set -- "$@" "$option" ;; esac
  done
  case $help in *--masking-policies*) set -- "$@" --skip-masking-policies ;; esac
  echo "$*"
}

# limited_rows: why a dump would lack rows; nothing if it would not. Its sessions get what a session gets that does not say otherwise,
# unless mysqldump can be told to.
limited_rows() {
  if metadb_dump_settable; then return 0; fi
  row_limit=$(
    # shellcheck disable=SC2034 # of metadb
    omsup_session='SET SESSION autocommit=1'
    metadb mysql -N -B -e "SELECT @@sql_select_limit" </dev/null
  ) || return
  # 9e18 is as good as no limit, which MySQL, MariaDB and OceanBase write in different ways
  case ${#row_limit} in 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 1[0-7]) ;; *) return 0 ;; esac
  echo "the server gives every session, mysqldump's too, at most $row_limit rows of a table (sql_select_limit, in init_connect or global): a backup would lack the other rows"
}
