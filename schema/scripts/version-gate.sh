#!/bin/sh
# docker_init.sh of these versions reads the table oms_version of the rm database before it changes anything, and ends with
# "Version before 4.1.1 is not allowed to upgrade." if it does not find a newer version there. That would be in the middle
# of the outage, so it is checked before. Which of several rows it reads is not documented: the newest is taken.

# From V4.2.11 on, the container initializes itself, and the pages do not mention the table.
case $TARGET in
  4.2.[3-9] | 4.2.10) end='docker_init.sh would end' ;;
  *) end='the initialization may end' ;;
esac
# missing WHY: in one line, because that is what operators are shown; the statements are the vendor's
missing() {
  echo "$1: $end with \"Version before 4.1.1 is not allowed to upgrade.\" Execute in $RM_DB: CREATE TABLE IF NOT EXISTS \`oms_version\` (\`version\` varchar(64) NOT NULL, \`gmt_modified\` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (\`version\`)) DEFAULT CHARSET = utf8mb4; REPLACE INTO \`oms_version\`(\`version\`) VALUES('$SOURCE-CE');"
  exit 1
}

tables=$(metadb mysql -N -B -D "$RM_DB" -e "SELECT COUNT(*) FROM information_schema.tables
  WHERE table_schema = DATABASE() AND table_name = 'oms_version'" </dev/null) || exit 2
[ "$tables" -gt 0 ] || missing "$RM_DB has no table oms_version"
newest=$(metadb mysql -N -B -D "$RM_DB" -e 'SELECT version FROM oms_version ORDER BY gmt_modified DESC, version DESC LIMIT 1' </dev/null) || exit 2
[ -n "$newest" ] || missing "the table oms_version in $RM_DB is empty"
old=$(printf '%s\n' "$newest" | awk -F '[.-]' '{ sub(/^[vV]/, "", $1); print ($1 * 1000000 + $2 * 1000 + $3 < 4001001) ? 1 : 0 }')
[ "$old" -eq 0 ] || missing "the newest version in the table oms_version in $RM_DB is $newest"
case ${newest#[vV]} in
  "$SOURCE" | "$SOURCE"[-.]*) echo "omsup: evidence oms_version: $newest" ;;
  *) echo "omsup: evidence oms_version: $newest, while the deployment file says that the source is $SOURCE" ;;
esac
