#!/usr/bin/env bats
# Option files of the host and variables of the daemon's environment name another server, and one with the same databases. No
# script goes there; a backup holds all rows, whatever they say to mysqldump.

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server DECOY=$BATS_FILE_TMPDIR/decoy
	server_up "$SERVER"
	server_up "$DECOY"
	for at in "$SERVER" "$DECOY"; do
		SERVER=$at sql "CREATE DATABASE rm_402 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
		SERVER=$at sql "CREATE TABLE oms_project (id int PRIMARY KEY) DEFAULT CHARSET=utf8mb4; INSERT INTO oms_project VALUES (1), (2)" rm_402
	done
	SERVER=$DECOY sql "CREATE USER nobody@localhost IDENTIFIED BY 'wrong'; GRANT ALL ON *.* TO nobody@localhost"
}
teardown_file() {
	server_down "$SERVER"
	server_down "$DECOY"
}

# How many have ever connected to the decoy, but for this.
visitors() { SERVER=$DECOY sql "SELECT variable_value - $1 FROM information_schema.global_status WHERE variable_name = 'Connections'"; }

@test "backup, restore and their checks: on the server of the login, with all rows; nobody visits the other" {
	# they would be led there: a client of the same environment is
	local HOSTILE
	hostile "$BATS_TEST_TMPDIR/hostile"
	env -i "${HOSTILE[@]}" PATH="$PATH" "$(real mysql)" -e 'SELECT @@socket' | grep -F "$DECOY/sock"
	before=$(visitors 0)

	lock 7
	script backup DB=rm_402 BACKUP_DIR="$BATS_TEST_TMPDIR" OMSUP_JOB=7 OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	script backup.check DB=rm_402 BACKUP_DIR="$BATS_TEST_TMPDIR" OMSUP_JOB=7
	file=$BATS_TEST_TMPDIR/job-7/rm_402.1.sql
	grep -q 'INSERT INTO .oms_project. VALUES' "$file"
	sql "DELETE FROM oms_project" rm_402
	lock 8
	back=(DB=rm_402 OMSUP_JOB=8 OMSUP_PARENT=7 BACKUP_DIR="$BATS_TEST_TMPDIR" BACKUP_FILE="$file" DB_CHARSET=utf8mb4
		DB_COLLATION=utf8mb4_unicode_ci BACKUP_SIZE="$(stat -c %s "$file")" BACKUP_SHA256="$(sha256sum <"$file" | cut -d' ' -f1)")
	script verify-backups "${back[@]}"
	script restore "${back[@]}" OMSUP_ATTEMPT=1 OMSUP_TOKEN=r
	script restore.check "${back[@]}"
	[ "$(sql 'SELECT COUNT(*) FROM oms_project' rm_402)" = 2 ]

	[ "$(visitors 1)" = "$before" ]
}
