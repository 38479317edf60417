#!/usr/bin/env bats
# A chain of upgrades with OMS in it: V4.1.1 to V4.2.0 to V4.2.13, each hop with a job, a plan and backups of its own, the daemon
# killed between them; then back, the newest hop first. What a series is without OMS: series.py.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # tests are subshells; LAB_* are from `lab env`, and for the library

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup() {
	export D=$BATS_TEST_TMPDIR
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

# The variables of the lab are those of this hop.
hop() { # NUMBER
	local -a targets news
	lab_env
	read -ra targets <<<"$LAB_HOPS"
	read -ra news <<<"$LAB_HOP_NEWS"
	if [ "$1" -gt 1 ]; then
		LAB_SOURCE=${targets[$1 - 2]}
		LAB_OLD=${news[$1 - 2]}
	fi
	LAB_TARGET=${targets[$1 - 1]}
	LAB_NEW=${news[$1 - 1]}
}

series() { ctl --json status "$1" | jq -rc ".series | $2"; } # JOB FILTER

has_next_job() { second=$(series "$first" '.hops[1].job // empty') && [ -n "$second" ]; }

@test "V4.1.1 to V4.2.0 to V4.2.13, and back" {
	lab_up ce-chain
	start_daemon
	hop 1
	remember
	"$LAB" effects reset
	first=$(submit)
	[ "$(series "$first" '[.hop, [.hops[] | .source, .target]]')" = '[1,["4.1.1","4.2.0","4.2.0","4.2.13"]]' ]
	becomes "$first" Successful
	kill_daemon
	is_upgraded
	exactly 1 'docker_init done' oms1
	mv "$D/before" "$D/before-hop1"

	hop 2
	remember
	"$LAB" effects reset
	start_daemon
	until_true 60 has_next_job
	[ "$(state_of "$second")" = Ready ]
	# made from what runs now, by the page of its own target
	ctl --json status "$second" | jq -e --arg s "$LAB_SOURCE" --arg t "$LAB_TARGET" '.source == $s and .target == $t and .series.hop == 2 and
		([.steps[].step] | contains(["start-new"]) and (contains(["init-metadata"]) | not))'
	[ -z "$(changes)" ]
	ctl start "$second"
	becomes "$second" Successful
	is_upgraded
	[ "$(series "$second" '[.over, [.hops[].state]]')" = '[true,["Successful","Successful"]]' ]

	# the newest first
	run -1 rollback "$first"
	[[ $output == *"job $second"* ]]
	back=$(rollback "$second")
	ended_as_before "$back"
	[ "$(versions)" = "$LAB_SOURCE" ]
	[ "$(series "$second" .ended)" = "$LAB_SOURCE" ]
	hop 1
	mv "$D/before-hop1" "$D/before"
	back=$(rollback "$first")
	ended_as_before "$back"
	[ "$(versions)" = "$LAB_SOURCE" ]
	[ "$(series "$first" .ended)" = "$LAB_SOURCE" ]
}
