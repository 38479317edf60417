# shellcheck shell=bash
# The MetaDB: a server of its own with the tables that OMS is known to have.

META_USER=oms_meta
# Every character here has broken a script somewhere.
META_PASSWORD="p#a's\"w\\ö\$"

# The kind's functions, of lib/metadb/KIND.sh:
#   build_server                puts into the cache what is fetched and initialized once
#   server_files                the directory of the cache that the host has as /run/lab/server; nothing if none
#   prepare_server              lays out a new host's /var/lib/mysql
#   start_server                and server_program, what it is executing
#   server_is_ready             does what each start needs as soon as the server answers
#   root_client OPTION...       a client of its root
#   server_keys                 what the deployment file must say of it, below metadb:
#   statements_file, gather_statements [ended], read_statements BYTES      what the server was told
use_metadb() { # KIND
	[[ $1 =~ ^[a-z0-9]+$ && -e $LAB_HOME/lib/metadb/$1.sh ]] || die "no such kind of MetaDB: $1 (there are: $(cd "$LAB_HOME/lib/metadb" && echo *.sh | sed 's/\.sh//g'))"
	METADB_KIND=$1
	# shellcheck disable=SC1090,SC1091 # by its kind
	. "$LAB_HOME/lib/metadb/$1.sh"
}

metadb_up() {
	start_server
	wait_for 60 "the MetaDB" metadb_answers
	server_is_ready
}

metadb_answers() { root_sql -e 'SELECT 1'; }

metadb_down() {
	gather_statements ended
	kill_host metadb
}

server_runs() { [ -n "$(host_pids metadb "$(server_program)")" ]; }

root_sql() { root_client --default-character-set=utf8mb4 -N -B "$@"; } # mariadb's options

make_metadb() {
	prepare_server
	metadb_up
	seed_metadb
	server_is_ready
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
				"('${r//\'/\'\'}', '${r//\'/\'\'}', 'http://${ADDR[$(nodes_of "$r" | sed -n 1p)]}:8088', ${REGION_LOC[$r]}, ${REGION_DEFAULT[$r]});"
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
	read_instance
	[ $# = 2 ] || die "usage: lab sql DB SQL"
	root_sql -D "$1" -e "$2"
}
