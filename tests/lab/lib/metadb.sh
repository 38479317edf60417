# shellcheck shell=bash
# The MetaDB: a MariaDB of its own with the tables that OMS is known to have.

META_USER=oms_meta
# Every character here has broken a script somewhere.
META_PASSWORD="p#a's\"w\\ö\$"

start_metadb() {
	start_in metadb "$D/hosts/metadb/log/mariadbd" mariadbd --no-defaults --user=root \
		--datadir=/var/lib/mysql --socket=/run/mysqld.sock --pid-file=/run/mysqld.pid \
		--bind-address="${ADDR[metadb]}" --port=3306 --skip-name-resolve --tmpdir=/tmp \
		--character-set-server=latin1 --innodb-flush-log-at-trx-commit=2 --skip-log-bin \
		--general-log=1 --general-log-file=/var/lib/mysql/statements --max-connections=300
}

metadb_answers() { root_sql -e 'SELECT 1'; }

root_sql() { # mariadb's options
	as_root metadb mariadb --no-defaults --socket=/run/mysqld.sock --default-character-set=utf8mb4 -N -B "$@"
}

make_metadb() {
	local from
	from=$(mariadb_cache)
	cp -a --reflink=auto "$from/data/." "$D/hosts/metadb/var/lib/mysql/"
	start_metadb
	wait_for 60 "the MetaDB" metadb_answers
	seed_metadb
}

seed_metadb() {
	local db r
	printf %s "$META_PASSWORD" >"$D/metadb-password"
	chmod 600 "$D/metadb-password"
	{
		for db in $(databases); do echo "CREATE DATABASE $db DEFAULT CHARACTER SET utf8mb4;"; done
		echo "CREATE USER $META_USER@'%' IDENTIFIED BY '$(printf %s "$META_PASSWORD" | sed "s/[\\\\']/\\\\&/g")';"
		echo "GRANT PROCESS ON *.* TO $META_USER@'%';"
		# shellcheck disable=SC2016 # SQL's own back quotes
		printf 'GRANT ALL ON `%s\\_%%`.* TO '"$META_USER@'%%';\n" rm cm
		echo "USE $RM;"
		cat "$LAB_HOME/sql/rm.sql"
		has_ha || echo "DELETE FROM oms_normal_config WHERE cfg_name = 'ha.config';"
		for r in "${REGIONS[@]}"; do
			echo "INSERT INTO cluster_info (region, region_cn, cm_url, code, is_default_cm) VALUES" \
				"('$r', '$r', 'http://${ADDR[$(nodes_of "$r" | sed -n 1p)]}:8088', ${REGION_LOC[$r]}, ${REGION_DEFAULT[$r]});"
		done
		echo "INSERT INTO oms_version (version) VALUES ('$(version_name "$SOURCE")');"
		echo "USE $CM;"
		cat "$LAB_HOME/sql/cm.sql"
		for r in "${REGIONS[@]}"; do
			echo "INSERT INTO resource_group VALUES (${REGION_LOC[$r]}, '${REGION_LOC[$r]}');"
			echo "INSERT INTO location_cm (location, cm_url) VALUES (${REGION_LOC[$r]}, 'http://${ADDR[$(nodes_of "$r" | sed -n 1p)]}:8088');"
			for n in $(nodes_of "$r"); do
				echo "INSERT INTO host (ip, host_status, resource_group_id) VALUES ('${ADDR[$n]}', 'OFFLINE', ${REGION_LOC[$r]});"
			done
		done
		for r in "${REGIONS[@]}"; do
			echo "USE ${REGION_HB[$r]};"
			cat "$LAB_HOME/sql/cm_hb.sql"
		done
		for db in $(databases); do
			echo "CREATE TABLE $db.oms_schema (id int PRIMARY KEY, version varchar(16) NOT NULL, state varchar(16) NOT NULL);"
			echo "INSERT INTO $db.oms_schema VALUES (1, '$SOURCE', 'ok');"
		done
	} | root_sql --binary-mode
}

# What OMS has written down as its version: none (no table), empty (no row), or this version alone.
set_oms_version() { # none|empty|VERSION
	[[ $1 =~ ^[A-Za-z0-9.-]+$ ]] || die "oms-version none|empty|VERSION"
	{
		if [ "$1" = none ]; then
			echo "DROP TABLE IF EXISTS oms_version;"
		else
			sed -n '/^CREATE TABLE oms_version/s/CREATE TABLE/& IF NOT EXISTS/p' "$LAB_HOME/sql/rm.sql"
			echo "DELETE FROM oms_version;"
			[ "$1" = empty ] || echo "INSERT INTO oms_version (version) VALUES ('$1');"
		fi
	} | root_sql -D "$RM"
}

verb_sql() {
	need_up
	read_shape "$D/shape"
	[ $# = 2 ] || die "usage: lab sql DB SQL"
	root_sql -D "$1" -e "$2"
}
