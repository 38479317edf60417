#!/bin/sh
# Looks for rows that a restore could not insert when its database is dropped already: the server refuses a statement of more than
# max_allowed_packet (error 1153, or it closes the connection). A row may be in the database all the same: it came with fewer
# bytes, without what a dump escapes, or in parts, or before the limit was lowered. Rows that may be too long are dumped as
# the backup does it, and measured.
# uses: dump, clients

limit=$(metadb mysql -N -B -e 'SELECT @@max_allowed_packet' </dev/null) || exit 2
case $limit in
  '' | *[!0-9]*)
    echo "cannot tell: the MetaDB does not report max_allowed_packet"
    exit 2
    ;;
esac
# What mysqldump and mysql take at most, which they are told to.
most=1073741824
# mysqldump makes statements of up to 1 MiB of smaller rows.
longest=1048576
of='small rows of a table together'
while IFS= read -r DB; do
  # Tables whose columns may hold that much. A byte may be three in the dump: two by an escape, three by the character set.
  tables=$(metadb mysql -N -B -r -D "$DB" -e "SELECT c.table_name FROM information_schema.columns c
    JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
    WHERE c.table_schema = DATABASE() AND c.table_name <> 'omsup_lock' GROUP BY c.table_name
    HAVING SUM(COALESCE(c.character_octet_length, CASE WHEN c.data_type LIKE '%int' OR c.data_type IN ('decimal', 'double', 'float', 'bit', 'date', 'datetime', 'timestamp', 'time', 'year')
      THEN 70 ELSE 4294967295 END)) * 3 + 1024 > $limit" </dev/null) || exit 2
  options=$(dump_options) || exit 2
  while IFS= read -r table; do
    [ -n "$table" ] || continue
    name=$(printf '%s\n' "$table" | sed "s/'/''/g; s/\\\\/\\\\\\\\/g")
    columns=$(metadb mysql -N -B -r -D "$DB" -e "SELECT CONCAT('\`', REPLACE(column_name, '\`', '\`\`'), '\`') FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = '$name'" </dev/null) || exit 2
    long="($(printf '%s\n' "$columns" | sed 's/.*/COALESCE(LENGTH(&), 0) + /' | tr -d '\n')0) * 3 + 1024 > $limit"
    # shellcheck disable=SC2016 # backquotes of SQL
    quoted=\`$(printf '%s\n' "$table" | sed 's/`/``/g')\`
    rows=$(metadb mysql -N -B -D "$DB" -e "SELECT COUNT(*) FROM $quoted WHERE $long" </dev/null) || exit 2
    [ "$rows" -gt 0 ] || continue
    # shellcheck disable=SC2086 # no option contains a space
    measured=$({
      { status=0; metadb mysqldump $options --skip-lock-tables --no-create-info --skip-extended-insert --where="$long" "$DB" "$table" </dev/null 2>&9 || status=$?; echo "-- status $status"; } |
        LC_ALL=C awk '/^INSERT INTO / { if (length($0) > most) most = length($0) } /^-- status / { print } END { printf "longest %.0f\n", most }'
    } 9>&1)
    case $measured in
      *'-- status 0'*) ;;
      *)
        why=$(printf '%s\n' "$measured" | grep -Ev '^(-- status|longest) ' | first_error)
        echo "mysqldump cannot dump the long rows of $DB.$table: $why"
        case $why in *max_allowed_packet* | *[Pp]acket*) exit 1 ;; esac
        exit 2
        ;;
    esac
    bytes=$(printf '%s\n' "$measured" | sed -n 's/^longest //p')
    if [ "$bytes" -gt "$longest" ]; then
      longest=$bytes
      of="the longest row of $DB.$table"
    fi
  done <<TABLES
$tables
TABLES
done <<END
$RM_DB
$CM_DB
$HB_DBS
END
[ "$longest" -eq 1048576 ] || longest=$((longest + 1024))
if [ "$longest" -gt "$limit" ]; then
  if [ "$longest" -gt "$most" ]; then
    echo "the statement with $of has $longest bytes, but no server takes more than $most (max_allowed_packet): a rollback could not restore it. Shorten the row, or save it and delete it"
    exit 1
  fi
  enough=1048576
  while [ "$enough" -lt "$longest" ]; do enough=$((enough * 2)); done
  echo "the statement with $of has up to $longest bytes, but the server takes no more than $limit (max_allowed_packet): a rollback drops the database and could not restore it. Let an administrator execute: SET GLOBAL max_allowed_packet = $enough; and set it in the server's option file too, because a restart would lower it again. This needs an account with SUPER, SYSTEM_VARIABLES_ADMIN or (OceanBase) ALTER SYSTEM"
  exit 1
fi
if [ "$longest" -eq 1048576 ]; then
  echo "omsup: evidence no row needs more than 1 MiB in a dump; the server's max_allowed_packet is $limit"
else
  echo "omsup: evidence $of makes a statement of $longest bytes; the server's max_allowed_packet is $limit"
fi
