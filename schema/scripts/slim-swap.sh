#!/bin/sh
# Copies the last row of the heartbeat sequence to a new table, which takes the old one's place. The page gives five
# statements that cannot be repeated, and between the two renames there is no live table. Here every state they can
# leave behind is recognized and continued, the renames are one statement, and an id that is newer than the copy is
# carried over. It ends in the table that a DELETE leaves.
# uses: database, same-server, statements, slim, slim-sql, meanwhile, lock-waits
# shellcheck disable=SC2016

plain_name || { echo "unsupported database name: $DB"; exit 1; }
meanwhile report_lock_waits
say() { echo "$1"; sql "$1"; }
has() { printf '%s\n' "$tables" | grep -Fxq -- "$1"; }
look() { tables=$(sql "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"); }
# The id that the next row of a table gets.
next_id() {
  made=$(sql "SHOW CREATE TABLE \`$1\`")
  next=$(printf '%s\n' "$made" | sed -n 's/.* AUTO_INCREMENT *= *\([0-9][0-9]*\).*/\1/p')
  echo "${next:-1}"
}
# Copies the newest row of table $1 to table $2, unless $2 already has one as new. The next id of $2 is then not lower than
# that of $1, which may be far above the newest row: an id is never used twice.
carry() {
  from=$(newest_id "$1")
  to=$(newest_id "$2")
  if [ "$from" -gt "$to" ]; then
    say "INSERT INTO \`$2\` (\`id\`, \`gmt_created\`, \`gmt_modified\`) SELECT \`id\`, \`gmt_created\`, \`gmt_modified\` FROM \`$1\` ORDER BY \`id\` DESC LIMIT 1;"
  fi
  from=$(next_id "$1")
  to=$(next_id "$2")
  if [ "$from" -gt "$to" ]; then say "ALTER TABLE \`$2\` AUTO_INCREMENT = $from;"; fi
}
# Drops table $1, unless its newest row is not in the live table yet, whatever the statements before have answered.
drop() {
  from=$(newest_id "$1")
  to=$(newest_id heatbeat_sequence)
  if [ "$from" -gt "$to" ]; then
    echo "the row $from of $1 did not arrive in heatbeat_sequence, whose newest is $to: $1 is kept"
    exit 1
  fi
  say "DROP TABLE $1;"
}

prove_server "${OMSUP_FORCE-}"
if ! wait_for_none slims 60 'statements of an earlier attempt (their number)'; then
  echo "the server is still running a statement of an earlier attempt; check SHOW PROCESSLIST, then retry"
  exit 1
fi

look
last=0
for table in heatbeat_sequence heatbeat_sequence_bak heatbeat_sequence_bak2; do
  if has "$table"; then
    id=$(newest_id "$table")
    [ "$id" -le "$last" ] || last=$id
  fi
done
keep_last "$last"
if ! has heatbeat_sequence; then
  if has heatbeat_sequence_bak; then
    # between the page's two renames
    if has heatbeat_sequence_bak2; then carry heatbeat_sequence_bak2 heatbeat_sequence_bak; fi
    say 'ALTER TABLE `heatbeat_sequence_bak` RENAME TO `heatbeat_sequence`;'
  elif has heatbeat_sequence_bak2; then
    say 'ALTER TABLE `heatbeat_sequence_bak2` RENAME TO `heatbeat_sequence`;'
  else
    echo "there is no table heatbeat_sequence in $DB"
    exit 1
  fi
  look
fi
columns=$(sql "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'heatbeat_sequence' ORDER BY ordinal_position" | tr '\n' ' ')
if [ "$columns" != 'id gmt_created gmt_modified ' ]; then
  echo "the swap would lose data, because heatbeat_sequence in $DB has other columns than id, gmt_created, gmt_modified: ${columns% }; roll back, set 'slim: delete' in the deployment file, and submit again"
  exit 1
fi
# The tables that an earlier attempt left, however old, are dropped once their newest row has been copied.
for left in heatbeat_sequence_bak2 heatbeat_sequence_bak; do
  if has "$left"; then
    carry "$left" heatbeat_sequence
    drop "$left"
  fi
done
rows=$(few_rows)
if [ "$rows" -gt 1 ]; then
  say 'CREATE TABLE IF NOT EXISTS `heatbeat_sequence_bak` (
`id` bigint(20) NOT NULL AUTO_INCREMENT COMMENT '"'PK'"',
`gmt_created` datetime NOT NULL,
`gmt_modified` datetime NOT NULL,
PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8 COMMENT='"'Heartbeat sequence table'"';'
  say 'INSERT INTO heatbeat_sequence_bak SELECT `id`,`gmt_created`,`gmt_modified` FROM heatbeat_sequence ORDER BY `id` DESC LIMIT 1;'
  if ! say 'RENAME TABLE `heatbeat_sequence` TO `heatbeat_sequence_bak2`, `heatbeat_sequence_bak` TO `heatbeat_sequence`;'; then
    look
    if ! has heatbeat_sequence || ! has heatbeat_sequence_bak || has heatbeat_sequence_bak2; then
      echo "the server renamed only one of the two tables; retry"
      exit 1
    fi
    echo "the server cannot rename both tables in one statement; renaming one after the other, as documented:"
    say 'ALTER TABLE `heatbeat_sequence` RENAME TO `heatbeat_sequence_bak2`;'
    say 'ALTER TABLE `heatbeat_sequence_bak` RENAME TO `heatbeat_sequence`;'
  fi
  carry heatbeat_sequence_bak2 heatbeat_sequence
  drop heatbeat_sequence_bak2
fi
newest=$(newest_id heatbeat_sequence)
if [ "$newest" -lt "$last" ]; then
  echo "the row with id $last, the last one of heatbeat_sequence in $DB, is missing"
  exit 1
fi
