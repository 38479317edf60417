# shellcheck shell=bash
# A private MariaDB server for a test file, and the scripts of schema/scripts run as the daemon runs them.

PATH=$PATH:/usr/sbin # of mariadbd; who is not root may not have it
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SCRIPTS=$HERE/../../schema/scripts

server_up() { # DIR: sets nothing in the shell; every test finds DIR in $SERVER
	local dir=$1
	mkdir -p "$dir/data" "$dir/tmp"
	mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal \
		--skip-test-db >"$dir/install.log" 2>&1
	server_start "$dir"
}

server_start() {
	local dir=$1 user=()
	[ "$(id -u)" -ne 0 ] || user=(--user=root)
	# utf8mb4 is what the databases of the tests do not have by default.
	mariadbd --no-defaults "${user[@]}" --datadir="$dir/data" --socket="$dir/sock" --skip-networking --pid-file="$dir/pid" \
		--character-set-server=latin1 --innodb-buffer-pool-size=32M --innodb-log-file-size=16M --tmpdir="$dir/tmp" \
		--innodb-flush-log-at-trx-commit=2 >"$dir/log" 2>&1 3>&- &
	local tries=0
	until mariadb-admin --no-defaults -uroot -S "$dir/sock" ping >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 300 ] || { cat "$dir/log"; return 1; }
		sleep 0.1
	done
}

server_down() {
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) || return 0
	kill "$pid"
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

sql() { # SQL [DB]: as the operator, beside the scripts
	# shellcheck disable=SC2086 # ADDRESS is options
	mariadb --no-defaults -uroot ${ADDRESS:---socket="${SERVER-}/sock"} --default-character-set=utf8mb4 --comments -N -B -e "$1" ${2:+"$2"}
}

code_of() { # FILE: without the comment at its head
	awk '!head && /^#/ { next } { head = 1 } !code && /^$/ { next } { code = 1; print }' "$1"
}

libs_of() { # FILE: the files of the functions that it uses
	local lib
	for lib in $(sed -n 's/^# uses: //p' "$1" | tr ',' ' '); do echo "$SCRIPTS/lib/$lib.sh"; done
}

assembled() { # NAME: the script as the daemon assembles it
	local file whole
	whole=$(for file in $(libs_of "$SCRIPTS/$1.sh") "$SCRIPTS/$1.sh"; do code_of "$file"; done)
	echo 'set -eu'
	if grep -qE '\b(metadb|clean_env) ' <<<"$whole"; then cat "$HERE/../../daemon/plan/metadb.sh"; fi
	printf '%s\n' "$whole"
}

# The client of this machine, which may have MariaDB's newer names only.
real() { # mysql|mysqldump
	case $1 in
	mysql) command -v mysql || command -v mariadb ;;
	mysqldump) command -v mysqldump || command -v mariadb-dump ;;
	esac
}

# What must not change what a script does: option files and variables that a MySQL or MariaDB client reads by itself. Every script of
# these tests runs with them.
hostile() { # DIR: sets HOSTILE, which leads to the server in $DECOY, or to none
	local socket=${DECOY:-$1/none}/sock
	"$HERE/../lab/hostile-home" "$1" "$socket"
	HOSTILE=(HOME="$1" MYSQL_HOME="$1" MYSQL_TEST_LOGIN_FILE="$1/.mylogin.cnf" MYSQL_HOST=localhost MYSQL_TCP_PORT=1 MYSQL_UNIX_PORT="$socket"
		MYSQL_PWD=wrong MYSQL_GROUP_SUFFIX=_of_host LIBMYSQL_PLUGIN_DIR="$1" LIBMYSQL_PLUGINS=none MARIADB_HOME="$1" MARIADB_PLUGIN_DIR="$1"
		MARIADB_GROUP_SUFFIX=_of_host LC_ALL=C)
}

script_file() { # NAME[.check]: the path of the script as it runs
	local file=$BATS_TEST_TMPDIR/$1.sh
	[ -e "$file" ] || assembled "$1" >"$file"
	echo "$file"
}

# The lock that the built-ins take: it is what proves that a script reaches their server.
lock() { # JOB: takes it
	sql "CREATE DATABASE IF NOT EXISTS cm_lock; CREATE TABLE IF NOT EXISTS cm_lock.omsup_lock (id int PRIMARY KEY, holder varchar(255),
		job varchar(255), token varchar(255), taken_at datetime, renewed_at datetime, renewals bigint) DEFAULT CHARSET=utf8mb4 COLLATE utf8mb4_bin;
		REPLACE INTO cm_lock.omsup_lock VALUES (1, 'me', '$1', 't', NOW(), NOW(), 0)"
}

# NAME[.check] [NAME=VALUE...]: runs it with exactly these variables, hostile ones and those of a locked MetaDB; for bats' `run`.
script() {
	local file HOSTILE
	hostile "$BATS_TEST_TMPDIR/hostile"
	file=$(script_file "$1")
	shift
	env -i "${HOSTILE[@]}" PATH="$PATH" OMSUP_FACTS= OMSUP_FACTS_OF=7 OMSUP_SSH= OLD_CONTAINERS= COPY_TO= METADB_HOST=metadb METADB_PORT=3306 OMSUP_FORCE= CM_DB=cm_lock OMSUP_JOB=7 "$@" sh "$file" </dev/null 3<<-EOF
		[client]
		user=${ACCOUNT-root}
		${LOGIN:-socket=${SERVER-}/sock}
	EOF
}
