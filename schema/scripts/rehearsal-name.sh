#!/bin/sh
# Chooses the name of a scratch database, which is in the journal before anything is created. It is random, so that no database of
# anybody has it, and it is the first that does not exist.
# uses: database, same-server

plain_name || { echo "unsupported database name: $DB"; exit 1; }
prove_server "$OMSUP_FORCE"
for try in 1 2 3 4 5; do
  name=omsup_rehearsal_${OMSUP_JOB%%-*}_$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
  there=$(metadb mysql -N -B -e "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = '$name'" </dev/null)
  [ "$there" != 0 ] || break
done
if [ "$there" != 0 ]; then
  echo "cannot find a name that no database has ($name exists after $try tries)"
  exit 1
fi
echo "omsup: fact rehearsal.$DB.name $name"
