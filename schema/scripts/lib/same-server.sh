#!/bin/sh
# Proof that the clients reach the server of the built-in actions, which have put this job's lock there: a name may have
# several addresses, and a virtual address or a proxy may lead elsewhere today.

# same_server: whether cm on this server has the lock of this job, under the name that it has on this control host. Then every mysql of this script looks again before its
# first statement. Otherwise `server_problem` says what is wrong, and `server_state` is other, absent or unknown. A restore
# of cm takes the lock away for a moment: it is waited for.
same_server() {
  server_lease=${OMSUP_LEASE:-$OMSUP_JOB}
  case "$CM_DB $server_lease" in
    *[!A-Za-z0-9_\ @-]* | ' '* | *' ')
      server_state=unknown
      server_problem="cannot look for the lock of job $server_lease in the database $CM_DB"
      return 1
      ;;
  esac
  server_row="SELECT COUNT(*) FROM \`$CM_DB\`.omsup_lock WHERE id = 1 AND job = '$server_lease'"
  for server_try in 1 2 3 4 5 6 7 8 9 10; do
    server_state=unknown
    # Said here, so that it is known outside of $( ) too.
    if [ -z "$omsup_session" ] && ! metadb_session; then
      server_problem='it does not answer'
      break
    fi
    # An earlier proof must not stand in the way of this look.
    only_read
    if server_problem=$(metadb mysql -N -B -e "SELECT job FROM \`$CM_DB\`.omsup_lock WHERE id = 1" </dev/null 2>&1); then
      # A client may add warnings: of MariaDB 11, that its name is an old one.
      server_problem=$(printf '%s\n' "$server_problem" | grep -Eiv '^[^ ]*(mysql|mariadb): |warning' || :)
      case $server_problem in
        "$server_lease")
          omsup_session="$omsup_session, @omsup_same_server = 9223372036854775807 + IF(($server_row) = 1, 0, 1)"
          return 0
          ;;
        '') server_state=absent ;;
        *) server_state=other ;;
      esac
    else
      case $server_problem in *'ERROR 1049 '* | *'ERROR 1146 '*) server_state=absent ;; esac
    fi
    [ "$server_state" = absent ] || break
    [ "$server_try" = 10 ] || sleep 1
  done
  case $server_state in
    absent) server_problem="the server at $METADB_HOST:$METADB_PORT has no lock of job $server_lease in $CM_DB: it is not the MetaDB that omsupd locked, or the lock is gone" ;;
    other) server_problem="the server at $METADB_HOST:$METADB_PORT has a lock of job $server_problem in $CM_DB, not of job $server_lease" ;;
    *) server_problem="cannot tell whether the server at $METADB_HOST:$METADB_PORT is the MetaDB: $(printf '%s\n' "$server_problem" | grep -m 1 ERROR || printf '%s\n' "$server_problem" | tail -n 1)" ;;
  esac
  return 1
}

# only_read: what follows is without the proof, because it only reads: another subtask may be restoring cm, and the lock is gone then
only_read() { omsup_session=${omsup_session%%, @omsup_same*}; }

# look CLIENT...: the same for one call
look() {
  (
    only_read
    metadb "$@"
  )
}

# prove_server FORCE: ends the script unless it is the same server. Where there is no lock at all, because the step that takes
# it was skipped, the operator may answer for it: `retry --force` (FORCE is 1 then).
prove_server() {
  if same_server; then return; fi
  if [ "$server_state" = absent ] && [ "$1" = 1 ]; then
    echo "$server_problem; continuing because of --force"
    return
  fi
  echo "$server_problem; nothing was changed"
  exit 1
}
