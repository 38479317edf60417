# The login comes once, on fd 3, and reaches each program through a pipe of its own (printf is built in: it is in no argv).
# A program gets these options and no others: not those of ~/.my.cnf, /etc/mysql, ~/.mylogin.cnf or MYSQL_HOST, which may
# name another server, or leave rows out of a dump. Text is UTF-8, whatever the daemon's locale is.
omsup_login=$(cat <&3)
exec 3<&-
clean_env() {
  env -i PATH="$PATH" LC_ALL=C.UTF-8 MYSQL_TEST_LOGIN_FILE=/dev/null "$@"
}
metadb() {
  omsup_program=$1
  shift
  { printf '%s\n' "$omsup_login" |
    clean_env "$omsup_program" --defaults-file=/dev/fd/4 "$@" 4<&0 <&5 5<&-; } 5<&0
}
