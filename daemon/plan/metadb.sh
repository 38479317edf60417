# The login comes once, on fd 3, and reaches each program through a pipe of its own (printf is built in: it is in no argv).
# A program gets these options and no others: not those of ~/.my.cnf, /etc/mysql, ~/.mylogin.cnf or MYSQL_HOST, which may
# name another server, or leave rows out of a dump. Text is UTF-8, whatever the daemon's locale is. A line that begins with
# "#KIND " is for programs of that kind, by the words of their --version.
omsup_login=$(cat <&3)
exec 3<&-
# MariaDB's newer packages have its own names only.
clean_env() {
  omsup_program=$1
  shift
  if ! command -v "$omsup_program" >/dev/null; then
    case $omsup_program in
      mysql) if command -v mariadb >/dev/null; then omsup_program=mariadb; fi ;;
      mysqldump) if command -v mariadb-dump >/dev/null; then omsup_program=mariadb-dump; fi ;;
    esac
  fi
  env -i PATH="$PATH" LC_ALL=C.UTF-8 MYSQL_TEST_LOGIN_FILE=/dev/null "$omsup_program" "$@"
}
omsup_kind() {
  omsup_version=$(clean_env "$1" --version </dev/null 2>/dev/null) || omsup_version=
  case $omsup_version in
    *-MariaDB*)
      omsup_version=${omsup_version%%-MariaDB*}
      omsup_version=${omsup_version##* }
      if [ "${omsup_version%%.*}" -ge 11 ]; then echo mariadb11; else echo mariadb10; fi
      ;;
    *) echo oracle ;;
  esac
}
metadb_client() {
  omsup_of=$(omsup_kind "$1")
  case $omsup_login in
    *"#$omsup_of: refuse "*)
      printf '%s\n' "$omsup_login" | sed -n "s/^#$omsup_of: refuse //p" >&2
      return 2
      ;;
  esac
  { printf '%s\n' "$omsup_login" | sed "s/^#$omsup_of //" |
    clean_env "$@" 4<&0 <&5 5<&-; } 5<&0
}
# MariaDB's clients go on without TLS when the server does not offer it; Oracle's refuse. OceanBase does not say what its connections
# use, so the client is asked.
metadb_encrypted() {
  case $omsup_login in *"#$(omsup_kind "$1"): tls"*) ;; *) return 0 ;; esac
  omsup_ask=status
  [ "$(omsup_kind mysql)" != oracle ] || omsup_ask="SELECT 'Cipher in use is its own affair'"
  omsup_cipher=$(metadb_client mysql --defaults-file=/dev/fd/4 -N -B -e "$omsup_ask" </dev/null) || return
  case $omsup_cipher in
    *'Cipher in use is '*) omsup_encrypted=1 ;;
    *)
      echo "$1: the connection to the MetaDB is not encrypted, but metadb.ssl_mode requires TLS" >&2
      return 2
      ;;
  esac
}
omsup_encrypted=
# A session of mysql is as schema/procedure.md says, whatever the server or its init_connect has set: those of these words
# that the server takes are said at the start of every connection. mysqldump says most of them by itself, and all where it
# can be told to.
omsup_words='character_set_client=utf8mb4
character_set_connection=utf8mb4
character_set_results=utf8mb4
sql_mode='\'STRICT_ALL_TABLES\''
sql_safe_updates=0
sql_select_limit=9223372036854775807
sql_big_selects=1
sql_quote_show_create=1
foreign_key_checks=1
unique_checks=1
time_zone='\'+00:00\''
tx_read_only=0
transaction_read_only=0
tx_isolation='\'REPEATABLE-READ\''
transaction_isolation='\'REPEATABLE-READ\''
max_statement_time=0
max_execution_time=0
ob_query_timeout=86400000000
ob_trx_timeout=86400000000
ob_trx_idle_timeout=86400000000'
omsup_session=
metadb_session() {
  # -f goes on behind an error, but not within -e.
  omsup_tried=$({
    echo "SET @omsup_words = 'omsup';"
    for omsup_word in $omsup_words; do
      echo "SET SESSION $omsup_word, @omsup_words = CONCAT(@omsup_words, ' ', '${omsup_word%%=*}');"
    done
    echo 'SELECT @omsup_words;'
  } | metadb_client mysql --defaults-file=/dev/fd/4 --connect-timeout=10 -f -N -B 2>&1) || :
  case $omsup_tried in *'omsup '*) ;; *) printf '%s\n' "$omsup_tried" >&2; return 1 ;; esac
  omsup_session='SET SESSION autocommit=1'
  for omsup_word in $omsup_words; do
    case "${omsup_tried##*omsup } " in *"${omsup_word%%=*} "*) omsup_session="$omsup_session, $omsup_word" ;; esac
  done
}
omsup_settable=
metadb_dump_settable() {
  [ -n "$omsup_settable" ] || omsup_settable=$(clean_env mysqldump --no-defaults --help </dev/null 2>/dev/null | grep -c '^ *--init-command=') || :
  [ "${omsup_settable:-0}" -gt 0 ]
}
metadb() {
  omsup_program=$1
  shift
  [ -n "$omsup_encrypted" ] || metadb_encrypted "$omsup_program" || return
  case $omsup_program in
    mysql | */mysql)
      [ -n "$omsup_session" ] || metadb_session || return
      set -- --skip-reconnect --default-character-set=utf8mb4 --init-command="$omsup_session" "$@"
      ;;
    mysqldump | */mysqldump)
      if metadb_dump_settable; then
        [ -n "$omsup_session" ] || metadb_session || return
        set -- --init-command="$omsup_session" "$@"
      fi
      ;;
  esac
  metadb_client "$omsup_program" --defaults-file=/dev/fd/4 "$@"
}
metadb_session 2>/dev/null || :
