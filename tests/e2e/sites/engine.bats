#!/usr/bin/env bats
# A container engine of the kind $KIND (`lab up --engine`): everything that omsupd asks of it, once.
# shellcheck disable=SC2154 # LAB_* are from `lab env`, output is bats'

bats_require_minimum_version 1.5.0

load ../lib/shapes_lib

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

# Which command to use, and which container, image and version run.
is_discovered() {
	run -0 ctl discover --ssh root@oms1
	grep -Fxq "  command: $LAB_ENGINE_COMMAND" <<<"$output"
	grep -Fxq "  old: $LAB_OLD" <<<"$output"
	grep -q "^source: $LAB_SOURCE " <<<"$output"
}

@test "discovered, checked, upgraded and rolled back" {
	lab_up two-node --engine "${KIND:?KIND is a kind of engine}"
	[ "$LAB_ENGINE" = "$KIND" ]
	gated_procedure enterprise '^upgrade slim$|^rollback restore$'
	start_daemon -p "$D/procedures"
	is_discovered
	ctl --json check "$LAB_DEPLOYMENT" >"$D/check" || {
		tail -n 1 "$D/check" | jq -r '.steps[].subtasks[] | select(.state != "Successful") | .subtask + ": " + .message'
		return 1
	}
	remember
	"$LAB" effects reset
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	pass_gate "$job" slim
	becomes "$job" Successful
	is_upgraded
	leads_back
}
