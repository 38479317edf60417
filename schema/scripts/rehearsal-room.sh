#!/bin/sh
# Tries what a rehearsal needs in the MetaDB: a database with the name that was chosen, a table with a row, and to drop it.
# The server does not tell how much room its disk has; what the databases take now is shown.
# uses: database, same-server, scratch, clients
# shellcheck disable=SC2034

plain_name || { echo "unsupported database name: $DB"; exit 1; }
prove_server "$OMSUP_FORCE"
scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" || { echo "no name of a scratch database is recorded for $DB"; exit 1; }
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
# shellcheck disable=SC2086 # charset and collation
said=$(scratch_create $defaults) || {
  echo "the account may not create the scratch database $scratch: $said. Grant it: GRANT ALL PRIVILEGES ON \`omsup\\_rehearsal\\_%\`.* TO the account of OMS"
  exit 1
}
said=$(metadb mysql -D "$scratch" -e 'CREATE TABLE t (id int PRIMARY KEY); LOCK TABLES t WRITE; ALTER TABLE t DISABLE KEYS; INSERT INTO t VALUES (1); UNLOCK TABLES; DROP TABLE t' </dev/null 2>&1 | client_errors)
scratch_drop || { echo "the scratch database $scratch cannot be dropped: DROP DATABASE \`$scratch\`"; exit 1; }
if [ -n "$said" ]; then
  echo "the account may not fill the scratch database $scratch: $said. Grant it: GRANT ALL PRIVILEGES ON \`omsup\\_rehearsal\\_%\`.* TO the account of OMS"
  exit 1
fi
bytes=$(metadb mysql -N -B -D "$DB" -e "SELECT COALESCE(CAST(SUM(data_length + index_length) AS UNSIGNED), 0)
  FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'heatbeat_sequence'" </dev/null) || exit 2
echo "omsup: evidence a scratch database was created, filled and dropped; by the statistics of the MetaDB, $DB takes $((bytes / 1024)) KiB there, and the scratch database takes as much until it is dropped"
