#!/usr/bin/env bats
# A rehearsal restores dumps into databases of its own, and touches no other one, whatever stands in a dump.
# shellcheck disable=SC2016,SC2030,SC2031,SC2119,SC2120 # functions that take more variables when a test wants it

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
}
teardown_file() { server_down "$SERVER"; }

NAME=omsup_rehearsal_7_0123456789abcdef

setup() {
	sql "DROP DATABASE IF EXISTS rm_402; DROP DATABASE IF EXISTS $NAME; CREATE DATABASE rm_402 CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"
	sql "CREATE TABLE oms_project (id int PRIMARY KEY AUTO_INCREMENT, project_name varchar(64) COMMENT 'it''s; rm_402.x', \`a'b\` double DEFAULT 0.5) DEFAULT CHARSET=utf8mb4;
		INSERT INTO oms_project VALUES (1, 'orders 🚀', 1e300), (5, 'it''s \\\\ (库存);', NULL), (3, 'x\ny', -0.25);
		CREATE TABLE part (id int, b blob, KEY (id)) PARTITION BY HASH (id) PARTITIONS 2;
		INSERT INTO part VALUES (1, x'00275c3b0a'), (2, 'DROP TABLE rm_402.oms_project;');
		CREATE TABLE heatbeat_sequence (id bigint PRIMARY KEY AUTO_INCREMENT, gmt_created datetime); INSERT INTO heatbeat_sequence VALUES (1, NOW()), (2, NOW());
		CREATE VIEW v_plain AS SELECT id FROM oms_project; CREATE VIEW v_named AS SELECT rm_402.oms_project.id FROM rm_402.oms_project" rm_402
	DIR=$BATS_TEST_TMPDIR/backup
	FILE=$DIR/job-7-k1/rm_402.1.sql
	FACTS="rehearsal.running yes
rehearsal.rm_402.name $NAME"
	ENV=(DB=rm_402 BACKUP_DIR="$DIR" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t OMSUP_JOB=7-k1 OMSUP_FACTS_OF=7-k1 RM_DB=rm_402 HB_DBS=rm_402)
	lock 7-k1
}

real() { sql 'CHECKSUM TABLE oms_project, part, heatbeat_sequence; SHOW FULL TABLES; SHOW CREATE VIEW v_named' rm_402; }
databases() { sql "SHOW DATABASES LIKE 'omsup%'"; }
do_() { local name=$1; shift; script "$name" "${ENV[@]}" OMSUP_FACTS="$FACTS" "$@"; }
dumped() { do_ backup; }
# SED: changes the dump, and the manifest with it
forged() {
	sed -i.before "$1" "$FILE"
	run ! cmp -s "$FILE" "$FILE.before"
	sed -i -e "s/^size .*/size $(stat -c %s "$FILE")/" -e "s/^sha256 .*/sha256 $(sha256sum <"$FILE" | cut -d' ' -f1)/" "$FILE.ok"
}
refused() { # SED WORDS
	forged "$1"
	run do_ rehearsal-load
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
	[ -z "$(databases)" ]
}

@test "a name is recorded before anything is created, and it is free" {
	run do_ rehearsal-name OMSUP_FACTS=
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ omsup:\ fact\ rehearsal\.rm_402\.name\ omsup_rehearsal_7_[0-9a-f]{16}$ ]]
	[ -z "$(databases)" ]
	FACTS=''
	run -1 do_ rehearsal-name.check
	FACTS="rehearsal.rm_402.name $NAME"
	run -0 do_ rehearsal-name.check
}

@test "the whole way: dumped while OMS writes, restored, compared, dropped, removed" {
	before=$(real)
	run -0 do_ rehearsal-room
	[ -z "$(databases)" ]
	dumped
	run ! grep -q heatbeat_sequence "$FILE"
	run -1 do_ rehearsal-load.check
	run do_ rehearsal-load
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(databases)" = "$NAME" ]
	[ "$(sql 'SELECT SUM(id) FROM oms_project' "$NAME")" = 9 ]
	run do_ rehearsal-load.check
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"fact rehearsal.rm_402.seconds "* ]]
	[[ $output == *"2 views were not loaded"* ]]
	run -1 do_ rehearsal-drop.check
	run -0 do_ rehearsal-drop
	run -0 do_ rehearsal-drop.check
	[ -z "$(databases)" ]
	run -1 do_ rehearsal-remove.check
	run -0 do_ rehearsal-remove
	run -0 do_ rehearsal-remove.check
	[ ! -e "$DIR/job-7-k1" ]
	[ "$before" = "$(real)" ]
}

# bats test_tags=long
@test "the backup of an upgrade is loaded the same way, and stays" {
	FACTS="rehearsal.rm_402.name $NAME"
	dumped
	grep -q heatbeat_sequence "$FILE"
	sum=$(sha256sum "$FILE")
	do_ rehearsal-load
	run -0 do_ rehearsal-load.check
	do_ rehearsal-drop
	[ "$sum" = "$(sha256sum "$FILE")" ]
}

# bats test_tags=long
@test "a difference is found" {
	dumped
	do_ rehearsal-load
	sql "UPDATE oms_project SET project_name = 'y' WHERE id = 5" "$NAME"
	run do_ rehearsal-load.check
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *differ* && $output == *"$NAME"* ]]
}

@test "a database that has the name already is never touched" {
	dumped
	sql "CREATE DATABASE $NAME; CREATE TABLE $NAME.theirs (id int)"
	for name in rehearsal-room rehearsal-load; do
		run do_ "$name"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"has not created"* ]]
	done
	run -0 do_ rehearsal-drop
	run -1 do_ rehearsal-drop.check
	[ "$(sql 'SHOW TABLES' "$NAME")" = theirs ]
}

# bats test_tags=long
@test "one that appears between the look and the creation is not touched either" {
	dumped
	sql "CREATE DATABASE $NAME; CREATE TABLE $NAME.theirs (id int)"
	script_file rehearsal-load >/dev/null
	sed -i 's/^there=$(scratch_there)$/there=0/' "$BATS_TEST_TMPDIR/rehearsal-load.sh"
	run do_ rehearsal-load
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *1007* ]]
	run -0 do_ rehearsal-drop
	[ "$(sql 'SHOW TABLES' "$NAME")" = theirs ]
}

# bats test_tags=long
@test "killed in the load: a retry drops what is left, and loads again" {
	sql "INSERT INTO part SELECT seq, REPEAT('x', 200) FROM seq_1_to_60000" rm_402
	dumped
	do_ rehearsal-load >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
	local pid=$!
	until [ "$(sql "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$NAME'")" -gt 0 ]; do :; done
	kill -9 "$(pgrep -P $pid -x sh || echo $pid)" || :
	wait $pid || :
	[ "$(databases)" = "$NAME" ]
	run do_ rehearsal-load
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"of an earlier attempt is dropped"* ]]
	run -0 do_ rehearsal-load.check
	do_ rehearsal-drop
	[ -z "$(databases)" ]
}

# bats test_tags=long
@test "killed, and dropped without a retry" {
	mkdir -p "$DIR/job-7-k1"
	touch "$DIR/job-7-k1/$NAME.created"
	sql "CREATE DATABASE $NAME; CREATE TABLE $NAME.half (id int)"
	run -1 do_ rehearsal-drop.check
	do_ rehearsal-drop
	run -0 do_ rehearsal-drop.check
}

# bats test_tags=long
@test "killed, and rolled back: the rollback drops what its job has created, and nothing else" {
	mkdir -p "$DIR/job-7-k1"
	sql "CREATE DATABASE $NAME; CREATE TABLE $NAME.half (id int)"
	lock 9-k2
	local back=(OMSUP_JOB=9-k2 OMSUP_FACTS_OF=7-k1)
	run do_ rehearsal-drop "${back[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"job 7 has not created"* ]]
	run -1 do_ rehearsal-drop.check "${back[@]}"
	[[ $output == *"nothing says that job 7"* ]]
	touch "$DIR/job-7-k1/$NAME.created"
	run -1 do_ rehearsal-drop.check "${back[@]}"
	run -0 do_ rehearsal-drop "${back[0]}" OMSUP_FACTS_OF=8-k1
	[ "$(databases)" = "$NAME" ]
	run -0 do_ rehearsal-drop "${back[@]}"
	run -0 do_ rehearsal-drop.check "${back[@]}"
	[ -z "$(databases)" ]
}

# bats test_tags=long
@test "without room nothing is created; what the server does not tell is said" {
	run do_ rehearsal-room
	echo "$output"
	[[ $output == *"this server does not tell"* ]]
	dumped
	sql "INSTALL SONAME 'disks'"
	run do_ rehearsal-room
	echo "$output"
	[[ $output == *" KiB free" ]]
	local name
	for name in rehearsal-room rehearsal-load; do
		script_file "$name" >/dev/null
		sed -i 's/^need=.*/need=99999999999999/' "$BATS_TEST_TMPDIR/$name.sh"
		run do_ "$name"
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *"KiB free, but"*"nothing was created" ]]
		[ -z "$(databases)" ]
	done
	sql "UNINSTALL SONAME 'disks'"
}

@test "no statement of a dump reaches another database" {
	dumped
	before=$(real)
	cp "$FILE" "$FILE.was"
	local at=/^UNLOCK/ line
	while IFS= read -r line; do
		cp "$FILE.was" "$FILE"
		echo "statement: $line"
		refused "0,${at}s/${at#/}$line\n&/" "line "
	done <<-'END'
		USE `rm_402`;
		DROP TABLE `rm_402`.`oms_project`;
		DROP TABLE IF EXISTS `rm_402`.`oms_project`;
		DROP TABLE IF EXISTS `a`,`rm_402`.`oms_project`;
		DELETE FROM rm_402.oms_project;
		INSERT INTO `rm_402`.`oms_project` VALUES (9,'x',1);
		INSERT INTO `oms_project` VALUES (9,'x',1); DROP TABLE rm_402.oms_project;
		INSERT INTO `oms_project` SELECT * FROM rm_402.oms_project;
		\/*!50001 DROP TABLE rm_402.oms_project *\/;
		\/*!40101 SET GLOBAL general_log=0 *\/;
		\/*!40101 SET NAMES utf8 *\/; DROP TABLE rm_402.oms_project;
		CREATE TABLE `t` (`id` int REFERENCES `rm_402`.`oms_project` (`id`));
		CREATE TABLE `t` (`id` int) ENGINE=MRG_MyISAM UNION=(`oms_project`);
		CREATE TABLE `t` (`id` int) ENGINE=FEDERATED CONNECTION='mysql:\/\/h\/rm_402\/oms_project';
		CREATE TABLE `t` (`id` int); DROP DATABASE rm_402;
		CREATE TABLE `t` (\n  `id` int,\n  CONSTRAINT `c` FOREIGN KEY (`id`) REFERENCES `cm_lock`.`omsup_lock` (`id`)\n);
		CREATE TABLE `t` (`id` int) AS SELECT 1;
		CREATE TABLE `t` (LIKE `rm_402`.`part`);
		CREATE TABLE `t` (`id` int \/* ' *\/); DROP DATABASE rm_402; -- ');
		CREATE TABLE `t` (\n  `id` int \/*!99999 ' *\/); DROP DATABASE rm_402; -- '\n);
		CREATE TABLE `t` (`id` int -- '
		CREATE TABLE `t` (`id` int \/*!99999 x;
		CREATE TABLE `t` (`id` int) ENGINE FEDERATED CONNECTION 'mysql:\/\/h\/rm_402\/oms_project';
		\/*!40101 SET SQL_MODE='NO_BACKSLASH_ESCAPES' *\/;
		\/*!40101 SET NAMES gbk *\/;
		\/*!40101 SET @a=rm_402.f() *\/;
		CREATE TRIGGER x BEFORE INSERT ON `oms_project` FOR EACH ROW DELETE FROM rm_402.part;
		DELIMITER \/\/
		\\! touch evil
		source evil
		LOCK TABLES `oms_project` WRITE, `rm_402`.`part` WRITE;
	END
	[ "$before" = "$(real)" ]
}

# bats test_tags=long
@test "a view never comes to the scratch database, however it is written" {
	dumped
	forged "s/v_named. AS select .*/v_named\` AS select * from \`rm_402\`.\`oms_project\` *\/;/"
	do_ rehearsal-load
	[ -z "$(sql "SELECT table_name FROM information_schema.views WHERE table_schema = '$NAME'")" ]
	run -0 do_ rehearsal-load.check
	do_ rehearsal-drop
}

# bats test_tags=long
@test "what cannot be loaded is said, and nothing is left" {
	dumped
	refused '0,/^UNLOCK/s/^UNLOCK/INSERT INTO `nowhere` VALUES (1);\n&/' 'a rollback would fail the same way'
}

# bats test_tags=long
@test "a dump that has changed is not loaded" {
	dumped
	echo >>"$FILE"
	run -1 do_ rehearsal-load
	[[ $output == *'has changed'* ]]
	[ -z "$(databases)" ]
}

# bats test_tags=long
@test "an account that may not create databases is told what to grant" {
	sql "CREATE OR REPLACE USER plain@localhost; GRANT ALL ON rm_402.* TO plain@localhost; GRANT SELECT ON cm_lock.* TO plain@localhost"
	ACCOUNT=plain run do_ rehearsal-room
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"GRANT ALL PRIVILEGES ON"* ]]
	[ ! -e "$DIR/job-7-k1/$NAME.created" ]
	sql "GRANT ALL ON \`omsup\\_rehearsal\\_%\`.* TO plain@localhost"
	ACCOUNT=plain run do_ rehearsal-room
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$(databases)" ]
}

# bats test_tags=long
@test "on another server than the locked one nothing is created or dropped" {
	dumped
	lock 8
	for name in rehearsal-name rehearsal-room rehearsal-load; do
		run -1 do_ "$name"
		[[ $output == *'lock of job'* ]]
	done
	[ -z "$(databases)" ]
	touch "$DIR/job-7-k1/$NAME.created"
	run -1 do_ rehearsal-drop
	run -2 do_ rehearsal-drop.check
}

# bats test_tags=long
@test "what a rehearsal took is shown before an upgrade" {
	run do_ rehearsed
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'omsupctl rehearse FILE'* ]]
	FACTS="$FACTS
rehearsal.rm_402.seconds 20
rehearsal.cm.seconds 250"
	run -1 do_ rehearsal-note.check
	do_ rehearsal-note
	run do_ rehearsal-note.check
	[ "$status" -eq 0 ]
	run do_ rehearsed
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'in 4 min 10 s'* ]]
	sed -i 's/^server .*/server hostname=other/' "$DIR/rehearsal-of-cm_lock"
	run do_ rehearsed
	[[ $output == *'another server'* ]]
	echo 'seconds x' >"$DIR/rehearsal-of-cm_lock"
	run -2 do_ rehearsed
}
