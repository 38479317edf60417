#!/usr/bin/env bats
# The prechecks try what a backup and a restore will do, with the account that OMS has: what would fail in the outage, or behind
# the drop, is found before.
# shellcheck disable=SC2016 # backticks of SQL

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server ACCOUNT=oms
	server_up "$SERVER"
	sql "CREATE DATABASE rm_402; CREATE DATABASE cm_402; CREATE DATABASE cm_hb_402; CREATE USER oms@localhost"
	sql "CREATE TABLE oms_project (id int PRIMARY KEY)" rm_402
	lock 7
}
teardown_file() { server_down "$SERVER"; }

setup() {
	sql "REVOKE ALL, GRANT OPTION FROM oms@localhost; DROP VIEW IF EXISTS rm_402.v; SET GLOBAL read_only = 0, GLOBAL init_connect = ''"
	for db in rm cm cm_hb; do sql "GRANT ALL ON \`${db}\\_402\`.* TO oms@localhost"; done
}

look() { # SCRIPT [NAME=VALUE...]
	local name=$1
	shift
	script "$name" RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402 "$@"
}

@test "a good MetaDB: yes everywhere; none that answers: no check says yes" {
	local name
	for name in backup-tools backup-holds-all restorable metadb-writable; do
		run -0 look $name
		[[ $output == *"omsup: evidence "* ]]
		SERVER=/nowhere run -2 look $name
		echo "$name: $output"
		[[ $output != *"omsup: evidence"* ]]
	done
}

@test "backup-tools: no SHOW VIEW, a view of what is gone, a status of mysqldump, a limit of rows" {
	sql "CREATE DEFINER = root@localhost VIEW v AS SELECT id FROM oms_project" rm_402
	run -0 look backup-tools
	sql 'REVOKE SHOW VIEW ON `rm\_402`.* FROM oms@localhost'
	run -1 look backup-tools
	echo "$output"
	[[ $output == "mysqldump cannot dump rm_402 (status "*"SHOW VIEW command denied"* ]]
	setup
	sql "CREATE TABLE gone (id int); CREATE VIEW v AS SELECT id FROM gone; DROP TABLE gone" rm_402
	run -1 look backup-tools
	[[ $output == "mysqldump cannot dump rm_402 (status 2): "*"rm_402.v"* ]]
	setup
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/mysqldump" <<-'EOF'
		#!/bin/sh
		case $* in *--help* | *--version*) exec /usr/bin/mysqldump "$@" ;; *cm_hb_402) echo 'mysqldump: Deprecated program name.' >&2; echo "mysqldump: Couldn't execute x: (1054)" >&2; echo '-- dump'; exit 2 ;; esac
		exec /usr/bin/mysqldump "$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"
	run -1 look backup-tools PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[ "$output" = "mysqldump cannot dump cm_hb_402 (status 2): Couldn't execute x: (1054)" ]
	sql "SET GLOBAL init_connect = 'SET sql_select_limit = 100'"
	run -1 look backup-tools
	[[ $output == *"at most 100 rows"* ]]
}

@test "restorable: a view of another account, unless this one may create it" {
	sql "CREATE DEFINER = oms@localhost VIEW v AS SELECT id FROM oms_project" rm_402
	run -0 look restorable
	sql "CREATE OR REPLACE DEFINER = root@localhost VIEW v AS SELECT id FROM oms_project" rm_402
	run -1 look restorable
	[[ $output == *": rm_402.v (root@localhost)" ]]
	sql 'CREATE ROLE IF NOT EXISTS r; GRANT r TO oms@localhost'
	run -2 look restorable
	sql 'REVOKE r FROM oms@localhost; GRANT SET USER ON *.* TO oms@localhost'
	run -0 look restorable
	[[ $output == *"may create"*"rm_402.v"* ]]
}

@test "metadb-writable: read-only, unless the account may write" {
	sql 'SET GLOBAL read_only = 1'
	run -1 look metadb-writable
	[[ $output == *"read_only is on"* ]]
	sql 'GRANT READ_ONLY ADMIN ON *.* TO oms@localhost'
	run -0 look metadb-writable
	sql 'SET GLOBAL read_only = 0, GLOBAL tx_read_only = 1'
	run -1 look metadb-writable
	sql 'SET GLOBAL tx_read_only = 0'
}

@test "backup-holds-all: names with their definers; what the account cannot see is said" {
	run -0 look backup-holds-all
	[ "$output" = "omsup: evidence no routines, triggers or events" ]
	sql "CREATE TRIGGER t BEFORE INSERT ON oms_project FOR EACH ROW SET NEW.id = NEW.id" rm_402
	run -1 look backup-holds-all
	[[ $output == *"rm_402 (1): trigger t (root@localhost)" ]]
	sql 'DROP TRIGGER rm_402.t; REVOKE TRIGGER ON `rm\_402`.* FROM oms@localhost'
	run -0 look backup-holds-all
	[ "$output" = "omsup: evidence this account sees no routines, triggers or events, but it cannot see all of them; on rm_402 without TRIGGER" ]
}

@test "only MariaDB's own names are installed" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	local tool
	for tool in env cat sed grep cut head tail wc tr sort sha256sum tee stat mkdir mktemp chmod rm mv sync awk dirname df sh kill sleep; do
		ln -s "$(command -v $tool)" "$BATS_TEST_TMPDIR/bin/"
	done
	ln -s "$(readlink -f /usr/bin/mariadb)" "$BATS_TEST_TMPDIR/bin/mariadb"
	ln -s "$(readlink -f /usr/bin/mariadb-dump)" "$BATS_TEST_TMPDIR/bin/mariadb-dump"
	run -0 look backup-tools PATH="$BATS_TEST_TMPDIR/bin"
	GRANT="GRANT ALL ON cm_lock.* TO oms@localhost"
	sql "$GRANT"
	script backup DB=rm_402 BACKUP_DIR="$BATS_TEST_TMPDIR" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t PATH="$BATS_TEST_TMPDIR/bin"
	[ -e "$BATS_TEST_TMPDIR/job-7/rm_402.1.sql.ok" ]
	rm "$BATS_TEST_TMPDIR/bin/mariadb-dump"
	run -1 look backup-tools PATH="$BATS_TEST_TMPDIR/bin"
	[ "$output" = "mysqldump is missing on the control host" ]
}
