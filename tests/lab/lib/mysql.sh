# shellcheck shell=bash
# A MetaDB that is a MySQL of MYSQL_JAR, called MYSQL_KIND, with MYSQL_OPTIONS of its own. MYSQL_TLS is empty for one whose TLS no
# client of today accepts.

. "$LAB_HOME/lib/general_log.sh"

build_server() { mysql_cache "$MYSQL_KIND" "$MYSQL_JAR" >/dev/null; }

server_files() { echo "$(mysql_cache "$MYSQL_KIND" "$MYSQL_JAR")/server"; }

server_program() { echo /run/lab/server/bin/mysqld; }

prepare_server() {
	cp -a --reflink=auto "$(mysql_cache "$MYSQL_KIND" "$MYSQL_JAR")/data/." "$(host_dir metadb)/var/lib/mysql/"
	[ -z "$MYSQL_TLS" ] || make_certificate
}

# The certificates that MySQL makes for itself name no host: clients of MariaDB give a caching_sha2_password only to a server
# whose certificate names it.
make_certificate() {
	local data
	data=$(host_dir metadb)/var/lib/mysql
	(
		cd "$data"
		openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=lab CA' -keyout ca-key.pem -out ca.pem
		openssl req -newkey rsa:2048 -nodes -subj '/CN=metadb' -keyout server-key.pem -out server-req.pem
		openssl x509 -req -in server-req.pem -CA ca.pem -CAkey ca-key.pem -set_serial 2 -days 30 -out server-cert.pem \
			-extfile <(echo "subjectAltName=IP:${ADDR[metadb]},DNS:metadb")
	) 2>"$(host_dir metadb)/log/openssl" || die "cannot make a certificate, see $(host_dir metadb)/log/openssl"
	cp "$data/ca.pem" "$D/metadb-ca.pem"
}

server_keys() {
	[ -z "$MYSQL_TLS" ] ||
		printf '  %s\n' 'ssl_mode: verify_identity' "ssl_ca: $D/metadb-ca.pem"
}

start_server() {
	local server=/run/lab/server
	# One that was killed leaves them, and the next does not start: its number may be somebody else's by now.
	rm -f "$(host_dir metadb)"/run/mysqld.{sock,sock.lock,pid}
	start_in metadb "$(host_dir metadb)/log/server" $server/bin/mysqld --no-defaults --user=root --basedir=$server \
		--lc-messages-dir=$server/share --character-sets-dir=$server/share/charsets \
		--datadir=/var/lib/mysql --socket=/run/mysqld.sock --pid-file=/run/mysqld.pid --secure-file-priv=NULL \
		--bind-address="${ADDR[metadb]}" --port=3306 --skip-name-resolve --tmpdir=/tmp \
		--character-set-server=latin1 --innodb-flush-log-at-trx-commit=2 --innodb-log-file-size=16M --skip-log-bin \
		--general-log=1 --general-log-file=/var/lib/mysql/statements --log-timestamps=SYSTEM --max-connections=300 "${MYSQL_OPTIONS[@]}"
}

# caching_sha2_password: the driver of the stand-in knows only the short form, which a server that has just started knows
# after one whole login of the account. Over the socket that needs neither TLS nor a key.
server_is_ready() {
	[ -e "$D/metadb-password" ] || return 0
	as_root metadb env MYSQL_PWD="$META_PASSWORD" mariadb --no-defaults --socket=/run/mysqld.sock --default-character-set=utf8mb4 \
		-u"$META_USER" -e 'SELECT 1' >/dev/null
}

root_client() { as_root metadb mariadb --no-defaults --socket=/run/mysqld.sock -uroot "$@"; }
