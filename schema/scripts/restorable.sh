#!/bin/sh
# Looks for what would stop a restore when its database is dropped already: a view of another account, which only an account
# with a global privilege may create for it, and a table without a primary key where the server wants one.

grants=$(metadb mysql -N -B -e 'SHOW GRANTS' </dev/null) || exit 2
# Never shown: a grant may contain the hash of a password.
for_others=$(printf '%s\n' "$grants" | grep -E ' ON \*\.\* TO ' | grep -cE '(GRANT|,) ?(ALL PRIVILEGES|SUPER|SET USER|SET_USER_ID|SET_ANY_DEFINER)(,| ON )') || :
roles=$(printf '%s\n' "$grants" | grep -cvE ' ON ') || :
wants=$(metadb mysql -N -B -e "SHOW GLOBAL VARIABLES LIKE 'sql_require_primary_key'" </dev/null) || exit 2
views='' keyless=''
while IFS= read -r db; do
  views=$views$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT(' ', table_schema, '.', table_name, ' (', definer, ')') FROM information_schema.views
    WHERE table_schema = DATABASE() AND definer <> CURRENT_USER()" </dev/null) || exit 2
  case $wants in
    *ON)
      keyless=$keyless$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT(' ', t.table_schema, '.', t.table_name) FROM information_schema.tables t
        LEFT JOIN information_schema.table_constraints c ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY'
        WHERE t.table_schema = DATABASE() AND t.table_type = 'BASE TABLE' AND c.constraint_name IS NULL" </dev/null) || exit 2
      ;;
  esac
done <<END
$RM_DB
$CM_DB
$HB_DBS
END
views=$(printf '%s' "$views" | tr -d '\n')
keyless=$(printf '%s' "$keyless" | tr -d '\n')
if [ -n "$views" ] && [ "$for_others" -eq 0 ]; then
  if [ "$roles" -gt 0 ]; then
    echo "cannot tell whether the account may create these views for their DEFINER, because it has roles, whose privileges are not shown:$views"
    exit 2
  fi
  echo "a rollback drops these views, and the account may not create them for their DEFINER:$views"
  exit 1
fi
if [ -n "$keyless" ]; then
  echo "a rollback drops these tables, and the server does not create tables without a primary key (sql_require_primary_key):$keyless"
  exit 1
fi
if [ -n "$views" ]; then
  echo "omsup: evidence the account may create the views of other accounts:$views"
else
  echo "omsup: evidence no view of another account"
fi
