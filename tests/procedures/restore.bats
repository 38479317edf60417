#!/usr/bin/env bats
# A rollback drops nothing before its backup is verified, and believes only what it dumped again.
# shellcheck disable=SC2119,SC2120 # functions that take more variables when a test wants it

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
}
teardown_file() { server_down "$SERVER"; }

setup() {
	sql "DROP DATABASE IF EXISTS rm_402; CREATE DATABASE rm_402 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	sql "CREATE TABLE oms_project (id int PRIMARY KEY AUTO_INCREMENT, project_name varchar(64)) DEFAULT CHARSET=utf8mb4;
		INSERT INTO oms_project VALUES (1, 'orders 🚀'), (5, 'it''s \\\\ 库存');
		DELETE FROM oms_project WHERE id = 5; INSERT INTO oms_project VALUES (3, 'x\ny')" rm_402
	DIR=$BATS_TEST_TMPDIR/backup
	lock 7
	script backup DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=7 OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	FILE=$DIR/job-7/rm_402.1.sql
	ENV=(DB=rm_402 OMSUP_JOB=8 OMSUP_PARENT=7 BACKUP_DIR="$DIR" BACKUP_FILE="$FILE" DB_CHARSET=utf8mb4
		DB_COLLATION=utf8mb4_unicode_ci BACKUP_SIZE="$(stat -c %s "$FILE")"
		BACKUP_SHA256="$(sha256sum <"$FILE" | cut -d' ' -f1)")
	BEFORE=$(everything)
	lock 8
	# what an upgrade does
	sql "ALTER TABLE oms_project ADD COLUMN owner_group varchar(64); DELETE FROM oms_project WHERE id = 1;
		CREATE TABLE oms_ticket_lock (id int)" rm_402
}

everything() {
	sql 'SHOW CREATE DATABASE rm_402; SHOW TABLES; SHOW CREATE TABLE oms_project; SELECT * FROM oms_project' rm_402
}
restore() { script restore "${ENV[@]}" OMSUP_ATTEMPT=1 OMSUP_TOKEN=r "$@"; }
check() { script restore.check "${ENV[@]}" "$@"; }
verify() { script verify-backups "${ENV[@]}" "$@"; }

@test "the server sees the marker of drop and create" {
	sql "SET GLOBAL general_log_file = '$BATS_TEST_TMPDIR/statements'; SET GLOBAL general_log = 1"
	restore
	sql 'SET GLOBAL general_log = 0'
	grep -qE 'DROP DATABASE.* /\* omsup restore rm_402 \*/' "$BATS_TEST_TMPDIR/statements"
	grep -qE 'CREATE DATABASE.* /\* omsup restore rm_402 \*/' "$BATS_TEST_TMPDIR/statements"
}

@test "a next free id that is counted otherwise makes no difference, as OceanBase writes it" {
	sql 'ALTER TABLE rm_402.oms_project DROP COLUMN owner_group; DROP TABLE rm_402.oms_ticket_lock'
	restore
	sed -i 's/ AUTO_INCREMENT=[0-9]* / AUTO_INCREMENT = 1000001 /' "$FILE"
	grep -q 'AUTO_INCREMENT = 1000001 ' "$FILE"
	run check
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "restored: content, charset, and nothing of the new version" {
	verify
	run check
	[ "$status" -eq 1 ]
	restore
	[ "$(everything)" = "$BEFORE" ]
	run check
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"is identical to"* ]]
	[ "$(sha256sum <"$FILE" | cut -d' ' -f1)" = "$(printf '%s\n' "${ENV[@]}" | sed -n 's/^BACKUP_SHA256=//p')" ]
}

@test "a truncated backup: refused, nothing dropped" {
	truncate -s -100 "$FILE"
	run verify
	[ "$status" -eq 1 ]
	run restore
	[ "$status" -eq 1 ]
	[[ $output == *"nothing was dropped"* ]]
	[ "$(sql 'SELECT COUNT(*) FROM oms_project' rm_402)" = 1 ]
	# not even when its size and hash are given as recorded
	run restore BACKUP_SIZE="$(stat -c %s "$FILE")" BACKUP_SHA256="$(sha256sum <"$FILE" | cut -d' ' -f1)"
	[ "$status" -eq 1 ]
	[ "$(sql 'SELECT COUNT(*) FROM oms_project' rm_402)" = 1 ]
}

@test "a changed byte, a missing file, nothing recorded: refused, nothing dropped" {
	run restore BACKUP_SHA256=0000
	[ "$status" -eq 1 ]
	run restore BACKUP_FILE= BACKUP_SIZE= BACKUP_SHA256=
	[ "$status" -eq 1 ]
	run restore DB_CHARSET=
	[ "$status" -eq 1 ]
	mv "$FILE" "$FILE.away"
	run restore
	[ "$status" -ne 0 ]
	[ "$(sql 'SELECT COUNT(*) FROM oms_project' rm_402)" = 1 ]
}

@test "a dump that an option file has filtered is refused, though it is as recorded" {
	verify
	local option
	for option in --no-data --where=id=1; do
		"$(real mysqldump)" --no-defaults -uroot -S "$SERVER/sock" --comments "$option" rm_402 >"$FILE.part"
		run verify BACKUP_FILE="$FILE.part" BACKUP_SIZE="$(stat -c %s "$FILE.part")" BACKUP_SHA256="$(sha256sum <"$FILE.part" | cut -d' ' -f1)"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"does not hold all rows"* ]]
	done
}

@test "an error in the middle stops it; a retry begins with an empty database" {
	cp "$FILE" "$FILE.bad"
	sed -i 's/^INSERT INTO .oms_project. /INSERT INTO no_such_table /' "$FILE.bad"
	local bad=(BACKUP_FILE="$FILE.bad" BACKUP_SIZE="$(stat -c %s "$FILE.bad")" BACKUP_SHA256="$(sha256sum <"$FILE.bad" | cut -d' ' -f1)")
	run restore "${bad[@]}"
	[ "$status" -ne 0 ]
	[[ $output == *"ERROR 1"* ]]
	run check "${bad[@]}"
	[ "$status" -eq 1 ]
	restore
	[ "$(everything)" = "$BEFORE" ]
	check
}

@test "a dump has no commands for the client" {
	# without the line by which newer clients of MariaDB forbid them
	{ sed '1{/^\/\*M!999999/d}' "$FILE"; printf '%s\n' "\\! touch $BATS_TEST_TMPDIR/evil" "system touch $BATS_TEST_TMPDIR/evil" '-- Dump completed'; } >"$FILE.bad"
	cp "$FILE.ok" "$FILE.bad.ok"
	run ! restore BACKUP_FILE="$FILE.bad" BACKUP_SIZE="$(stat -c %s "$FILE.bad")" BACKUP_SHA256="$(sha256sum <"$FILE.bad" | cut -d' ' -f1)"
	[ ! -e "$BATS_TEST_TMPDIR/evil" ]
}

@test "content that differs from the backup is not called restored" {
	restore
	sql "UPDATE oms_project SET project_name = 'y' WHERE id = 1" rm_402
	run check
	[ "$status" -eq 1 ]
	[[ $output == *"differs from"* ]]
}

@test "the wrong default charset is not called restored" {
	restore
	sql 'ALTER DATABASE rm_402 CHARACTER SET latin1' rm_402
	run check
	[ "$status" -eq 1 ]
}

@test "another rollback's marker does not count; a lost server: cannot tell" {
	restore
	run check OMSUP_JOB=9
	[ "$status" -eq 1 ]
	run env -i PATH="$PATH" "${ENV[@]}" sh "$(script_file restore.check)" 3<<<'[client]
socket=/nowhere/sock'
	[ "$status" -eq 2 ]
}

@test "a client that does not know the sandbox line gets the rest of the dump" {
	head -n 1 "$FILE" | grep -q "enable the sandbox mode" # otherwise this mysqldump is too old to test it
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	sed "s|/usr/bin/mysql|$(real mysql)|" >"$BATS_TEST_TMPDIR/bin/mysql" <<-'EOF'
		#!/bin/bash
		# refuses its input like an older client
		case "$*" in *" -e "*) exec /usr/bin/mysql "$@" ;; esac
		IFS= read -r first
		case $first in '/*M!'*) echo "ERROR at line 1: Unknown command '\-'." >&2; exit 1 ;; esac
		{ printf '%s\n' "$first"; cat; } | /usr/bin/mysql "$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	restore PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[ "$(everything)" = "$BEFORE" ]
	check
}

@test "a database that is gone already is restored all the same" {
	sql 'DROP DATABASE rm_402'
	restore
	[ "$(everything)" = "$BEFORE" ]
	check
}

holds() { [ "$(sql "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = $1")" = 1 ]; }

@test "a lock that DROP DATABASE waits for is told, with who may hold it" {
	local out=$BATS_TEST_TMPDIR/out holder script id
	# idle in a transaction
	mkfifo "$BATS_TEST_TMPDIR/in"
	mariadb --no-defaults -uroot -S "$SERVER/sock" -n rm_402 <"$BATS_TEST_TMPDIR/in" >/dev/null 2>&1 3>&- &
	holder=$!
	exec 8>"$BATS_TEST_TMPDIR/in"
	echo 'BEGIN; SELECT * FROM oms_project; SELECT 1 AS held;' >&8
	until id=$(sql "SELECT id FROM information_schema.processlist WHERE db = 'rm_402' AND command = 'Sleep'") && [ -n "$id" ] && holds "$id"; do :; done
	restore >"$out" 2>&1 3>&- 8>&- &
	script=$!
	until grep -q '^omsup: news stuck: ' "$out"; do kill -0 "$script"; done
	cat "$out"
	grep -Eq "^omsup: news stuck: .*Waiting for .* lock, [0-9]+ s.*connection $id of root@" "$out"
	sql "KILL $id"
	wait "$script"
	exec 8>&-
	wait "$holder" || :
	check
}

@test "something still runs in the database: not dropped under it" {
	sql 'SELECT SLEEP(6)' rm_402 3>&- &
	local sleeper=$!
	until [ "$(sql "SELECT COUNT(*) FROM information_schema.processlist WHERE info = 'SELECT SLEEP(6)'")" -eq 1 ]; do sleep 0.1; done
	run -0 restore
	said=$output
	run ! kill -0 "$sleeper" 2>/dev/null
	[[ $said == *"omsup: news stuck: statements in rm_402 "*" rm_402 SELECT SLEEP(6); they are waited for"*"omsup: news it continues"* ]]
	check
}

@test "another subtask drops cm, and does not create it yet: the server that was backed up is proof enough" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	local moment gone
	# before the first look, before the first change, and before that while the lock's table is there again, and empty
	for moment in processlist "DROP DATABASE IF EXISTS" "DROP DATABASE IF EXISTS:empty"; do
		lock 8
		gone="DROP DATABASE IF EXISTS cm_lock"
		[ "$moment" = "${moment%:empty}" ] || gone="DELETE FROM cm_lock.omsup_lock"
		printf '#!/bin/sh\ncase $* in *"%s"*) %s --no-defaults -S %s -u root -e "%s" </dev/null ;; esac\nexec %s "$@"\n' \
			"${moment%:empty}" "$(real mysql)" "$SERVER/sock" "$gone" "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
		chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
		restore PATH="$BATS_TEST_TMPDIR/bin:$PATH"
		[ -z "$(sql "SELECT table_name FROM information_schema.tables WHERE table_schema = 'cm_lock'")" ] ||
			[ "$(sql 'SELECT COUNT(*) FROM cm_lock.omsup_lock')" = 0 ]
		[ "$(everything)" = "$BEFORE" ]
	done
}

@test "no lock, and nothing that tells which server was backed up, or which one this is: nothing is dropped" {
	restore
	sql 'DROP DATABASE cm_lock; CREATE TABLE rm_402.kept (id int)'
	mkdir "$BATS_TEST_TMPDIR/bin"
	local ends
	for ends in 0 1; do
		sed -i '/^server /d' "$FILE.ok"
		[ "$ends" -eq 1 ] || echo 'server  ' >>"$FILE.ok" # as a server that says nothing is recorded
		printf '#!/bin/sh\ncase $* in *"SHOW VARIABLES"*) exit %s ;; esac\nexec %s "$@"\n' "$ends" "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
		chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
		run -2 check PATH="$BATS_TEST_TMPDIR/bin:$PATH"
		run -1 restore PATH="$BATS_TEST_TMPDIR/bin:$PATH"
		[[ $output == *"nothing was dropped"* ]]
		sql 'SELECT * FROM rm_402.kept'
	done
}

@test "another subtask drops cm while the restore is checked: the check needs no lock" {
	restore
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase $* in *information_schema.schemata*) %s --no-defaults -S %s -u root -e "DROP DATABASE IF EXISTS cm_lock" </dev/null ;; esac\nexec %s "$@"\n' \
		"$(real mysql)" "$SERVER/sock" "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	check PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[ -z "$(sql "SHOW DATABASES LIKE 'cm_lock'")" ]
}

@test "a lock that cannot be read is no reason to drop: a retry finds everything" {
	sql "CREATE TABLE omsup_lock (id int PRIMARY KEY, holder varchar(255), job varchar(255), token varchar(255),
		taken_at timestamp NULL, renewed_at timestamp NULL, renewals int);
		INSERT INTO omsup_lock VALUES (1, 'me', '8-a', 't', NOW(), NOW(), 3)" rm_402
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase $* in *"SHOW CREATE TABLE omsup_lock"*) exit 1 ;; esac\nexec %s "$@"\n' "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	run -1 restore PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output != *"DROP DATABASE"* ]]
	[ "$(sql 'SELECT job FROM omsup_lock' rm_402)" = 8-a ]
	restore
	[ "$(sql 'SELECT job FROM omsup_lock' rm_402)" = 8-a ]
}

@test "the lock is carried over, its renewal is no difference, and the backup brings back no old one" {
	sql "CREATE TABLE omsup_lock (id int PRIMARY KEY, holder varchar(255), job varchar(255), token varchar(255),
		taken_at datetime, renewed_at datetime, renewals bigint);
		INSERT INTO omsup_lock VALUES (1, 'it''s \"me\"', '7-a', 't', NOW(), NOW(), 3)" rm_402
	lock 7
	script backup DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=7 OMSUP_ATTEMPT=2 OMSUP_TOKEN=t
	run -1 grep omsup_lock "$DIR/job-7/rm_402.2.sql"
	lock 8
	sql "UPDATE omsup_lock SET job = '8-a', renewals = 4" rm_402
	row=$(sql 'SELECT * FROM omsup_lock' rm_402)
	restore
	[ "$(sql 'SELECT * FROM omsup_lock' rm_402)" = "$row" ]
	sql 'UPDATE omsup_lock SET renewals = 5' rm_402
	check
	# broken off right behind the drop
	cp "$FILE" "$FILE.bad"
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	sed "s|/usr/bin/mysql|$(real mysql)|" >"$BATS_TEST_TMPDIR/bin/mysql" <<-'EOS'
		#!/bin/sh
		case "$*" in *"CREATE DATABASE"*) exit 1 ;; esac
		exec /usr/bin/mysql "$@"
	EOS
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	run -1 restore PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[ -z "$(sql "SHOW DATABASES LIKE 'rm_402'")" ]
	restore
	[ "$(sql 'SELECT renewals FROM omsup_lock' rm_402)" = 5 ]
	check
	[ -z "$(find "$DIR" -name '*.lock-of-job*')" ]
}
