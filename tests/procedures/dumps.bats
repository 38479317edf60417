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
	for name in backup-tools backup-holds-all restorable large-rows metadb-writable dump-time; do
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
	sed "s|/usr/bin/mysqldump|$(real mysqldump)|" >"$BATS_TEST_TMPDIR/bin/mysqldump" <<-'EOF'
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

@test "large-rows: what no setting lets in, what mysqldump cannot dump, a small limit; odd names" {
	sql "CREATE TABLE \`it's \`\`odd\\\\\` (id int PRIMARY KEY, \`a\`\`b\` longtext); INSERT INTO \`it's \`\`odd\\\\\` VALUES (1, REPEAT('\"', 900000)), (2, REPEAT('x', 900000))" rm_402
	sql 'SET GLOBAL max_allowed_packet = 1048576'
	run -1 look large-rows
	echo "$output"
	[[ $output == "the statement with the longest row of rm_402.it's \`odd\\ has up to 1801"*"SET GLOBAL max_allowed_packet = 2097152;"* ]]
	sql 'SET GLOBAL max_allowed_packet = 2097152'
	run -0 look large-rows
	[[ $output == *"makes a statement of 1801"* ]]
	sql 'SET GLOBAL max_allowed_packet = 1048576'
	mkdir "$BATS_TEST_TMPDIR/bin"
	dumps() { printf '#!/bin/sh\ncase $* in *--help* | *--version*) exec %s "$@" ;; esac\n%s\n' "$(real mysqldump)" "$1" >"$BATS_TEST_TMPDIR/bin/mysqldump"; chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"; }
	dumps "echo 'mysqldump: Error 2020: Got packet bigger than '\\''max_allowed_packet'\\'' bytes when dumping table' >&2; exit 3"
	run -1 look large-rows PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == "mysqldump cannot dump the long rows of"*"Error 2020"* ]]
	dumps "echo 'mysqldump: Error 2013: Lost connection' >&2; exit 3"
	run -2 look large-rows PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	printf '#!/bin/sh\nexec %s "$@" | sed "/^longest/s/.*/longest 1073741824/"\n' "$(command -v awk)" >"$BATS_TEST_TMPDIR/bin/awk"
	chmod +x "$BATS_TEST_TMPDIR/bin/awk"
	rm "$BATS_TEST_TMPDIR/bin/mysqldump"
	run -1 look large-rows PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == *"no server takes more than 1073741824"* ]]
	sql 'SET GLOBAL max_allowed_packet = 524288'
	sql "DROP TABLE \`it's \`\`odd\\\\\`" rm_402
	run -1 look large-rows
	[[ $output == "the statement with small rows of a table together has up to 1048576 bytes"* ]]
	sql 'SET GLOBAL max_allowed_packet = 1048576'
	run -0 look large-rows
	[[ $output == *"no row needs more than 1 MiB"* ]]
	sql 'SET GLOBAL max_allowed_packet = DEFAULT'
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

# says [NAME=VALUE...]: what the server says of itself, where it is another one
says() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	printf '%s\n' "$@" | tr '=' '\t' >"$BATS_TEST_TMPDIR/variables"
	cat >"$BATS_TEST_TMPDIR/bin/mysql" <<-EOF
		#!/bin/sh
		case \$* in
		*ob_query_timeout*SHOW*VARIABLES* | *SHOW*VARIABLES*ob_query_timeout*) exec cat "$BATS_TEST_TMPDIR/variables" ;;
		*"SELECT CONCAT(VERSION(), ' ', @@version_comment)"*) echo '5.7.25-OceanBase_CE-v4.3.5.3 OceanBase_CE 4.3.5.3 (r1)'; exit ;;
		*'SHOW SEQUENCES'*) case \$* in *rm_402*) echo s1 ;; esac; exit ;;
		esac
		exec $(real mysql) "\$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
}
# A mysqldump of MySQL, as its --version and its --help tell.
of_mysql() { # [OPTION]
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/mysqldump" <<-EOF
		#!/bin/sh
		case \$* in
		*--version*) echo 'mysqldump  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)'; exit ;;
		*--help*) echo '  ${1---comments}=name  as MySQL says it'; exit ;;
		esac
		for word; do shift; case \$word in --init-command=*) echo "\$word" >"$BATS_TEST_TMPDIR/said" ;; *) set -- "\$@" "\$word" ;; esac; done
		exec $(real mysqldump) "\$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"
}

@test "dump-time: a limit of the server that ends a dump is found, with the statements that raise it and put it back" {
	local path=$BATS_TEST_TMPDIR/bin:$PATH
	says ob_query_timeout=10000000 ob_trx_timeout=86400000000 undo_retention=1800
	# nothing that takes time
	run -0 look dump-time PATH="$path"
	sql "CREATE OR REPLACE TABLE large (id int PRIMARY KEY, a varchar(1000)) ENGINE=InnoDB; INSERT INTO large SELECT seq, REPEAT('x', 1000) FROM seq_1_to_60000" rm_402
	run -1 look dump-time PATH="$path"
	echo "$output"
	[[ $output == 'the dump of `large` in rm_402 (6'*'ob_query_timeout = 10000000)'*'SET GLOBAL ob_query_timeout = 14400000000;'*'SET GLOBAL ob_query_timeout = 10000000;'*'error 1227' ]]
	[[ $output != *undo_retention* ]]
	says ob_query_timeout=60000000 ob_trx_timeout=5000000 undo_retention=10
	run -1 look dump-time PATH="$path"
	[[ $output == *'(ob_trx_timeout = 5000000, undo_retention = 10)'* ]]
	says ob_query_timeout=60000000 undo_retention=1800
	run -0 look dump-time PATH="$path"
	# MySQL's limit holds for every mysqldump, MariaDB's for MySQL's; 0 is none
	says max_execution_time=5000
	run -1 look dump-time PATH="$path"
	[[ $output == *'SET GLOBAL max_execution_time = 0;'*'SET GLOBAL max_execution_time = 5000;'* ]]
	says max_execution_time=0 max_statement_time=5.000000
	run -0 look dump-time PATH="$path"
	of_mysql
	run -1 look dump-time PATH="$path"
	[[ $output == *'SET GLOBAL max_statement_time = 0;'*'SET GLOBAL max_statement_time = 5.000000;'* ]]
	# one that can be told to ask for the time
	of_mysql --init-command
	says ob_query_timeout=10000000
	run -0 look dump-time PATH="$path"
	grep -q 'autocommit=1, .*max_statement_time=0' "$BATS_TEST_TMPDIR/said"
	# the heartbeat sequence is shrunk before
	rm "$BATS_TEST_TMPDIR/bin/mysqldump"
	sql 'RENAME TABLE rm_402.large TO cm_hb_402.heatbeat_sequence'
	run -0 look dump-time PATH="$path"
	sql 'DROP TABLE cm_hb_402.heatbeat_sequence'
}

@test "dump-time: where sizes are not known, a dump may take the time of its step" {
	says ob_query_timeout=3600000000
	printf '#!/bin/sh\ncase $* in *--where*) exit 2 ;; esac\nexec %s "$@"\n' "$(real mysqldump)" >"$BATS_TEST_TMPDIR/bin/mysqldump"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"
	run -1 look dump-time PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == "how long a dump of rm_402 may take is not known"*"SET GLOBAL ob_query_timeout = 14400000000;"* ]]
}

@test "backup-space: statistics of 0 do not hide half a million rows; the recycle bin keeps what is dropped" {
	sql "CREATE TABLE stale (id int PRIMARY KEY, a varchar(200)); INSERT INTO stale SELECT seq, REPEAT('x', 200) FROM seq_1_to_50000" rm_402
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\ncase $* in *data_length*) echo 0; exit ;; *table_rows*) %s "$@" | sed "s/^[0-9]* /0 /"; exit ;; esac\nexec %s "$@"\n' \
		"$(real mysql)" "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	run -0 look backup-space BACKUP_DIR="$BATS_TEST_TMPDIR" PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	echo "$output"
	local need=${output##* }
	[ "$need" -gt 9000 ] && [ "$need" -lt 13000 ]
	printf '#!/bin/sh\ncase $* in *recyclebin*) printf "recyclebin\\tON\\n"; exit ;; esac\nexec %s "$@"\n' "$(real mysql)" >"$BATS_TEST_TMPDIR/bin/mysql"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysql"
	run -0 look backup-space BACKUP_DIR="$BATS_TEST_TMPDIR" PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == *"omsup: fact remark.recyclebin "*"PURGE "*"omsup: evidence "* ]]
	printf '#!/bin/sh\ncase $* in *--where*) exit 2 ;; esac\nexec %s "$@"\n' "$(real mysqldump)" >"$BATS_TEST_TMPDIR/bin/mysqldump"
	chmod +x "$BATS_TEST_TMPDIR/bin/mysqldump"
	run -2 look backup-space BACKUP_DIR="$BATS_TEST_TMPDIR" PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	sql 'DROP TABLE stale' rm_402
}

@test "restorable: rows with values for generated columns, which only MariaDB's server takes" {
	local path=$BATS_TEST_TMPDIR/bin:$PATH
	sql 'CREATE TABLE made (id int PRIMARY KEY, a int GENERATED ALWAYS AS (id + 1) VIRTUAL, b timestamp DEFAULT CURRENT_TIMESTAMP)' rm_402
	run -0 look restorable
	says
	run -1 look restorable PATH="$path" # no row yet
	sql 'INSERT INTO made (id) VALUES (1)' rm_402
	run -1 look restorable PATH="$path"
	[[ $output == *"(error 3105): rm_402.made. Install the mysqldump of MySQL"* ]]
	# MySQL's names the columns, and leaves those out
	of_mysql
	printf '#!/bin/sh\necho "INSERT INTO \\`made\\` (\\`id\\`, \\`b\\`) VALUES (1,\\`a b\\`);"\n' >"$BATS_TEST_TMPDIR/bin/mysqldump"
	run -0 look restorable PATH="$path"
	[[ $output == *"leaves the values of generated columns out" ]]
	sql 'DROP TABLE made' rm_402
}

@test "restorable: a view of another database of OMS; on OceanBase a view's definer is who restores it" {
	sql "GRANT SET USER ON *.* TO oms@localhost; CREATE TABLE host (id int)" cm_402
	sql 'CREATE DEFINER = oms@localhost VIEW v AS SELECT id FROM cm_402.host' rm_402
	run -1 look restorable
	[[ $output == *"side by side, and these views need another of them: rm_402.v (of cm_402)" ]]
	sql 'REVOKE SET USER ON *.* FROM oms@localhost; CREATE OR REPLACE DEFINER = root@localhost VIEW v AS SELECT id FROM rm_402.oms_project; DROP TABLE cm_402.host' rm_402
	run -1 look restorable
	says
	run -0 look restorable PATH="$BATS_TEST_TMPDIR/bin:$PATH"
}

@test "backup-holds-all: sequences of OceanBase" {
	says
	run -1 look backup-holds-all PATH="$BATS_TEST_TMPDIR/bin:$PATH"
	[[ $output == *"rm_402 (1): sequence s1" ]]
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
