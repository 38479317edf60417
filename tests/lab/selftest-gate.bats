#!/usr/bin/env bats
# The community's V4.2.3 to V4.2.10: docker_init.sh asks oms_version first.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup_file() {
	export LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	"$LAB" up --shape ce-423
	eval "$("$LAB" env)"
	for node in $LAB_NODES; do "$LAB" on "$node" docker stop "$LAB_OLD"; done
	load_everywhere
	for node in $LAB_NODES; do run_new "$node" "-e IS_UPGRADE=true"; done
	for node in $LAB_NODES; do until_true 20 state_is "$node" "$LAB_NEW" oms_drc_supervisor RUNNING; done
}

teardown_file() { "$LAB" down; }

setup() {
	eval "$("$LAB" env)"
	"$LAB" effects reset
}

versions() { "$LAB" sql rm_422 'SELECT version FROM oms_version ORDER BY gmt_modified, version'; }

# Everything in the databases but what the running programs write all the time.
metadata() {
	local db
	for db in $LAB_DATABASES; do
		client mysqldump --skip-dump-date --no-data "$db"
		client mysqldump --skip-dump-date --no-create-info --ignore-table="$db.heart_beat" --ignore-table="$db.heatbeat_sequence" \
			--ignore-table="$db.host" "$db"
	done | sed 's/AUTO_INCREMENT=[0-9]*//'
}

refused() { # and nothing is changed
	metadata >"$BATS_TEST_TMPDIR/before"
	run -1 init oms1
	[ "${lines[-1]}" = "Version before 4.1.1 is not allowed to upgrade." ]
	metadata | diff "$BATS_TEST_TMPDIR/before" -
	[ "$("$LAB" effects '^1 oms1 docker_init$' | wc -l)" = 1 ]
	[ -z "$("$LAB" effects 'docker_init done')" ]
}

@test "the source has written down its version" {
	[ "$(versions)" = 4.2.2-CE ]
}

@test "no table: refused" {
	"$LAB" fault metadb oms-version none
	refused
}

@test "no row: refused" {
	"$LAB" fault metadb oms-version empty
	refused
}

@test "a version before 4.1.1: refused" {
	"$LAB" fault metadb oms-version 4.1.0-CE
	refused
}

@test "the documented cure, beside the old row; docker_init.sh runs, and leaves its own version" {
	# shellcheck disable=SC2016 # SQL's own quotes
	client mysql -Drm_422 -e 'CREATE TABLE IF NOT EXISTS `oms_version` (`version` varchar(64) NOT NULL,
		`gmt_modified` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (`version`)) DEFAULT CHARSET = utf8mb4;
		REPLACE INTO `oms_version`(`version`) VALUES("4.1.1-CE");'
	run -0 init oms1
	[ "${lines[-1]}" = "[Completed] All initialization steps are executed" ]
	[ "$(versions)" = $'4.1.0-CE\n4.1.1-CE\n4.2.3-CE' ]
	switch_on oms2
	until_true 10 healthy oms1
	until_true 10 healthy oms2
}

@test "run again, the gate is open and the second run does its damage" {
	run -1 init oms1
	[[ $output == *damaged* ]]
}
