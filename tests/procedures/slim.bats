#!/usr/bin/env bats
# The heartbeat sequence becomes one row, from every state that the documented statements can leave behind.
# shellcheck disable=SC2030,SC2031 # tests are subshells

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
	lock 7
}
teardown_file() { server_down "$SERVER"; }

COLUMNS_SQL="(id bigint(20) NOT NULL AUTO_INCREMENT, gmt_created datetime NOT NULL, gmt_modified datetime NOT NULL, PRIMARY KEY (id)) DEFAULT CHARSET=utf8"
LAST_ROW="SELECT id, gmt_created, gmt_modified FROM heatbeat_sequence ORDER BY id DESC LIMIT 1"

setup() {
	sql 'DROP DATABASE IF EXISTS cm_hb_402; CREATE DATABASE cm_hb_402'
	sql "CREATE TABLE heatbeat_sequence $COLUMNS_SQL;
		INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_1_to_5000" cm_hb_402
}

slim() { script "${SLIM:-slim-swap}" DB=cm_hb_402; }
check() { script "${SLIM:-slim-swap}.check" DB=cm_hb_402; }

slimmed() { # ID: one row with this id, no other table, and the next id is the next one
	[ "$(sql 'SELECT COUNT(*), MAX(id) FROM heatbeat_sequence' cm_hb_402)" = "1	$1" ]
	[ "$(sql 'SHOW TABLES' cm_hb_402)" = heatbeat_sequence ]
	check
	sql 'INSERT INTO heatbeat_sequence (gmt_created, gmt_modified) VALUES (NOW(), NOW())' cm_hb_402
	[ "$(sql 'SELECT MAX(id) FROM heatbeat_sequence' cm_hb_402)" = $(($1 + 1)) ]
}

@test "S0: the documented case" {
	run check
	[ "$status" -eq 1 ]
	run slim
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"CREATE TABLE IF NOT EXISTS"*"INSERT INTO heatbeat_sequence_bak"*"RENAME TABLE"*"DROP TABLE heatbeat_sequence_bak2;"* ]]
	slimmed 5000
}

# What of an attempt that was broken off still runs in the server is found by it.
@test "the server sees the marker of each statement that changes something" {
	sql "SET GLOBAL general_log_file = '$BATS_TEST_TMPDIR/statements'; SET GLOBAL general_log = 1"
	slim
	sql 'SET GLOBAL general_log = 0'
	grep -oE '(CREATE TABLE IF|INSERT INTO|RENAME TABLE|DROP TABLE).*' "$BATS_TEST_TMPDIR/statements" >"$BATS_TEST_TMPDIR/changes"
	# the CREATE TABLE has lines of its own
	[ "$(grep -c . "$BATS_TEST_TMPDIR/changes")" = 4 ]
	[ "$(grep -cF '/* omsup slim cm_hb_402 */' "$BATS_TEST_TMPDIR/changes")" = 3 ]
	grep -qF "'Heartbeat sequence table' /* omsup slim cm_hb_402 */" "$BATS_TEST_TMPDIR/statements"
}

@test "a server that does not answer is not taken for one that is busy" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase $* in *processlist*) echo gone >&2; exit 1;; esac\nexec %s "$@"\n' "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run slim
	[ "$status" -eq 1 ]
	[[ $output != *"still running"* ]]
}

@test "S1: created, not copied" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL" cm_hb_402
	run check
	[ "$status" -eq 1 ]
	slim
	slimmed 5000
}

@test "S2: copied" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW" cm_hb_402
	slim
	slimmed 5000
}

@test "S2 and a newer id since the copy" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		INSERT INTO heatbeat_sequence VALUES (6000, NOW(), NOW())" cm_hb_402
	slim
	slimmed 6000
}

@test "S3: no live table" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		ALTER TABLE heatbeat_sequence RENAME TO heatbeat_sequence_bak2" cm_hb_402
	run check
	[ "$status" -eq 1 ]
	slim
	slimmed 5000
}

@test "S3 and a newer id in the renamed table" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		INSERT INTO heatbeat_sequence VALUES (6000, NOW(), NOW());
		ALTER TABLE heatbeat_sequence RENAME TO heatbeat_sequence_bak2" cm_hb_402
	slim
	slimmed 6000
}

@test "S3 with an empty copy, or none" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL;
		ALTER TABLE heatbeat_sequence RENAME TO heatbeat_sequence_bak2" cm_hb_402
	slim
	slimmed 5000
	sql 'ALTER TABLE heatbeat_sequence RENAME TO heatbeat_sequence_bak2' cm_hb_402
	slim
	[ "$(sql 'SELECT MAX(id) FROM heatbeat_sequence' cm_hb_402)" = 5001 ]
}

@test "S4: renamed, the original still there" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		RENAME TABLE heatbeat_sequence TO heatbeat_sequence_bak2, heatbeat_sequence_bak TO heatbeat_sequence" cm_hb_402
	run check
	[ "$status" -eq 1 ]
	slim
	slimmed 5000
}

@test "S4 and a newer id in the original" {
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		INSERT INTO heatbeat_sequence VALUES (6000, NOW(), NOW());
		RENAME TABLE heatbeat_sequence TO heatbeat_sequence_bak2, heatbeat_sequence_bak TO heatbeat_sequence" cm_hb_402
	slim
	slimmed 6000
}

@test "S5: done; and twice" {
	slim
	check
	run slim
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	slimmed 5000
}

@test "leftovers of an older upgrade are not taken for this one's" {
	sql "CREATE TABLE heatbeat_sequence_bak2 $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak2 VALUES (7, NOW(), NOW());
		CREATE TABLE heatbeat_sequence_bak (x int)" cm_hb_402
	# a copy of another shape has no id to carry over: left alone, and said
	run slim
	[ "$status" -ne 0 ]
	[ "$(sql 'SELECT COUNT(*), MAX(id) FROM heatbeat_sequence' cm_hb_402)" = "5000	5000" ]
	sql 'DROP TABLE heatbeat_sequence_bak' cm_hb_402
	sql "CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak VALUES (9, NOW(), NOW())" cm_hb_402
	slim
	slimmed 5000
}

@test "an empty table stays as it is" {
	sql 'DELETE FROM heatbeat_sequence' cm_hb_402
	check
	slim
	[ "$(sql 'SELECT COUNT(*) FROM heatbeat_sequence' cm_hb_402)" = 0 ]
	[ "$(sql 'SHOW TABLES' cm_hb_402)" = heatbeat_sequence ]
}

@test "an empty live table does not win over rows that were left behind" {
	sql "RENAME TABLE heatbeat_sequence TO heatbeat_sequence_bak2; CREATE TABLE heatbeat_sequence $COLUMNS_SQL" cm_hb_402
	slim
	slimmed 5000
}

@test "a column that the copy would lose: refused, nothing changed" {
	sql 'ALTER TABLE heatbeat_sequence ADD COLUMN source varchar(32)' cm_hb_402
	run slim
	[ "$status" -ne 0 ]
	[[ $output == *"gmt_modified source"* ]]
	[ "$(sql 'SELECT COUNT(*) FROM heatbeat_sequence' cm_hb_402)" = 5000 ]
	[ "$(sql 'SHOW TABLES' cm_hb_402)" = heatbeat_sequence ]
}

@test "no table at all: no, and said" {
	sql 'DROP TABLE heatbeat_sequence' cm_hb_402
	run slim
	[ "$status" -eq 1 ]
	[[ $output == *"no table heatbeat_sequence"* ]]
}

@test "a statement of a killed attempt still runs: the check cannot tell, the run waits for its end" {
	sql "SELECT SLEEP(4) /* omsup slim cm_hb_402 */" cm_hb_402 3>&- &
	local sleeper=$!
	until [ "$(sql "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")" -eq 1 ]; do sleep 0.1; done
	run check
	[ "$status" -eq 2 ]
	slim
	run sql "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'"
	[ "$output" = 0 ]
	wait "$sleeper"
	slimmed 5000
}

# held SCRIPT SQL REGEX: SCRIPT tells that it waits for what a connection holds after SQL; when that has ended, it continues and says so
held() {
	local out=$BATS_TEST_TMPDIR/out holder script id
	sql "$2; SELECT SLEEP(300)" cm_hb_402 >/dev/null 2>&1 3>&- &
	holder=$!
	until id=$(sql "SELECT id FROM information_schema.processlist WHERE info = 'SELECT SLEEP(300)'") && [ -n "$id" ]; do :; done
	SLIM=$1 slim >"$out" 2>&1 3>&- &
	script=$!
	until grep -q '^omsup: news stuck: ' "$out"; do kill -0 "$script"; done
	cat "$out"
	grep -Eq "^omsup: news stuck: .*$3, [0-9]+ s.*connection $id of root@" "$out"
	sql "KILL $id"
	wait "$holder" || :
	wait "$script"
	slimmed 5000
}

@test "a lock that is waited for is told while it is, with who may hold it" {
	held slim-swap 'BEGIN; SELECT id FROM heatbeat_sequence LIMIT 1' 'Waiting for table metadata lock'
}

@test "community: so is the lock of a table, and that of a row, of which the list of processes does not tell" {
	held slim-delete 'LOCK TABLES heatbeat_sequence READ' 'Waiting for table metadata lock'
	setup
	held slim-delete 'BEGIN; SELECT id FROM heatbeat_sequence WHERE id = 7 FOR UPDATE' 'row lock'
}

@test "killed at any statement, the next attempt ends it" {
	local file n
	file=$(script_file slim-swap)
	for n in 1 2 3 4 5 6 7; do
		setup
		# the n-th statement is the last that this attempt sees
		sed "s/^say() .*/n=0; say() { echo \"\$1\"; n=\$((n + 1)); sql \"\$1\"; [ \"\$n\" -ne $n ] || kill -9 \$\$; }/" "$file" >"$BATS_TEST_TMPDIR/killed.sh"
		env -i PATH="$PATH" METADB_HOST=metadb METADB_PORT=3306 CM_DB=cm_lock OMSUP_JOB=7 DB=cm_hb_402 sh "$BATS_TEST_TMPDIR/killed.sh" 3<<-EOF || :
			[client]
			user=root
			socket=$SERVER/sock
		EOF
		slim
		slimmed 5000
	done
}

@test "the server is away: the check cannot tell" {
	run env -i PATH="$PATH" METADB_HOST=metadb METADB_PORT=3306 CM_DB=cm_lock OMSUP_JOB=7 DB=cm_hb_402 sh "$(script_file slim-swap.check)" 3<<<'[client]
socket=/nowhere/sock'
	[ "$status" -eq 2 ]
}

@test "an id is never used twice, also when the newest rows are gone; by a swap as by a DELETE" {
	local way
	for way in slim-swap slim-delete; do
		setup
		sql 'INSERT INTO heatbeat_sequence VALUES (9000, NOW(), NOW()); DELETE FROM heatbeat_sequence WHERE id = 9000' cm_hb_402
		SLIM=$way slim
		SLIM=$way check
		[ "$(sql 'SELECT id FROM heatbeat_sequence' cm_hb_402)" = 5000 ]
		sql 'INSERT INTO heatbeat_sequence (gmt_created, gmt_modified) VALUES (NOW(), NOW())' cm_hb_402
		[ "$(sql 'SELECT MAX(id) FROM heatbeat_sequence' cm_hb_402)" = 9001 ]
	done
	# broken off behind the renames, before that was carried over
	setup
	sql "INSERT INTO heatbeat_sequence VALUES (9000, NOW(), NOW()); DELETE FROM heatbeat_sequence WHERE id = 9000;
		CREATE TABLE heatbeat_sequence_bak $COLUMNS_SQL; INSERT INTO heatbeat_sequence_bak $LAST_ROW;
		RENAME TABLE heatbeat_sequence TO heatbeat_sequence_bak2, heatbeat_sequence_bak TO heatbeat_sequence" cm_hb_402
	slim
	check
	sql 'INSERT INTO heatbeat_sequence (gmt_created, gmt_modified) VALUES (NOW(), NOW())' cm_hb_402
	[ "$(sql 'SELECT MAX(id) FROM heatbeat_sequence' cm_hb_402)" = 9001 ]
}

@test "a swap ends in the table that a DELETE leaves" {
	local way
	for way in slim-swap slim-delete; do
		sql 'DROP DATABASE cm_hb_402; CREATE DATABASE cm_hb_402'
		# as the editions make it
		sed -n '/CREATE TABLE heatbeat_sequence/,/;$/p' "$BATS_TEST_DIRNAME/../lab/sql/cm_hb.sql" >"$BATS_TEST_TMPDIR/table.sql"
		sql "$(cat "$BATS_TEST_TMPDIR/table.sql"); INSERT INTO heatbeat_sequence SELECT seq, '2026-01-01', '2026-01-02' FROM seq_1_to_5000" cm_hb_402
		SLIM=$way slim
		sql 'SHOW TABLES; SHOW CREATE TABLE heatbeat_sequence; SELECT * FROM heatbeat_sequence' cm_hb_402 >"$BATS_TEST_TMPDIR/$way"
	done
	cat "$BATS_TEST_TMPDIR/slim-swap"
	diff "$BATS_TEST_TMPDIR/slim-swap" "$BATS_TEST_TMPDIR/slim-delete"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/slim-swap")" = 3 ]
}

# --- the community edition's way ---------------------------------------------------------------------------------------

@test "community: all but the last row are deleted, in portions, and twice" {
	export SLIM=slim-delete
	sql 'INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_5001_to_120000' cm_hb_402
	run check
	[ "$status" -eq 1 ]
	run slim
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^omsup: progress' <<<"$output")" = 3 ]
	[[ $output == *"omsup: progress 50000 119999 ids"*"omsup: progress 119999 119999 ids" ]]
	slimmed 120000
	slim
	sql 'DELETE FROM heatbeat_sequence' cm_hb_402
	slim
	check
}

by_thousands() { # the script, with smaller portions, and with this behind each
	sed "s/^portion=.*/portion=1000/; s/^  sql .DELETE.*/&; ${1-:}/" "$(script_file slim-delete)" >"$BATS_TEST_TMPDIR/thousands.sh"
	env -i PATH="$PATH" METADB_HOST=metadb METADB_PORT=3306 CM_DB=cm_lock OMSUP_JOB=7 DB=cm_hb_402 sh "$BATS_TEST_TMPDIR/thousands.sh" 3<<-EOF
		[client]
		user=root
		socket=$SERVER/sock
	EOF
}

@test "community: killed in the middle, the next attempt ends it" {
	export SLIM=slim-delete
	by_thousands 'kill -9 $$' || :
	[ "$(sql 'SELECT COUNT(*) FROM heatbeat_sequence' cm_hb_402)" = 4000 ]
	run check
	[ "$status" -eq 1 ]
	slim
	slimmed 5000
}

@test "community: no statement walks over rows that were deleted, and gaps cost no statements" {
	export SLIM=slim-delete
	sql "INSERT INTO heatbeat_sequence SELECT seq * 3000000, NOW(), NOW() FROM seq_2_to_501;
		INSERT INTO heatbeat_sequence SELECT 4000000000000 + seq, NOW(), NOW() FROM seq_1_to_1500;
		SET GLOBAL general_log_file = '$BATS_TEST_TMPDIR/statements'; SET GLOBAL general_log = 1" cm_hb_402
	by_thousands
	sql 'SET GLOBAL general_log = 0'
	grep -o 'DELETE FROM heatbeat_sequence .*' "$BATS_TEST_TMPDIR/statements" | tee /dev/stderr >"$BATS_TEST_TMPDIR/deletes"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/deletes")" = 7 ] # 6999 rows
	# each begins where the one before it ends, at a row
	sed 's/.*id >= \([0-9]*\) AND id < \([0-9]*\) .*/\1 \2/' "$BATS_TEST_TMPDIR/deletes" | {
		to=1
		while read -r from next; do
			[ "$from" = "$to" ] || exit 1
			to=$next
		done
		[ "$to" = 4000000001500 ]
	}
	slimmed 4000000001500
}

@test "community: the server sees the marker of what deletes" {
	sql "SET GLOBAL general_log_file = '$BATS_TEST_TMPDIR/statements'; SET GLOBAL general_log = 1"
	SLIM=slim-delete slim
	sql 'SET GLOBAL general_log = 0'
	grep -q 'DELETE FROM heatbeat_sequence .* /\* omsup slim cm_hb_402 \*/' "$BATS_TEST_TMPDIR/statements"
}

# --- what it will cost -------------------------------------------------------------------------------------------------

rows() { script slim-rows DB=cm_hb_402 SLIM="$1"; }

@test "slim-rows: the number of rows and what the chosen way costs; swap is recommended when it saves more than a minute" {
	run -0 rows delete
	[ "$output" = "omsup: evidence 5000 rows; deleting them takes about 0 s of the outage" ]
	run -0 rows swap
	[[ $output == "omsup: evidence 5000 rows; the swap takes"* ]]
	sql 'INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_5001_to_1600000' cm_hb_402
	run -0 rows delete
	[ "$output" = "omsup: evidence 1600000 rows; deleting them takes about 57 s of the outage" ]
	sql 'INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_1600001_to_1750000' cm_hb_402
	run -0 rows delete
	[[ $output == "omsup: evidence 1750000 rows; deleting them takes about 1 min of the outage: set 'slim: swap' in the deployment file"* ]]
	sql 'INSERT INTO heatbeat_sequence SELECT seq, NOW(), NOW() FROM seq_1750001_to_2500000; DELETE FROM heatbeat_sequence WHERE id <= 100' cm_hb_402
	run -0 rows delete
	[[ $output == "omsup: evidence about 2499900 rows; deleting them takes about 1 min of the outage: set "* ]]
	run -0 rows swap
	[[ $output == "omsup: evidence about 2499900 rows; the swap takes less than a second"* ]]
	[[ $output != *"slim: swap"* ]]
	sql 'DELETE FROM heatbeat_sequence' cm_hb_402
	run -0 rows delete
	[[ $output == "omsup: evidence 0 rows;"* ]]
}

@test "slim-rows: no table is said, what a swap can continue is not refused, a lost server is no answer" {
	sql 'RENAME TABLE heatbeat_sequence TO heatbeat_sequence_bak2' cm_hb_402
	run -0 rows swap
	[[ $output == *"what an interrupted swap left: heatbeat_sequence_bak2"* ]]
	run -1 rows delete
	[ "$output" = "there is no table heatbeat_sequence in cm_hb_402" ]
	sql 'DROP TABLE heatbeat_sequence_bak2' cm_hb_402
	for way in delete swap; do
		run -1 rows $way
		[ "$output" = "there is no table heatbeat_sequence in cm_hb_402" ]
	done
	SERVER=/nowhere run rows swap
	[ "$status" -ne 0 ]
	[[ $output != *"there is no table"* ]]
}

# Otherwise the step slim would find it, when OMS is out of service.
@test "slim-rows: a column that the swap would lose is found before the outage; a DELETE keeps it" {
	sql 'ALTER TABLE heatbeat_sequence ADD COLUMN source_402 int' cm_hb_402
	run -1 rows swap
	[[ $output == *"gmt_modified source_402; set 'slim: delete' "* ]]
	run -0 rows delete
}
