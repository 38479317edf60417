#!/usr/bin/env bats
# The vendor's manual procedure, command by command, on the lab: shows that the stand-in behaves
# as documented, and that it refuses wrong use.

bats_require_minimum_version 1.5.0

setup_file() {
	export LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	"$LAB" up --shape two-node
}

teardown_file() { "$LAB" down; }

load selftest

setup() { eval "$("$LAB" env)"; }

@test "the old version runs on both nodes and is online" {
	all_online
	healthy oms1
	healthy oms2
	[ -z "$("$LAB" effects)" ]
}

@test "two containers on one host: the second one ends" {
	on oms1 "docker run -d --net host -v /data/config.yaml:/home/admin/conf/config.yaml -v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_run:/home/ds/run --privileged=true --name second ${LAB_IMAGE%_*}_$LAB_SOURCE"
	[ "$(on oms1 'docker wait second')" != 0 ]
	on oms1 'docker logs second' 2>&1 | grep -q 'already listening'
	on oms1 'docker rm second'
	healthy oms1
}

@test "stop, slim, back up" {
	"$LAB" effects reset
	on oms1 "docker stop $LAB_OLD"
	on oms2 "docker stop $LAB_OLD"
	# shellcheck disable=SC2016 # SQL's own quotes
	client mysql -Dcm_hb_402 -e '
		CREATE TABLE IF NOT EXISTS `heatbeat_sequence_bak` (
		`id` bigint(20) NOT NULL AUTO_INCREMENT COMMENT "PK",
		`gmt_created` datetime NOT NULL, `gmt_modified` datetime NOT NULL, PRIMARY KEY (`id`)
		) DEFAULT CHARSET=utf8 COMMENT="Heartbeat sequence table";
		INSERT INTO heatbeat_sequence_bak SELECT `id`,`gmt_created`,`gmt_modified` FROM heatbeat_sequence ORDER BY `id` DESC LIMIT 1;
		ALTER TABLE `heatbeat_sequence` RENAME TO `heatbeat_sequence_bak2`;
		ALTER TABLE `heatbeat_sequence_bak` RENAME TO `heatbeat_sequence`;
		DROP TABLE heatbeat_sequence_bak2;'
	[ "$("$LAB" sql cm_hb_402 'SELECT COUNT(*) FROM heatbeat_sequence')" = 1 ]
	for db in $LAB_DATABASES; do
		client mysqldump --triggers=false "$db" >"$BATS_FILE_TMPDIR/$db.sql"
		tail -1 "$BATS_FILE_TMPDIR/$db.sql" | grep -q 'Dump completed'
	done
	"$LAB" effects | grep -q '^1 control mysqldump rm_402$'
	"$LAB" effects | grep -q '^1 oms2 docker stop oms_402$'
	"$LAB" effects | grep -q '^1 control sql DROP TABLE heatbeat_sequence_bak2'
}

@test "the archive is loaded on both nodes" {
	load_everywhere
	for node in $LAB_NODES; do on "$node" "docker image inspect $LAB_IMAGE" >/dev/null; done
}

@test "without IS_UPGRADE the console fails and docker_init.sh refuses" {
	run_new oms1
	until_true 20 state_is oms1 "$LAB_NEW" oms_console FATAL
	run init oms1
	[ "$status" = 1 ]
	[[ $output == *IS_UPGRADE* ]]
	on oms1 "docker rm -f $LAB_NEW"
}

@test "with IS_UPGRADE the console waits; started too early it refuses the old schema" {
	run_new oms1 "-e IS_UPGRADE=true"
	run_new oms2 "-e IS_UPGRADE=true"
	for node in $LAB_NODES; do
		until_true 20 state_is "$node" "$LAB_NEW" oms_drc_supervisor RUNNING
		state_is "$node" "$LAB_NEW" oms_console STOPPED || on "$node" "docker exec $LAB_NEW supervisorctl status" | grep 'oms_console *STOPPED'
	done
	run on oms2 "docker exec $LAB_NEW supervisorctl start oms_console"
	[[ $output == *ERROR* ]]
	on oms2 "docker exec $LAB_NEW cat /home/admin/logs/oms_console_stderr.log" | tail -1 | grep 'schema of V4.0.2, this is V4.2.3'
}

@test "docker_init.sh changes the schema once and starts this node" {
	run init oms1
	[ "$status" = 0 ]
	[ "${lines[-1]}" = "[Completed] All initialization steps are executed" ]
	on oms1 "docker exec $LAB_NEW test -s /root/init_flag.txt"
	on oms1 "cat /data/oms/oms_logs/docker_init.log.*" | tail -1 | grep -F "[Completed] All"
	for db in $LAB_DATABASES; do
		[ "$("$LAB" sql "$db" 'SELECT version, state FROM oms_schema')" = $'4.2.3\tok' ]
	done
	until_true 10 healthy oms1
	"$LAB" effects | grep -q '^1 oms1 docker_init done$'
}

@test "the other node is switched on with sed, and comes back after a restart" {
	switch_on oms2
	until_true 10 healthy oms2
	until_true 20 all_online
	on oms2 "docker restart $LAB_NEW"
	until_true 20 healthy oms2
}

@test "the old container refuses the new schema" {
	on oms2 "docker stop $LAB_NEW"
	on oms2 "docker start $LAB_OLD"
	until_true 20 state_is oms2 "$LAB_OLD" oms_console FATAL
	on oms2 "docker stop $LAB_OLD"
	on oms2 "docker start $LAB_NEW"
	until_true 20 healthy oms2
}

@test "a second docker_init.sh damages the metadata" {
	run init oms1
	[ "$status" = 1 ]
	[[ $output == *damaged* ]]
	run on oms1 "docker exec $LAB_NEW test -s /root/init_flag.txt"
	[ "$status" != 0 ]
	run ! healthy oms1
}

@test "rollback: drop, create, restore, old container" {
	on oms1 "docker stop $LAB_NEW"
	on oms2 "docker stop $LAB_NEW"
	for db in $LAB_DATABASES; do
		client mysql -e "DROP DATABASE $db; CREATE DATABASE $db DEFAULT CHARACTER SET utf8mb4"
		client mysql "$db" <"$BATS_FILE_TMPDIR/$db.sql"
	done
	on oms1 "docker restart $LAB_OLD"
	on oms2 "docker restart $LAB_OLD"
	until_true 20 healthy oms1
	until_true 20 healthy oms2
	until_true 20 all_online
	[ "$("$LAB" sql rm_402 "SELECT project_name FROM oms_project WHERE id = 1")" = 'orders 🚀 to OceanBase' ]
}
