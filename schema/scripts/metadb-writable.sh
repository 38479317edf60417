#!/bin/sh
# Checks whether the account may write. A server that is read-only lets some accounts write all the same.

# A missing variable is one that the server does not know.
set_to=$(metadb mysql -N -B -e "SHOW GLOBAL VARIABLES WHERE variable_name IN
  ('read_only', 'super_read_only', 'innodb_read_only', 'offline_mode', 'tx_read_only', 'transaction_read_only')" </dev/null) || exit 2
is_on() { printf '%s\n' "$set_to" | grep -Eq "^$1	(ON|1|NO_LOCK.*)\$"; }
for name in super_read_only innodb_read_only offline_mode tx_read_only transaction_read_only; do
  if is_on "$name"; then
    echo "the MetaDB is read-only: $name is on"
    exit 1
  fi
done
if is_on read_only; then
  grants=$(metadb mysql -N -B -e 'SHOW GRANTS' </dev/null) || exit 2
  # Never shown: a grant may contain the hash of a password.
  if ! printf '%s\n' "$grants" | grep -E ' ON \*\.\* TO ' | grep -Eq '(GRANT|,) ?(ALL PRIVILEGES|SUPER|READ_ONLY ADMIN|READ ONLY ADMIN|CONNECTION_ADMIN)(,| ON )'; then
    echo "the MetaDB is read-only: read_only is on, and the account may not write"
    exit 1
  fi
  echo "omsup: evidence read_only is on, but the account may write"
  exit 0
fi
echo "omsup: evidence the server accepts changes"
