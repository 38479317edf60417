#!/bin/sh
# Looks for the tools of a backup, and tries what the outage will do: a dump of every database with the options of the
# backup, but without rows, so that no table is read or locked. It needs SHOW VIEW and views that work; mysql must read what
# mysqldump writes. The clients of MariaDB 10.5.25, 10.6.18, 10.11.8 and later start a dump with a line that older clients
# reject.
# uses: dump, sandbox, clients

for tool in mysql:mariadb mysqldump:mariadb-dump sha256sum:sha256sum; do
  if ! command -v "${tool%:*}" >/dev/null && ! command -v "${tool#*:}" >/dev/null; then
    echo "${tool%:*} is missing on the control host"
    exit 1
  fi
done
server=$(metadb mysql -N -B -e 'SELECT VERSION()' </dev/null) || exit 2
limited=$(limited_rows) || exit 2
if [ -n "$limited" ]; then
  echo "$limited"
  exit 1
fi
while IFS= read -r db; do
  DB=$db
  options=$(dump_options)
  # shellcheck disable=SC2086 # no option contains a space
  tried=$({
    { status=0; metadb mysqldump $options --no-data --skip-lock-tables "$DB" </dev/null 2>&9 || status=$?; echo "status $status" >&9; } |
      sed -n '1s/^/header /p'
  } 9>&1)
  status=$(printf '%s\n' "$tried" | sed -n 's/^status //p')
  if [ "$status" != 0 ]; then
    echo "mysqldump cannot dump $DB (status $status): $(printf '%s\n' "$tried" | grep -Ev '^(status|header) ' | first_error)"
    exit 1
  fi
  if ! reads_header "$(printf '%s\n' "$tried" | sed -n 's/^header //p')"; then
    echo "mysqldump starts its dumps with a sandbox line that this mysql rejects: install both from the same package"
    exit 1
  fi
done <<END
$RM_DB
$CM_DB
$HB_DBS
END
echo "omsup: evidence server $server; $(clean_env mysqldump --no-defaults --version)"
