#!/bin/sh
# Yes if this rollback has restored this backup: the database is dumped once more, and the new dump is compared with
# the backup.
# uses: database, same-server, server-identity, dump
# shellcheck disable=SC2086

marker=$BACKUP_FILE.restored-by-job-$OMSUP_JOB
if ! [ -f "$marker" ]; then
  echo "omsup: evidence this rollback has not restored $DB yet"
  exit 1
fi
if ! grep -Fxq "sha256 $BACKUP_SHA256" "$marker"; then
  echo "omsup: evidence $marker belongs to another backup"
  exit 1
fi
server_state='' server_problem=''
if ! same_server; then
  backed_up=$(sed -n 's/^server //p' "$BACKUP_FILE.ok" 2>/dev/null) || backed_up=
  if [ "$server_state" != absent ] || ! same_identity "$backed_up"; then
    echo "omsup: evidence $server_problem"
    exit 2
  fi
fi
only_read
defaults=$(database_defaults) || exit 2
if [ "$defaults" != "$(printf '%s\t%s' "$DB_CHARSET" "$DB_COLLATION")" ]; then
  echo "omsup: evidence $DB has default charset and collation $defaults instead of $DB_CHARSET $DB_COLLATION"
  exit 1
fi
options=$(dump_options) || exit 2
# Comments contain the host and the date, and AUTO_INCREMENT may differ; everything else must be the same.
content() { sed -e '/^-- /d' -e '/^--$/d' -e '1{/^\/\*M!999999/d;}' -e '/^) /s/ AUTO_INCREMENT *= *[0-9]*//' | sha256sum; }
want=$(content <"$BACKUP_FILE")
# two lines: mysqldump's exit status, the hash
got=$({ { status=0; metadb mysqldump $options "$DB" </dev/null || status=$?; echo "$status" >&9; } | content; } 9>&1)
if [ "${got%%
*}" != 0 ]; then
  exit 2
fi
if [ "$got" != "0
$want" ]; then
  echo "omsup: evidence the content of $DB differs from $BACKUP_FILE"
  exit 1
fi
echo "omsup: evidence a new dump of $DB is identical to $BACKUP_FILE"
