#!/usr/bin/env bats
# The community's V4.2.3 to V4.2.10: what the pages add is done (the gate of oms_version, the wait before docker_init.sh), and leads back.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup() {
	export D=$BATS_TEST_TMPDIR
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

# What omsupctl check says is wrong; its message is in $D/message.
failed_checks() {
	local rc=0
	ctl --json check "$LAB_DEPLOYMENT" >"$D/check.all" || rc=$?
	[ "$rc" = "$1" ] || {
		cat "$D/check.all"
		return 1
	}
	tail -n 1 "$D/check.all" | jq -r '.steps[].subtasks[] | select(.state != "Successful")' >"$D/failed"
	jq -r .message "$D/failed" >"$D/message"
	jq -r .subtask "$D/failed"
}

# The wait's progress, if it is what the job does now and has told how far it is.
waited() {
	ctl --json status "$job" | jq -er '.steps[] | select(.step == "wait-before-init") | .subtasks[] |
		select(.state == "Running") | .progress | select(.unit == "s" and .total == 30 and .done < 30) | .done' >"$D/waited"
}

waited_longer() { waited && [ "$(cat "$D/waited")" -gt "$1" ]; } # SECONDS

@test "V4.2.3: the gate is seen before anything is stopped; omsupd is killed in the wait, which is counted down, and not begun again" {
	lab_up ce-423
	start_daemon
	"$LAB" fault metadb oms-version none
	"$LAB" effects reset
	[ "$(failed_checks 10)" = version-gate ]
	[ -z "$(changes)" ]
	# the statements, as an operator copies them
	"$LAB" sql "$RM" "$(sed "s/.*Execute in $RM: //" "$D/message")"
	[ -z "$(failed_checks 0)" ]

	# long enough to be seen on a busy machine
	sed 's/^init_wait: .*/init_wait: 30s/' "$LAB_DEPLOYMENT" >"$D/deployment.yaml"
	"$LAB" effects reset
	job=$(submit "$D/deployment.yaml")
	until_true 180 waited
	kill_daemon
	before=$(cat "$D/waited")
	start_daemon
	until_true 60 waited_longer "$before"
	run ! happened docker_init
	becomes "$job" Successful
	is_upgraded
	exactly 1 docker_init oms1
	exactly 1 'docker_init done' oms1
	ctl --json status "$job" | jq -e '.steps[] | select(.step == "wait-before-init") | .subtasks | length == 1 and .[0].attempt == 1'
}

@test "V4.2.10, and back from the end: the databases are as at T1" {
	lab_up ce-4210
	gated_procedure community '^upgrade (slim|init-metadata)$|^rollback restore$'
	start_daemon -p "$D/procedures"
	upgraded init-metadata
	pass_gate "$job" init-metadata
	becomes "$job" Successful
	leads_back
	[ "$(state_of "$job")" = Successful ]
}
