#!/usr/bin/env bats
# The community's V4.2.11 and later: the container initializes itself. One lab, in order.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

LINE='^OMS service start successfully$'

setup_file() {
	export LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	"$LAB" up --shape ce-4213
	eval "$("$LAB" env)"
	for node in $LAB_NODES; do "$LAB" on "$node" docker stop "$LAB_OLD"; done
	load_everywhere
}

teardown_file() { "$LAB" down; }

setup() { eval "$("$LAB" env)"; }

teardown() { "$LAB" fault clear; }

unchanged() { [ "$("$LAB" sql rm_4210 'SELECT version, state FROM oms_schema')" = $'4.2.10\tok' ]; }

remove() { on "$1" "docker rm -f $LAB_NEW" && "$LAB" effects reset; }

@test "without IS_UPGRADE nothing is initialized, and the line does not come" {
	run_new oms1
	until_true 20 log_has oms1 'ERROR not all components are running'
	run ! log_has oms1 "$LINE"
	unchanged
	remove oms1
}

@test "it hangs: no line, no end" {
	"$LAB" fault oms1 hang '^docker_init start$'
	run_new oms1 "-e IS_UPGRADE=true"
	until_true 20 log_has oms1 '^docker_init V4.2.13'
	run ! log_has oms1 'config.yaml is valid'
	run ! log_has oms1 "$LINE"
	run ! has_ended oms1 "$LAB_NEW"
	run ! state_is oms1 "$LAB_NEW" oms_console RUNNING
	remove oms1
}

@test "not on two nodes at once" {
	"$LAB" fault oms1 hang '^docker_init rm$'
	run_new oms1 "-e IS_UPGRADE=true"
	until_true 20 log_has oms1 'config.yaml is valid'
	begun() { "$LAB" effects | grep -qx '1 oms1 docker_init'; }
	until_true 20 begun
	run_new oms2 "-e IS_UPGRADE=true"
	until_true 20 log_has oms2 '^ERROR another node is initializing'
	run ! log_has oms2 "$LINE"
	unchanged
	remove oms2
	remove oms1
}

@test "it ends the container; started again it continues, and fails with a word; the container stays" {
	"$LAB" fault oms1 exit '^docker_init cm$'
	run_new oms1 "-e IS_UPGRADE=true"
	until_true 20 has_ended oms1 "$LAB_NEW"
	run ! log_has oms1 "$LINE"
	"$LAB" fault oms1 fail '^docker_init cm_hb$'
	on oms1 "docker start $LAB_NEW"
	until_true 20 log_has oms1 '^ERROR docker_init cm_hb: failed by the lab'
	run ! log_has oms1 "$LINE"
	run ! has_ended oms1 "$LAB_NEW"
	# what it said before is still there
	[ "$(log_of oms1 | grep -c '^docker_init V4.2.13')" = 2 ]
	[ -z "$("$LAB" effects 'docker_init done')" ]
}

@test "the line is the last one of the log, and everything is running" {
	on oms1 "docker restart $LAB_NEW"
	until_true 30 log_has oms1 "$LINE"
	[ "$(log_of oms1 | tail -1)" = 'OMS service start successfully' ]
	[ "$("$LAB" sql rm_4210 'SELECT version, state FROM oms_schema')" = $'4.2.13\tok' ]
	[ "$("$LAB" effects 'docker_init done$')" = '1 oms1 docker_init done' ]
	"$LAB" sql rm_4210 'SELECT version FROM oms_version' | grep -x 4.2.13-CE
	until_true 10 healthy oms1
}

@test "a second node joins; everything can be running without the line" {
	"$LAB" fault oms2 fail '^docker_init line$'
	run_new oms2 "-e IS_UPGRADE=true"
	until_true 30 log_has oms2 '^ERROR docker_init line'
	run ! log_has oms2 "$LINE"
	for program in nginx oms_console oms_drc_cm oms_drc_supervisor; do state_is oms2 "$LAB_NEW" "$program" RUNNING; done
	until_true 20 all_online
	until_true 10 healthy oms2
	[ "$("$LAB" effects ' docker_init( done| joined)?$')" = $'3 oms1 docker_init\n1 oms1 docker_init done\n1 oms2 docker_init joined' ]
}

@test "a restart says the line again, and initializes nothing" {
	on oms1 'date +%s' >"$BATS_TEST_TMPDIR/since"
	"$LAB" effects reset
	on oms1 "docker restart $LAB_NEW"
	on oms2 "docker restart $LAB_NEW"
	again() { [ "$(log_of oms1 | grep -c "$LINE")" = 2 ]; }
	until_true 20 again
	[ "$(log_of oms1 --since "$(cat "$BATS_TEST_TMPDIR/since")")" = 'OMS service start successfully' ]
	until_true 20 log_has oms2 "$LINE"
	[ -z "$("$LAB" effects '^1 [a-z0-9]* docker_init')" ]
	until_true 10 healthy oms1
	until_true 20 all_online
}

@test "a restart that initializes again does its damage, as docker_init.sh by hand" {
	"$LAB" fault oms1 init-again
	on oms1 "docker restart $LAB_NEW"
	until_true 20 log_has oms1 '^ERROR metadata of this region was already initialized'
	[ "$("$LAB" sql rm_4210 'SELECT state FROM oms_schema')" = damaged ]
	[ "$("$LAB" effects 'oms1 docker_init$')" = '1 oms1 docker_init' ]
	[ "$(log_of oms1 | grep -c "$LINE")" = 2 ]
	run -1 init oms2
	[[ $output == *damaged* ]]
}
