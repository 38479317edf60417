#!/usr/bin/env bats
# The way back on the other shapes: each database, also each region's own, is as it was at T1, and the old version runs.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

begin() { # SHAPE PROCEDURE
	lab_up "$1"
	gated_procedure "$2" '^upgrade (slim|init-metadata)$|^rollback restore$'
	start_daemon -p "$D/procedures"
}

versions() { # what each database says
	local db
	for db in $LAB_DATABASES; do "$LAB" sql "$db" 'SELECT version FROM oms_schema'; done | sort -u
}

# Up to the gate behind docker_init.sh; everything is of the new version then.
upgraded() {
	remember
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	pass_gate "$job" slim
	at_gate "$job" init-metadata
	[ "$(versions)" = "$LAB_TARGET" ]
}

leads_back() {
	local db
	"$LAB" effects reset
	back=$(rollback "$job")
	at_gate "$back" restore
	same_as_at_t1
	[ "$(versions)" = "$LAB_SOURCE" ]
	[ "$(drops)" = "$(wc -w <<<"$LAB_DATABASES")" ]
	for db in $LAB_DATABASES; do
		"$LAB" effects --log "sql DROP DATABASE .*\`$db\`" | grep -q .
		[ "$(ctl --json status "$back" | jq -r --arg db "$db" '.steps[] | select(.step == "restore") | .subtasks[] | select(.subtask == $db) | .state')" = Successful ]
	done
	pass_gate "$back" restore
	ended_as_before "$back"
}

@test "the community edition, from the end" {
	begin ce community
	upgraded
	pass_gate "$job" init-metadata
	becomes "$job" Successful
	leads_back
	[ "$(state_of "$job")" = Successful ]
}

@test "two regions, each with a heartbeat database of its own" {
	begin two-region enterprise
	upgraded
	leads_back
	[ "$(state_of "$job")" = Canceled ]
}

@test "a single node, from the end; HA that was off stays off" {
	begin single enterprise
	"$LAB" sql "$RM" "UPDATE oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', false) WHERE cfg_name = 'ha.config'"
	[ "$(ha)" = false ]
	upgraded
	pass_gate "$job" init-metadata
	becomes "$job" Successful
	leads_back
	[ "$(step_state "$back" ha-stays-off)" = Successful ]
}
