#!/bin/sh
# Looks for what would stop a restore when its database is dropped already: a view of another account, which only an account
# with a global privilege may create for it; a view of another database of OMS, which may be dropped just then; a table without
# a primary key where the server wants one; and rows with generated columns that the dump gives values for, which only MariaDB's
# server takes. For the last, this mysqldump dumps a row of such a table.
# uses: dump

server=$(metadb mysql -N -B -e "SELECT CONCAT(VERSION(), ' ', @@version_comment)" </dev/null) || exit 2
grants=$(metadb mysql -N -B -e 'SHOW GRANTS' </dev/null) || exit 2
# Never shown: a grant may contain the hash of a password.
for_others=$(printf '%s\n' "$grants" | grep -E ' ON \*\.\* TO ' | grep -cE '(GRANT|,) ?(ALL PRIVILEGES|SUPER|SET USER|SET_USER_ID|SET_ANY_DEFINER)(,| ON )') || :
roles=$(printf '%s\n' "$grants" | grep -cvE ' ON ') || :
wants=$(metadb mysql -N -B -e "SHOW GLOBAL VARIABLES LIKE 'sql_require_primary_key'" </dev/null) || exit 2
views='' keyless='' crossing='' generated='' tried=0
all_db=$(printf '%s\n%s\n%s\n' "$RM_DB" "$CM_DB" "$HB_DBS")
while IFS= read -r DB; do
  db=$DB
  # OceanBase's dumps do not name a definer: a view is of the account that restores it.
  case $server in
    *[Oo]cean[Bb]ase*) ;;
    *)
      views=$views$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT(' ', table_schema, '.', table_name, ' (', definer, ')') FROM information_schema.views
        WHERE table_schema = DATABASE() AND definer <> CURRENT_USER()" </dev/null) || exit 2
      ;;
  esac
  while IFS= read -r other; do
    [ "$other" != "$db" ] || continue
    crossing=$crossing$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT(' ', table_schema, '.', table_name, ' (of $other)') FROM information_schema.views
      WHERE table_schema = DATABASE() AND INSTR(view_definition, '\`$other\`.') > 0" </dev/null) || exit 2
  done <<DATABASES
$all_db
DATABASES
  case $server in
    *MariaDB* | *mariadb*) ;;
    *)
      with=$(metadb mysql -N -B -r -D "$db" -e "SELECT DISTINCT c.table_name FROM information_schema.columns c
        JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
        WHERE c.table_schema = DATABASE() AND (c.extra LIKE '%VIRTUAL GENERATED%' OR c.extra LIKE '%STORED GENERATED%')" </dev/null) || exit 2
      options=$(dump_options) || exit 2
      while IFS= read -r table; do
        [ -n "$table" ] || continue
        # shellcheck disable=SC2086 # no option contains a space
        row=$(metadb mysqldump $options --skip-lock-tables --no-create-info --where='1=1 LIMIT 1' "$db" "$table" </dev/null) || exit 2
        # With a list of columns, those that are generated are left out.
        case $(printf '%s\n' "$row" | sed -n '/^INSERT INTO /{s/ VALUES.*//p;q;}') in
          *'`)') continue ;;
          ?*) ;;
          # There is no row yet.
          *) case $(omsup_kind mysqldump) in oracle) continue ;; esac ;;
        esac
        generated="$generated $db.$table"
      done <<TABLES
$with
TABLES
      [ -z "$with" ] || tried=1
      ;;
  esac
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
if [ -n "$generated" ]; then
  echo "a rollback drops these tables, and the server (${server%% *}) refuses the rows that this mysqldump writes for them, because it gives values for generated columns (error 3105):$generated. Install the mysqldump of MySQL 5.7 or later, which leaves them out"
  exit 1
fi
if [ -n "$crossing" ]; then
  echo "a rollback drops and restores the databases side by side, and these views need another of them:$(printf '%s' "$crossing" | tr -d '\n')"
  exit 1
fi
if [ -n "$keyless" ]; then
  echo "a rollback drops these tables, and the server does not create tables without a primary key (sql_require_primary_key):$keyless"
  exit 1
fi
if [ -n "$views" ]; then
  words="the account may create the views of other accounts:$views"
else
  words="no view of another account"
fi
[ "$tried" -eq 0 ] || words="$words; a dump leaves the values of generated columns out"
echo "omsup: evidence $words"
