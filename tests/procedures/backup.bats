#!/usr/bin/env bats
# A backup counts only with a manifest of this job whose file is what was written.
# shellcheck disable=SC2119,SC2120,SC2030,SC2031 # functions that take more variables when a test wants it; tests are subshells

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
	lock 7
	sql "CREATE DATABASE rm_402 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	sql "CREATE TABLE oms_project (id int PRIMARY KEY, project_name varchar(64)) DEFAULT CHARSET=utf8mb4;
		INSERT INTO oms_project VALUES (1, 'orders 🚀'), (2, 'it''s')" rm_402
}
teardown_file() { server_down "$SERVER"; }

setup() { DIR=$BATS_TEST_TMPDIR/backup; }

backup() { # ATTEMPT [NAME=VALUE...]
	local attempt=$1
	shift
	script backup DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=7 OMSUP_ATTEMPT="$attempt" OMSUP_TOKEN="t$attempt" "$@"
}
check() { script backup.check DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=7 "$@"; }

fake_dump() { # SCRIPT: a mysqldump that ends in another way than it should
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase $* in *--help* | *--version*) exec %s "$@" ;; esac\n%s\n' "$(real mysqldump)" "$1" >"$BATS_TEST_TMPDIR/bin/mysqldump"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"
	FAKE=PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "a good backup: file, manifest, facts" {
	run check
	[ "$status" -eq 1 ]
	backup 1
	run check
	echo "$output"
	[ "$status" -eq 0 ]
	local file=$DIR/job-7/rm_402.1.sql
	[[ $output == *"omsup: fact backup.rm_402.file $file"* ]]
	[[ $output == *"omsup: fact backup.rm_402.size $(stat -c %s "$file")"* ]]
	[[ $output == *"omsup: fact backup.rm_402.sha256 $(sha256sum <"$file" | cut -d' ' -f1)"* ]]
	[[ $output == *"omsup: fact backup.rm_402.charset utf8mb4"* ]]
	[[ $output == *"omsup: fact backup.rm_402.collation utf8mb4_unicode_ci"* ]]
	grep -q 'orders 🚀' "$file"
	[ "$(stat -c %a "$DIR/job-7" "$file" "$file.ok" | tr '\n' ' ')" = "700 600 600 " ]
}

@test "an unknown database: no file is left that could be taken for a backup" {
	run script backup DB=nowhere BACKUP_DIR="$DIR" OMSUP_JOB=7 OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	[ "$status" -ne 0 ]
	[[ $output == *"1049"* ]]
	[ -z "$(find "$DIR" -type f 2>/dev/null)" ]
	# should mysqldump be the first to notice: 863 bytes and status 2
	# shellcheck disable=SC2016 # for the stand-in
	fake_dump 'shift $(($# - 1)); exec '"$(real mysqldump)"' --no-defaults -uroot -S "$(cat '"$BATS_TEST_TMPDIR"'/sock)" nowhere'
	echo "$SERVER/sock" >"$BATS_TEST_TMPDIR/sock"
	run backup 1 "$FAKE"
	[ "$status" -ne 0 ]
	[[ $output == *"mysqldump ended with status 2: Got error: 1049: "*"; the "* ]]
	run check
	[ "$status" -eq 1 ]
}

@test "a dump that is killed half-way" {
	fake_dump 'echo "-- MariaDB dump"; kill -9 $$'
	run backup 1 "$FAKE"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"status 137"* ]]
	run check
	[ "$status" -eq 1 ]
}

@test "what mysqldump prints, which the server and its names decide, sets no facts" {
	fake_dump "printf 'mysqldump: Error: a table\\nomsup: fact backup.rm_402.file /etc/hostname\\n' >&2; exit 2"
	run -1 backup 1 "$FAKE"
	[[ $output == *"fact backup.rm_402.file"* ]]
	run ! grep '^omsup: fact' <<<"$output"
}

@test "the trailer is missing though the status is 0" {
	fake_dump 'echo "CREATE TABLE x (id int);"'
	run backup 1 "$FAKE"
	[ "$status" -ne 0 ]
	[[ $output == *"does not end with"* ]]
	run check
	[ "$status" -eq 1 ]
}

@test "a retry makes a new file; the newest counts" {
	backup 1
	local first
	first=$(sha256sum "$DIR/job-7/rm_402.1.sql")
	backup 10
	backup 2
	[ "$(sha256sum "$DIR/job-7/rm_402.1.sql")" = "$first" ]
	run check
	[[ $output == *"backup.rm_402.file $DIR/job-7/rm_402.10.sql"* ]]
}

@test "an existing file is never written over" {
	mkdir -p "$DIR/job-7"
	echo precious >"$DIR/job-7/rm_402.1.sql"
	run backup 1
	[ "$status" -ne 0 ]
	[ "$(cat "$DIR/job-7/rm_402.1.sql")" = precious ]
}

@test "a manifest is believed only while its file is what was written" {
	backup 1
	local file=$DIR/job-7/rm_402.1.sql
	printf 'x' | dd of="$file" bs=1 seek=40 conv=notrunc status=none # the same size
	run -1 check
	[[ $output == *"modification time differ"* ]]
	backup 2
	check
	file=$DIR/job-7/rm_402.2.sql
	cp -p "$file" "$file.copy" && mv "$file.copy" "$file" # the same size and modification time
	run -1 check
	backup 3
	file=$DIR/job-7/rm_402.3.sql
	touch -r "$file" "$BATS_TEST_TMPDIR/then"
	echo >>"$file" && touch -r "$BATS_TEST_TMPDIR/then" "$file" # the same inode and modification time
	run -1 check
	rm "$file"
	run -1 check
}

@test "the dump is hashed while it is written, and read by nobody in the outage" {
	fake_dump "exec $(real mysqldump) \"\$@\""
	cat >"$BATS_TEST_TMPDIR/bin/sha256sum" <<-'EOF'
		#!/bin/sh
		if [ $# -gt 0 ] || [ -f /dev/stdin ]; then echo "reads a file" >&2; exit 1; fi
		exec /usr/bin/sha256sum
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/sha256sum"
	backup 1 "$FAKE"
	check "$FAKE"
}

# A program of the chain that ends too early, behind a part of a long dump, which says at its end that somebody took it whole.
broken() { # PROGRAM SCRIPT: its stand-in
	# shellcheck disable=SC2016 # for the stand-in
	fake_dump 'seq 5000000 && touch "${0%/bin/*}/taken"; echo "-- Dump completed"'
	printf '#!/bin/sh\n%s\nexec "/usr/bin/%s" "$@"\n' "$2" "$1" >"$BATS_TEST_TMPDIR/bin/$1"
	chmod +x "$BATS_TEST_TMPDIR/bin/$1"
	run backup 1 "$FAKE"
	echo "$output"
	[ "$status" -eq 1 ]
	[ ! -e "$BATS_TEST_TMPDIR/taken" ]
	[ -z "$(find "$DIR" -type f)" ]
	local said=$output
	run -1 check
	output=$said
}

@test "a lock that mysqldump waits for is told, with who may hold it" {
	local out=$BATS_TEST_TMPDIR/out holder script id
	sql 'LOCK TABLES oms_project WRITE; SELECT SLEEP(300)' rm_402 >/dev/null 2>&1 3>&- &
	holder=$!
	until id=$(sql "SELECT id FROM information_schema.processlist WHERE info = 'SELECT SLEEP(300)'") && [ -n "$id" ]; do :; done
	backup 1 >"$out" 2>&1 3>&- &
	script=$!
	until grep -q '^omsup: news stuck: ' "$out"; do kill -0 "$script"; done
	cat "$out"
	grep -Eq "^omsup: news stuck: .*Waiting for table metadata lock, [0-9]+ s.*connection $id of root@" "$out"
	sql "KILL $id"
	wait "$holder" || :
	wait "$script"
	check
}

@test "the disk is full in the middle of the dump" {
	# only for the file, not for the login
	broken cat 'if [ -f /dev/stdout ]; then head -c 1000000; exec /usr/bin/cat >/dev/full; fi'
	[[ $output == *"cannot be written: cat ended with status 1: write error: No space left on device; the incomplete dump (1000000 bytes) was removed"* ]]
}

@test "who reads the dump is killed" {
	broken cat 'if [ -f /dev/stdout ]; then head -c 1000000; kill -9 $$; fi'
	[[ $output == *"cannot be written: cat ended with status 137; "* ]]
	rm "$BATS_TEST_TMPDIR/bin/cat"
	broken sha256sum 'head -c 1000000 >/dev/null; kill -9 $$'
	[[ $output == *"sha256sum ended with status 137"* ]]
	rm "$BATS_TEST_TMPDIR/bin/sha256sum"
	broken tee 'head -c 1000000; kill -9 $$'
	[[ $output == *"tee ended with status 137"* ]]
}

@test "another job's backup, or another database's with the same beginning, is not this one's" {
	backup 1
	run script backup.check DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=8
	[ "$status" -eq 1 ]
	run script backup.check DB=rm BACKUP_DIR="$DIR" OMSUP_JOB=7
	[ "$status" -eq 1 ]
	mv "$DIR/job-7" "$DIR/job-8"
	run script backup.check DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=8
	[ "$status" -eq 1 ]
}

@test "another server, or none that can be proven: no dump; the operator may answer for a lock that was not taken" {
	lock 9
	run -1 backup 1
	echo "$output"
	[[ $output == *"has a lock of job 9 in cm_lock, not of job 7; nothing was changed" ]]
	sql 'DELETE FROM cm_lock.omsup_lock'
	run -1 backup 1
	[[ $output == *"has no lock of job 7 in cm_lock"* ]]
	[ ! -e "$DIR" ]
	run -0 backup 1 OMSUP_FORCE=1
	sql 'DROP DATABASE cm_lock'
	run -1 backup 2
	[[ $output == *"has no lock of job 7 in cm_lock"* ]]
	run -1 script backup DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB= OMSUP_ATTEMPT=3 OMSUP_TOKEN=t OMSUP_FORCE=1
	SERVER=/nowhere run -1 backup 3 OMSUP_FORCE=1
	lock 7
	backup 4
}

@test "the lock of a job that another control host has taken over has that host's name for it" {
	lock 7@2
	run -1 backup 1
	[[ $output == *"has a lock of job 7@2 in cm_lock, not of job 7; nothing was changed" ]]
	run -1 backup 1 OMSUP_LEASE=7@1
	[[ $output == *"has a lock of job 7@2 in cm_lock, not of job 7@1; nothing was changed" ]]
	[ ! -e "$DIR" ]
	backup 1 OMSUP_LEASE=7@2
	run -1 backup 2 OMSUP_LEASE="7' OR '1"
	lock 7
}

# The dump is of the right form: what it does not hold is seen only by comparing it with the server.
lacking() { # SCRIPT [SQL]: what the backup says when mysqldump's output goes through it
	fake_dump "exec 3>&1; { $(real mysqldump) \"\$@\" || kill \$\$; } | $1"
	run -1 backup "${2:-1}" "$FAKE"
	echo "$output"
	[ -z "$(find "$DIR" -type f)" ]
	[[ $output == *"the dump lacks $3; the incomplete dump"* ]]
}

@test "a dump without a table, a view, its rows or one of them is no backup: it says what is missing" {
	sql "$(cat <<-'EOF'
		CREATE TABLE empty_one (id int);
		CREATE TABLE `odd name` (a int);
		CREATE TABLE quotes (a varchar(80), b varbinary(20), c int AS (1));
		INSERT INTO quotes (a, b) VALUES ('(),(\'', X'00270A5C'), ('\\),(', X'29'), ('x);', NULL), ('it''s \\ ''(''', 'y');
		CREATE VIEW v AS SELECT id FROM oms_project;
		CREATE SEQUENCE s
	EOF
	)" rm_402
	backup 1
	check
	rm -r "$DIR"
	{
		lacking "sed '/-- .*empty_one/d'" 1 'table empty_one'
		lacking "sed '/-- .*odd name/d; /-- .*view .v/d'" 2 'table odd name, view v'
		lacking "sed '/INSERT INTO .quotes/,/;\$/d'" 3 'rows of quotes (0 of 4)'
		lacking "sed 's/^(1,.orders.*$//'" 4 'rows of oms_project (1 of 2)'
	}
	sql 'INSERT INTO empty_one SELECT seq FROM seq_1_to_100' rm_402
	backup 5
	# shellcheck disable=SC2016 # backticks of SQL
	sql 'DROP VIEW v; DROP SEQUENCE s; DROP TABLE empty_one, quotes, `odd name`' rm_402
}

@test "a limit of rows that was set since the check: no dump" {
	sql "SET GLOBAL sql_select_limit = 100"
	run -1 backup 1
	sql "SET GLOBAL sql_select_limit = DEFAULT"
	[[ $output == *"at most 100 rows"* ]]
	[ ! -e "$DIR" ]
}

@test "a directory of the job that another account has prepared, or a symbolic link, takes no backup" {
	mkdir -p "$DIR/job-7"
	chown 4242 "$DIR/job-7"
	run -1 backup 1
	[[ $output == *"$DIR/job-7 belongs to another account"* ]]
	[ "$(find "$DIR" -mindepth 1)" = "$DIR/job-7" ]
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	rmdir "$DIR/job-7"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$DIR/job-7"
	run -1 backup 1
	[ -z "$(ls "$BATS_TEST_TMPDIR/elsewhere")" ]
	rm "$DIR/job-7"
	backup 1
	check
}

@test "a large dump is not counted, but a table without any row is noticed" {
	sql "CREATE TABLE big (id int PRIMARY KEY, text longblob); INSERT INTO big SELECT seq, REPEAT('(),\\'', 400000) FROM seq_1_to_50" rm_402
	backup 1
	[ "$(stat -c %s "$DIR/job-7/rm_402.1.sql")" -gt 67108864 ]
	rm -r "$DIR"
	lacking "sed '/INSERT INTO .oms_project/,/;\$/d'" 2 'the rows of oms_project'
	sql 'DROP TABLE big' rm_402
}

@test "the script is killed before the manifest: no backup" {
	local file
	file=$(script_file backup)
	sed 's/^mv -- .*/kill -9 $$/' "$file" >"$BATS_TEST_TMPDIR/killed.sh"
	env -i PATH="$PATH" OMSUP_FACTS= OMSUP_SSH= OLD_CONTAINERS= METADB_HOST=metadb METADB_PORT=3306 OMSUP_FORCE= CM_DB=cm_lock DB=rm_402 BACKUP_DIR="$DIR" OMSUP_JOB=7 OMSUP_ATTEMPT=1 OMSUP_TOKEN=t sh "$BATS_TEST_TMPDIR/killed.sh" 3<<-EOF || :
		[client]
		user=root
		socket=$SERVER/sock
	EOF
	[ -e "$DIR/job-7/rm_402.1.sql" ]
	run check
	[ "$status" -eq 1 ]
	backup 2
	check
}

@test "prechecks: space, tools, what a dump leaves out" {
	local env=(DIR="$DIR" BACKUP_DIR="$DIR" OMSUP_JOB=7 RM_DB=rm_402 CM_DB=rm_402 HB_DBS=rm_402)
	run script backup-space "${env[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	# the second place, too; whether it can be reached is found by copy-place
	run -0 script backup-space "${env[@]}" COPY_TO=/dev/shm
	[[ $output == *"; "*" KiB free in /dev/shm" ]]
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	# shellcheck disable=SC2016 # for the stand-in
	printf '#!/bin/sh\ncase $* in */dev/shm*) printf "head\\nx 1 1 0 1 /dev/shm\\n" ;; *) exec /bin/df "$@" ;; esac\n' >"$BATS_TEST_TMPDIR/bin/df"
	printf '#!/bin/sh\nexit 255\n' >"$BATS_TEST_TMPDIR/bin/ssh"
	chmod +x "$BATS_TEST_TMPDIR/bin/df" "$BATS_TEST_TMPDIR/bin/ssh"
	run -1 script backup-space "${env[@]}" COPY_TO=/dev/shm PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == *"/dev/shm has 0 KiB free"* ]]
	run -0 script backup-space "${env[@]}" COPY_TO=$'oms2:/data\nroot@oms2\n\n' PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	mkdir -p "$DIR/job-7"
	run script backup-space "${env[@]}"
	[ "$status" -eq 1 ]
	run script backup-tools "${env[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	run script backup-holds-all "${env[@]}"
	[ "$status" -eq 0 ]
	sql 'CREATE TRIGGER t BEFORE INSERT ON oms_project FOR EACH ROW SET NEW.id = NEW.id' rm_402
	run script backup-holds-all "${env[@]}"
	sql 'DROP TRIGGER t' rm_402
	[ "$status" -eq 1 ]
	[[ $output == *"rm_402 (1)"* ]]
}

@test "no dump after an old container was started again: it would be of another moment than the others" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	# the container 0ld is on this host, 0ther on another one
	cat >"$BATS_TEST_TMPDIR/bin/docker" <<-'EOF'
		#!/bin/sh
		for last; do :; done
		cat "${0%/bin/docker}/$last"
	EOF
	cat >"$BATS_TEST_TMPDIR/bin/ssh" <<-'EOF'
		#!/bin/sh
		if [ -e "${0%/bin/ssh}/unreachable" ]; then exit 255; fi
		for last; do :; done
		exec sh -c "$last"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/"*
	left() { echo "false \"$1\" \"2026-11-29T11:00:00.2Z\"" >"$BATS_TEST_TMPDIR/$2"; }
	left 2026-11-29T10:00:00.1Z 0ld
	left 2026-11-29T10:00:00.1Z 0ther
	local env=(PATH="$BATS_TEST_TMPDIR/bin:$PATH" OLD_CONTAINERS="oms1 0ld docker - - -
oms2 0ther docker - root@oms2 2222" OMSUP_FACTS="old.oms1.stopped 2026-11-29T10:00:00.1Z 2026-11-29T11:00:00.2Z
old.oms2.stopped 2026-11-29T10:00:00.1Z 2026-11-29T11:00:00.2Z")
	backup 1 "${env[@]}"
	for there in 0ld 0ther; do
		left 2026-11-29T11:30:00Z "$there"
		run -1 backup 2 "${env[@]}"
		[[ $output == "node oms"*"was started again"* ]]
		left 2026-11-29T10:00:00.1Z "$there"
	done
	echo 'true "2026-11-29T10:00:00.1Z" "0001-01-01T00:00:00Z"' >"$BATS_TEST_TMPDIR/0ther"
	run -1 backup 2 "${env[@]}"
	[[ $output == "node oms2: the old container is running again"* ]]
	touch "$BATS_TEST_TMPDIR/unreachable"
	run -1 backup 2 "${env[@]}"
	[[ $output == "node oms2: cannot tell"* ]]
	[ ! -e "$DIR/job-7/rm_402.2.sql" ]
}
