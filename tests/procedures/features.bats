#!/usr/bin/env bats
# What a dump brings back, on each kind of server ($KIND, a private one): the scripts of backup and restore, and every column of
# every table compared before and after. What it does not bring back, the precheck refuses.
# shellcheck disable=SC2016 # backticks of SQL

bats_require_minimum_version 1.5.0

load helper
load kinds

setup_file() {
	export KIND=${KIND:-mariadb} SERVER=$BATS_FILE_TMPDIR/server
	kind_up "$SERVER"
	[ "$KIND" != oceanbase ] || export ADDRESS='-h127.0.0.1 -P3306' LOGIN=$'protocol=tcp\nhost=127.0.0.1\nport=3306'
	clients_up
	lock 7
	# without any global privilege
	export ACCOUNT=oms OMS="oms@'localhost'" DEFINER="DEFINER = oms@'localhost'"
	[ "$KIND" != oceanbase ] || OMS="oms@'%'" DEFINER=
	sql "CREATE USER $OMS"
	for db in 'rm\_402' 'cm\_%'; do sql "GRANT ALL ON \`$db\`.* TO $OMS"; done
}
teardown_file() { kind_down "$SERVER"; }

setup() {
	sql "DROP DATABASE IF EXISTS rm_402; CREATE DATABASE rm_402 CHARACTER SET utf8mb4; CREATE DATABASE IF NOT EXISTS cm_402; CREATE DATABASE IF NOT EXISTS cm_hb_402"
	T=$BATS_TEST_TMPDIR
}

columns() { # every column by its name
	local table cols
	sql "SELECT table_name, column_name, column_type, extra FROM information_schema.columns WHERE table_schema = 'rm_402' ORDER BY table_name, ordinal_position"
	for table in $(sql "SELECT table_name FROM information_schema.tables WHERE table_schema = 'rm_402' ORDER BY table_name"); do
		cols=$(sql "SELECT GROUP_CONCAT(CONCAT('HEX(CONCAT(\`', column_name, '\`))') ORDER BY ordinal_position) FROM information_schema.columns
			WHERE table_schema = 'rm_402' AND table_name = '$table'")
		echo "$table"
		sql "SELECT $cols FROM \`$table\` ORDER BY 1" rm_402
	done
}

comes_back() {
	local before file back
	before=$(columns)
	[ -n "$before" ]
	script backup DB=rm_402 BACKUP_DIR="$T" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t
	file=$T/job-7/rm_402.1.sql
	back=(DB=rm_402 BACKUP_FILE="$file" DB_CHARSET=utf8mb4 DB_COLLATION="$(sed -n 's/^collation //p' "$file.ok")" BACKUP_SIZE="$(stat -c %s "$file")"
		BACKUP_SHA256="$(sha256sum <"$file" | cut -d' ' -f1)")
	sql 'CREATE TABLE later (id int)' rm_402
	script restore "${back[@]}" OMSUP_ATTEMPT=1 OMSUP_TOKEN=r
	script restore.check "${back[@]}"
	diff <(echo "$before") <(columns)
}

@test "views, partitions, JSON, BLOB, BIT, emoji, zero dates, decimals, keys" {
	sql "CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE);
		INSERT INTO parted VALUES (1), (11);
		CREATE TABLE hashed (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4; INSERT INTO hashed VALUES (1), (11);
		CREATE TABLE j (id int PRIMARY KEY, j json); INSERT INTO j VALUES (1, '{\"a\": [1, \"x\\\\\"y\"], \"b\": null}'), (2, NULL);
		CREATE TABLE raw (id int PRIMARY KEY, b longblob, v varbinary(300)); INSERT INTO raw VALUES (1, X'00ff0a0d5c27221a08', ''), (2, UNHEX(REPEAT('00275c220a0d1aff', 30)), UNHEX('e4b8'));
		CREATE TABLE bits (id int PRIMARY KEY, b bit(13), c bit(1) DEFAULT b'1'); INSERT INTO bits VALUES (1, b'1010101010101', b'0'), (2, b'100111', b'1');
		CREATE TABLE words (id int PRIMARY KEY, n varchar(64)); INSERT INTO words VALUES (1, '🚀 库存'), (2, 'it''s');
		CREATE TABLE num (id int PRIMARY KEY, e enum('a', 'b'), s set('x', 'y'), d decimal(30,10), g double); INSERT INTO num VALUES (1, 'b', 'x,y', 12345678901234567890.0123456789, 1e-300);
		CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, pid int, FOREIGN KEY (pid) REFERENCES parent (id));
		INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);
		CREATE $DEFINER VIEW v AS SELECT id, n FROM words; CREATE $DEFINER VIEW vv AS SELECT id FROM v;
		CREATE TABLE words2 (id int PRIMARY KEY, n varchar(64), KEY k (n)) DEFAULT CHARSET=latin1 COMMENT 'it''s'; INSERT INTO words2 VALUES (1, 'café'), (2, NULL);
		SET sql_mode = ''; CREATE TABLE dates (id int PRIMARY KEY, d date, dt datetime, y datetime(6), t timestamp NULL);
		INSERT INTO dates VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '2026-11-30 12:00:00.123456', NULL), (2, '2026-00-00', NULL, NULL, '2026-10-25 00:30:00')" rm_402
	run -0 script restorable RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402
	run -0 script backup-tools RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402
	run -0 script backup-holds-all RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402
	run -0 script backup-space RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402 BACKUP_DIR="$T/space"
	run -0 script dump-time RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402
	comes_back
}

@test "generated columns: brought back, or refused before the outage" {
	sql 'CREATE TABLE made (id int PRIMARY KEY, a int GENERATED ALWAYS AS (id + 1) VIRTUAL, b int GENERATED ALWAYS AS (id + 2) STORED, z int);
		INSERT INTO made (id, z) VALUES (1, 2), (2, 3)' rm_402
	run script restorable RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402
	echo "$output"
	if [ "$status" -eq 0 ]; then
		comes_back
	else
		[ "$status" -eq 1 ] && [ "$KIND" != mariadb ]
		[[ $output == *"generated columns (error 3105): rm_402.made."* ]]
	fi
}

@test "a row that is longer than max_allowed_packet in a dump: refused, and brought back when the server takes it" {
	local look=(RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402) raise was
	was=$(sql 'SELECT @@global.max_allowed_packet')
	sql "CREATE TABLE long_rows (id int PRIMARY KEY, a mediumblob, b longtext); INSERT INTO long_rows VALUES (1, REPEAT(X'00', 600000), 'x'), (2, REPEAT('y', 600000), REPEAT('x', 300000)), (3, NULL, NULL)" rm_402
	sql 'SET GLOBAL max_allowed_packet = 1048576'
	run -1 script large-rows "${look[@]}"
	echo "$output"
	[[ $output == *'the longest row of rm_402.long_rows has up to 120'*' takes no more than 1048576 '* ]]
	raise=${output#*execute: }
	sql "${raise%%;*}"
	run -0 script large-rows "${look[@]}"
	[[ $output == 'omsup: evidence '*' is 2097152' ]]
	comes_back
	sql "SET GLOBAL max_allowed_packet = $was"
}

@test "a rehearsal: refused without its grant, which is shown; restored beside, compared and dropped; views stay out; nothing is left" {
	local name=omsup_rehearsal_7_0123456789abcdef left env
	env=(DB=rm_402 BACKUP_DIR="$T" OMSUP_ATTEMPT=1 OMSUP_TOKEN=t RM_DB=rm_402 CM_DB=cm_lock HB_DBS=cm_hb_402 OMSUP_FACTS="rehearsal.running yes
rehearsal.rm_402.name $name")
	[ "$KIND" != oceanbase ] || sql 'SET GLOBAL recyclebin = ON'
	left() { sql 'SHOW DATABASES' | grep -vx sys_external_tbs; [ "$KIND" != oceanbase ] || sql 'SHOW RECYCLEBIN'; }
	sql "CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE); INSERT INTO parted VALUES (1), (11);
		CREATE TABLE j (id int PRIMARY KEY, j json, b longblob, c bit(13), d decimal(30,10), n varchar(64) COMMENT 'it''s; x.y'); INSERT INTO j VALUES (1, '{\"a\": [1, \"x;y\"]}', X'00ff0a0d5c2722', b'101', 1.5, '🚀 库存');
		CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, pid int, FOREIGN KEY (pid) REFERENCES parent (id)); INSERT INTO parent VALUES (1); INSERT INTO child VALUES (1, 1);
		CREATE $DEFINER VIEW v AS SELECT j.id FROM j" rm_402
	left=$(left)
	run script rehearsal-room "${env[@]}"
	echo "$output"
	[ "$status" -eq 1 ]
	diff <(echo "$left") <(left)
	# as it is shown
	sql "GRANT${output##*GRANT}"
	run script rehearsal-room "${env[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	diff <(echo "$left") <(left)
	script backup "${env[@]}"
	run script rehearsal-load "${env[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(sql "SELECT COUNT(*) FROM information_schema.views WHERE table_schema = '$name'")" = 0 ]
	run script rehearsal-load.check "${env[@]}"
	echo "$output"
	[ "$status" -eq 0 ]
	sql "UPDATE $name.parent SET id = 2 WHERE id = 3; DELETE FROM $name.child"
	run -1 script rehearsal-load.check "${env[@]}"
	# again, over what is there
	script rehearsal-load "${env[@]}"
	script rehearsal-load.check "${env[@]}"
	script rehearsal-drop "${env[@]}"
	run -0 script rehearsal-drop.check "${env[@]}"
	diff <(echo "$left") <(left)
	[ "$KIND" != oceanbase ] || sql 'SET GLOBAL recyclebin = OFF'
}

@test "OceanBase: a table that takes longer than ob_query_timeout, without statistics; sequences; the recycle bin" {
	local look=(RM_DB=rm_402 CM_DB=cm_402 HB_DBS=cm_hb_402 BACKUP_DIR="$T") raise back
	sql "CREATE TABLE large (id int PRIMARY KEY AUTO_INCREMENT, a varchar(200)); INSERT INTO large (a) VALUES (REPEAT('x', 190))" rm_402
	for _ in {1..18}; do sql 'SET ob_query_timeout = 100000000; INSERT INTO large (a) SELECT a FROM large' rm_402; done
	[ "$(sql "SELECT table_rows FROM information_schema.tables WHERE table_name = 'large'")" = 0 ]
	run -0 script backup-space "${look[@]}"
	[ "${output##* }" -gt 50000 ]
	run -1 script dump-time "${look[@]}"
	echo "$output"
	# as it is shown
	raise=${output#*Before the upgrade: } back=${output##*rollback: }
	sql "${raise%%;*}"
	run -0 script dump-time "${look[@]}"
	comes_back
	sql "${back%%;*}; SET GLOBAL recyclebin = ON"
	run -0 script backup-space "${look[@]}" BACKUP_DIR="$T/other"
	[[ $output == *'omsup: fact remark.recyclebin '* ]]
	sql 'SET GLOBAL recyclebin = OFF; CREATE SEQUENCE s1' rm_402
	run -1 script backup-holds-all "${look[@]}"
	[[ $output == *'sequence s1' ]]
}
