#!/bin/sh
# Looks for the tools of a backup, and checks that mysql can read what mysqldump writes. The clients of MariaDB
# 10.5.25, 10.6.18, 10.11.8 and later start a dump with a line that older clients reject.
# uses: sandbox

for tool in mysql mysqldump sha256sum; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing on the control host"
    exit 1
  fi
done
server=$(metadb mysql -N -B -e 'SELECT VERSION()' </dev/null)
# The header only: no table is read or locked.
header=$(metadb mysqldump --no-data --no-create-info --skip-lock-tables --skip-triggers "$RM_DB" </dev/null | sed -n 1p)
if ! reads_header "$header"; then
  echo "mysqldump starts its dumps with a sandbox line that this mysql rejects: install both from the same package"
  exit 1
fi
echo "omsup: evidence server $server; $(clean_env mysqldump --no-defaults --version)"
