#!/bin/sh
# Tries what a rehearsal needs in the MetaDB: a database with the name that was chosen, a table with a row, and to drop it.
# And whether there is room for what will be loaded, where the server tells.
# uses: database, same-server, scratch, clients, dump, dump-size
# shellcheck disable=SC2034

plain_name || { echo "unsupported database name: $DB"; exit 1; }
prove_server "$OMSUP_FORCE"
scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" "$OMSUP_JOB" || { echo "no name of a scratch database is recorded for $DB"; exit 1; }
defaults=$(database_defaults) || exit 2
[ -n "$defaults" ] || { echo "the server does not report a default charset for $DB"; exit 1; }
there=$(scratch_there) || exit 2
if [ "$there" != 0 ]; then
  if ! [ -e "$scratch_note" ]; then
    echo "a database $scratch exists that this job has not created: it is not touched. Cancel this job and rehearse again"
    exit 1
  fi
  scratch_drop || exit 2
fi
# What all databases take, because all are loaded side by side: by the statistics of the server, or by a measured dump where that is more.
said=$(printf '%s\n' "$RM_DB" "$CM_DB" "$HB_DBS" | while IFS= read -r DB; do
  options=$(dump_options) || exit 2
  sizes=$(dump_sizes "$options") || exit 2
  bytes=$(metadb mysql -N -B -D "$DB" -e "SELECT COALESCE(CAST(SUM(data_length + index_length) AS UNSIGNED), 0)
    FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'heatbeat_sequence'" </dev/null) || exit 2
  printf '%s\n' "$sizes" | awk -v known="$bytes" '$3 != "`heatbeat_sequence`" { all += $1 } END { printf "%.0f\n", (all > known + 0 ? all : known) }'
done) || { echo "cannot tell how large the scratch databases will be: mysqldump or the MetaDB does not answer"; exit 2; }
need=$(printf '%s\n' "$said" | awk '{ all += $1 } END { printf "%.0f", all / 1024 + 1 }')
free=$(scratch_free) || exit 2
if [ -n "$free" ] && [ "$((free / 1024))" -lt "$need" ]; then
  echo "the MetaDB has $((free / 1024)) KiB free, but the scratch databases take about $need KiB: nothing was created"
  exit 1
fi
# The account as the server knows it, for the statement to type; without a host where it cannot be told.
account=$(metadb mysql -N -B -e "SELECT CURRENT_USER()" </dev/null) || exit 2
case $account in
  *[!A-Za-z0-9_@%.:/-]* | '' | *@*@*) account='the account of OMS' ;;
  *@*) account="'${account%@*}'@'${account#*@}'" ;;
esac
grant="Let an administrator of the MetaDB type there: GRANT ALL PRIVILEGES ON \`omsup\\_rehearsal\\_%\`.* TO $account"
# shellcheck disable=SC2086 # charset and collation
said=$(scratch_create $defaults) || {
  echo "the account may not create the scratch database $scratch: $said. $grant"
  exit 1
}
# Without DROP TABLE, which would put it into a recycle bin.
said=$(metadb mysql -D "$scratch" -e 'CREATE TABLE t (id int PRIMARY KEY); LOCK TABLES t WRITE; /*!40000 ALTER TABLE t DISABLE KEYS */; INSERT INTO t VALUES (1); UNLOCK TABLES' </dev/null 2>&1 | client_errors)
scratch_drop || { echo "the scratch database $scratch cannot be dropped: DROP DATABASE \`$scratch\`"; exit 1; }
if [ -n "$said" ]; then
  echo "the account may not fill the scratch database $scratch: $said. $grant"
  exit 1
fi
if [ -n "$free" ]; then
  words="the MetaDB has $((free / 1024)) KiB free"
else
  words='how much room its disk has, this server does not tell: look there'
fi
echo "omsup: evidence a scratch database was created, filled and dropped; together they take about $need KiB until they are dropped; $words"
