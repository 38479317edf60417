#!/usr/bin/env bats
# What the server sets for every session, and its init_connect, change nothing: no row is lost, no step runs for ever, no text
# becomes question marks. What mysqldump cannot be told, its dump is refused for.

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server ACCOUNT=oms
	server_up "$SERVER"
	# init_connect is not for an account that may do everything
	sql "CREATE USER oms@localhost; GRANT ALL ON \`rm\\_402\`.* TO oms@localhost; GRANT ALL ON \`cm\\_%\`.* TO oms@localhost"
	lock 7
}
teardown_file() { server_down "$SERVER"; }

setup() {
	sql "SET GLOBAL init_connect = '', GLOBAL autocommit = 1, GLOBAL sql_safe_updates = 0, GLOBAL sql_mode = DEFAULT, GLOBAL foreign_key_checks = 1,
		GLOBAL tx_isolation = DEFAULT, GLOBAL time_zone = 'SYSTEM', GLOBAL tx_read_only = 0"
	sql "DROP DATABASE IF EXISTS rm_402; CREATE DATABASE rm_402 CHARACTER SET utf8mb4; DROP DATABASE IF EXISTS cm_hb_402; CREATE DATABASE cm_hb_402"
	sql "CREATE TABLE heatbeat_sequence (id bigint(20) NOT NULL AUTO_INCREMENT, gmt_created datetime NOT NULL, gmt_modified datetime NOT NULL,
		PRIMARY KEY (id)) DEFAULT CHARSET=utf8; INSERT INTO heatbeat_sequence SELECT seq, '2026-03-29 02:30:00', NOW() FROM seq_1_to_60000" cm_hb_402
	sql "CREATE TABLE oms_project (id int PRIMARY KEY AUTO_INCREMENT, name varchar(64), at timestamp NULL) DEFAULT CHARSET=utf8mb4;
		INSERT INTO oms_project VALUES (1, 'orders 🚀', '2026-10-25 00:30:00'), (2, 'it''s \\\\ \"库存\"', NULL);
		CREATE DEFINER = oms@localhost VIEW v AS SELECT id FROM oms_project;
		CREATE TABLE child (id int PRIMARY KEY, of int, FOREIGN KEY (of) REFERENCES oms_project (id)); INSERT INTO child VALUES (1, 2)" rm_402
}

everything() {
	sql "SET autocommit = 1, time_zone = '+00:00', sql_mode = ''; SHOW TABLES; SHOW CREATE TABLE oms_project; SELECT * FROM oms_project;
		SHOW CREATE VIEW v; SELECT * FROM child" rm_402 | sed 's/ AUTO_INCREMENT=[0-9]*//'
}

# The whole way: slim in both forms, backup, restore.
all_is_right() { # DIRECTORY
	local dir=$BATS_TEST_TMPDIR/$1 file before back
	before=$(everything)
	script slim-delete DB=cm_hb_402 BACKUP_DIR="$dir"
	script slim-delete.check DB=cm_hb_402 BACKUP_DIR="$dir"
	[ "$(sql 'SELECT COUNT(*), MAX(id) FROM heatbeat_sequence' cm_hb_402)" = "1	60000" ]
	sql "SET autocommit = 1; INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_60001_to_60005" cm_hb_402
	script slim-swap DB=cm_hb_402 BACKUP_DIR="$dir"
	script slim-swap.check DB=cm_hb_402 BACKUP_DIR="$dir"
	[ "$(sql 'SELECT COUNT(*), MAX(id) FROM heatbeat_sequence' cm_hb_402)" = "1	60005" ]
	[ "$(sql 'SHOW TABLES' cm_hb_402)" = heatbeat_sequence ]
	script backup DB=rm_402 BACKUP_DIR="$dir" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	file=$dir/job-7/rm_402.1.sql
	grep -q 'orders 🚀' "$file"
	sql 'SET autocommit = 1; DELETE FROM child WHERE id > 0; DELETE FROM oms_project WHERE id > 0; CREATE TABLE later (id int)' rm_402
	back=(DB=rm_402 BACKUP_FILE="$file" DB_CHARSET=utf8mb4 DB_COLLATION=utf8mb4_general_ci BACKUP_SIZE="$(stat -c %s "$file")"
		BACKUP_SHA256="$(sha256sum <"$file" | cut -d' ' -f1)")
	script restore "${back[@]}" OMSUP_ATTEMPT=1 OMSUP_TOKEN=r
	script restore.check "${back[@]}"
	[ "$(everything)" = "$before" ]
}

@test "as it comes" { all_is_right plain; }

@test "autocommit off: the last row is there, and deleting ends" {
	sql 'SET GLOBAL autocommit = 0'
	all_is_right autocommit
}

@test "safe updates, no foreign keys, read uncommitted, a time zone of its own" {
	sql "SET GLOBAL sql_safe_updates = 1, GLOBAL foreign_key_checks = 0, GLOBAL tx_isolation = 'READ-UNCOMMITTED', GLOBAL time_zone = '+08:00'"
	all_is_right safe
}

@test "every SQL mode" {
	local mode
	for mode in ANSI ORACLE NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT TRADITIONAL; do
		setup
		sql "SET GLOBAL sql_mode = '$mode'"
		all_is_right "$mode"
	done
}

@test "init_connect: names, SQL mode, autocommit, isolation, read-only transactions" {
	local said n=0
	for said in 'SET NAMES latin1' 'SET NAMES utf8' \
		"SET autocommit = 0, sql_mode = 'ORACLE', sql_safe_updates = 1, tx_isolation = 'SERIALIZABLE', tx_read_only = 1, time_zone = '+05:30'"; do
		setup
		sql "SET GLOBAL init_connect = \"$said\""
		n=$((n + 1))
		all_is_right $n
	done
}

@test "a limit of rows, which mysqldump obeys: such a dump is no backup" {
	sql "SET GLOBAL init_connect = 'SET sql_select_limit = 1'"
	run -1 script backup DB=rm_402 BACKUP_DIR="$BATS_TEST_TMPDIR" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	echo "$output"
	[[ $output == *"at most 1 rows of a table"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/job-7" ]
}

@test "clients of MariaDB 11 under their old names say so, and nothing else changes" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	local name
	for name in mysql:mariadb mysqldump:mariadb-dump; do
		printf '#!/bin/sh\necho "%s: Deprecated program name. It will be removed in a future release, use /usr/bin/%s instead" >&2\nexec %s "$@"\n' \
			"${name%:*}" "${name#*:}" "$(real "${name%:*}")" >"$BATS_TEST_TMPDIR/bin/${name%:*}"
		chmod +x "$BATS_TEST_TMPDIR/bin/${name%:*}"
	done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	all_is_right deprecated
}
