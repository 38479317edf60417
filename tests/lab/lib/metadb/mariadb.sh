# shellcheck shell=bash
# The MetaDB is the machine's MariaDB.

. "$LAB_HOME/lib/general_log.sh"

build_server() { mariadb_cache >/dev/null; }

server_files() { :; }

server_program() { echo /usr/sbin/mariadbd; }

prepare_server() { cp -a --reflink=auto "$(mariadb_cache)/data/." "$(host_dir metadb)/var/lib/mysql/"; }

start_server() {
	start_in metadb "$(host_dir metadb)/log/server" mariadbd --no-defaults --user=root \
		--datadir=/var/lib/mysql --socket=/run/mysqld.sock --pid-file=/run/mysqld.pid \
		--bind-address="${ADDR[metadb]}" --port=3306 --skip-name-resolve --tmpdir=/tmp \
		--character-set-server=latin1 --innodb-flush-log-at-trx-commit=2 --skip-log-bin \
		--general-log=1 --general-log-file=/var/lib/mysql/statements --max-connections=300
}

server_is_ready() { :; }

server_keys() { :; }

root_client() { as_root metadb mariadb --no-defaults --socket=/run/mysqld.sock "$@"; }
