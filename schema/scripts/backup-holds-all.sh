#!/bin/sh
# Looks for routines, triggers and events, and for sequences of OceanBase: a rollback drops the databases, and the documented dump
# contains tables and views only. The server shows an account only those that it has a privilege for.

account=$(metadb mysql -N -B -e 'SELECT CURRENT_USER()' </dev/null) || exit 2
grantee="'${account%@*}'@'${account##*@}'"
# granted PRIVILEGE: whether the account has it in the database, or everywhere; false if that cannot be told
granted() {
  granted_n=$(metadb mysql -N -B -D "$db" -e "SELECT
    (SELECT COUNT(*) FROM information_schema.user_privileges WHERE grantee = \"$grantee\" AND privilege_type = '$1') +
    (SELECT COUNT(*) FROM information_schema.schema_privileges WHERE grantee = \"$grantee\" AND privilege_type = '$1'
      AND DATABASE() LIKE table_schema)" </dev/null 2>/dev/null) && [ "$granted_n" -gt 0 ]
}
server=$(metadb mysql -N -B -e "SELECT CONCAT(VERSION(), ' ', @@version_comment)" </dev/null) || exit 2
lost='' blind=''
while IFS= read -r db; do
  found=$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT(LOWER(routine_type), ' ', routine_name, ' (', COALESCE(definer, '?'), ')')
    FROM information_schema.routines WHERE routine_schema = DATABASE()
    UNION ALL SELECT CONCAT('trigger ', COALESCE(trigger_name, '?'), ' (', COALESCE(definer, '?'), ')') FROM information_schema.triggers WHERE trigger_schema = DATABASE()" </dev/null) || exit 2
  # OceanBase has no such table before V4.
  events=$(metadb mysql -N -B -D "$db" -e "SELECT COUNT(*) FROM information_schema.tables
    WHERE UPPER(table_schema) = 'INFORMATION_SCHEMA' AND UPPER(table_name) = 'EVENTS'" </dev/null) || exit 2
  if [ "$events" -gt 0 ]; then
    events=$(metadb mysql -N -B -D "$db" -e "SELECT CONCAT('event ', event_name, ' (', COALESCE(definer, '?'), ')') FROM information_schema.events
      WHERE event_schema = DATABASE()" </dev/null) || exit 2
    found=$(printf '%s\n%s\n' "$found" "$events" | sed '/^$/d')
  fi
  # MariaDB's are dumped; MySQL has none.
  case $server in
    *[Oo]cean[Bb]ase*)
      # V2 and V3 may not know the statement.
      sequences=$(metadb mysql -N -B -D "$db" -e 'SHOW SEQUENCES' </dev/null 2>/dev/null) || sequences=
      found=$(printf '%s\n%s\n' "$found" "$(printf '%s\n' "$sequences" | sed '/./s/^/sequence /')" | sed '/^$/d')
      ;;
  esac
  if [ -n "$found" ]; then
    lost="$lost $db ($(printf '%s\n' "$found" | wc -l)): $(printf '%s\n' "$found" | head -n 20 | sed '2,$s/^/, /' | tr -d '\n');"
  fi
  hidden=
  for privilege in TRIGGER EVENT 'ALTER ROUTINE'; do granted "$privilege" || hidden="$hidden, $privilege"; done
  [ -z "$hidden" ] || blind="$blind; on $db without ${hidden#, }"
done <<EOT
$RM_DB
$CM_DB
$HB_DBS
EOT
if [ -n "$lost" ]; then
  echo "the documented dump omits these routines, triggers, events or sequences:${lost%;}"
  exit 1
fi
if [ -n "$blind" ]; then
  echo "omsup: evidence this account sees no routines, triggers or events, but it cannot see all of them${blind}"
else
  echo "omsup: evidence no routines, triggers or events"
fi
