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

@test "the community edition, from the end" {
	begin ce community
	upgraded init-metadata
	pass_gate "$job" init-metadata
	becomes "$job" Successful
	leads_back
	[ "$(state_of "$job")" = Successful ]
}

@test "two regions, each with a heartbeat database of its own" {
	begin two-region enterprise
	upgraded init-metadata
	leads_back
	[ "$(state_of "$job")" = Canceled ]
}

@test "a single node, from the end; HA that was off stays off" {
	begin single enterprise
	"$LAB" sql "$RM" "UPDATE oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', false) WHERE cfg_name = 'ha.config'"
	[ "$(ha)" = false ]
	upgraded init-metadata
	pass_gate "$job" init-metadata
	becomes "$job" Successful
	leads_back
	[ "$(step_state "$back" ha-stays-off)" = Successful ]
}
