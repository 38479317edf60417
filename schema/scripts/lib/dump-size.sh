#!/bin/sh
# How large a dump will be. What a server keeps as statistics does not tell: on OceanBase it is 0 until somebody gathers it, and
# then the compressed size.

# dump_sizes OPTIONS: for each table with rows a line `BYTES ROWS NAME`, NAME in backquotes. The first rows of each table are
# dumped with the options of the backup and measured; the others are taken to be alike. They are counted, unless the server
# estimates their number.
dump_sizes() {
  # shellcheck disable=SC2086 # no option contains a space
  sizes_first=$({ sizes_status=0; metadb mysqldump $1 --skip-lock-tables --no-create-info --skip-extended-insert --where='1=1 LIMIT 200' "$DB" </dev/null ||
    sizes_status=$?; echo "-- status $sizes_status"; } | LC_ALL=C awk '
    /^INSERT INTO `/ {
      name = substr($0, 13)
      match(name, /^`([^`]|``)*`/)
      name = substr(name, 1, RLENGTH)
      values = index($0, " VALUES (")
      rows[name]++
      bytes[name] += length($0) - (values ? values + 7 : 0)
    }
    /^-- status / { print }
    END { for (name in rows) printf "%.0f %d %s\n", bytes[name], rows[name], name }') || return
  case $sizes_first in *'-- status 0'*) ;; *) return 1 ;; esac
  sizes_known=$(metadb mysql -N -B -D "$DB" -e "SELECT CONCAT(IF(CONCAT(VERSION(), @@version_comment) LIKE '%OceanBase%', 0, COALESCE(table_rows, 0)), ' \`', table_name, '\`')
    FROM information_schema.tables WHERE table_schema = DATABASE()" </dev/null) || return
  printf '%s\n' "$sizes_first" | while read -r sizes_bytes sizes_rows sizes_name; do
    [ "$sizes_bytes" != -- ] || continue
    sizes_all=$sizes_rows
    if [ "$sizes_rows" -ge 200 ]; then
      sizes_all=$(printf '%s\n' "$sizes_known" | grep -F -- " $sizes_name" | head -n 1)
      sizes_all=${sizes_all%% *}
      if [ "${sizes_all:-0}" -le "$sizes_rows" ]; then
        sizes_all=$(metadb mysql -N -B -D "$DB" -e "SELECT COUNT(*) FROM $sizes_name" </dev/null) || return
      fi
    fi
    echo "$((sizes_bytes * sizes_all / sizes_rows)) $sizes_all $sizes_name"
  done
}
