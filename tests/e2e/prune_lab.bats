#!/usr/bin/env bats
# prune on real engines: the new containers of an upgrade that was rolled back, backups but for the last good ones, and the old containers
# of one that is Successful, which cannot be rolled back any more.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup() { export D=$BATS_TEST_TMPDIR; }
teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

names() { "$LAB" on oms1 docker ps -a --format '{{.Names}}' | sort | tr '\n' ' '; }
images() { "$LAB" on oms1 docker images -q --no-trunc; }
things() { jq -r "[.$1[] | .what + \" \" + (.job | tostring)] | sort | join(\", \")"; }

@test "upgraded, rolled back, upgraded again: prune takes what that has left, and nothing else" {
	lab_up single
	start_daemon
	before=$(names)
	old=$("$LAB" on oms1 docker inspect -f '{{.Id}}' "$LAB_OLD")

	first=$(submit)
	becomes "$first" Successful
	back=$(rollback "$first")
	becomes "$back" Successful
	new_image=$("$LAB" on oms1 docker inspect -f '{{.Image}}' "$LAB_NEW")
	# Looks like ours, but the journal does not know it.
	"$LAB" on oms1 docker create --name omsup-twin --label omsup.job=1-0123456789abcdef "$LAB_IMAGE" true
	run -0 --separate-stderr ctl --json prune --containers --older-than 0
	[ "$(things items <<<"$output")" = "container $first" ]
	[ "$(things kept <<<"$output")" = "image $first" ]
	run -0 ctl prune --containers --older-than 0 --yes
	[ "$(names)" = "$(printf '%somsup-twin ' "$before" | tr ' ' '\n' | sort | sed '/^$/d' | tr '\n' ' ')" ]
	images | grep -Fxq -- "$new_image"
	"$LAB" on oms1 docker rm omsup-twin
	run -0 ctl prune --containers --older-than 0 --yes
	[[ $(images) != *"$new_image"* ]]
	[ "$("$LAB" on oms1 docker inspect -f '{{.State.Running}}' "$old")" = true ]

	second=$(submit)
	becomes "$second" Successful
	run -0 --separate-stderr ctl --json prune --backups --older-than 0 --yes
	[[ $(things removed <<<"$output") == *"backup $first"* && $(things removed <<<"$output") != *"$second"* ]]
	run -0 ctl rollback "$second" --plan

	run -0 --separate-stderr ctl --json prune --job "$second" --containers
	[ "$(jq -c .gives_up <<<"$output")" = "[$second]" ]
	run -0 ctl prune --job "$second" --containers
	[[ $output == *"NO ROLLBACK"* ]]
	"$LAB" on oms1 docker inspect "$old" >/dev/null
	run -0 ctl prune --job "$second" --containers --yes
	run ! "$LAB" on oms1 docker inspect "$old"
	[ "$("$LAB" on oms1 docker inspect -f '{{.State.Running}}' "$LAB_NEW")" = true ]
	kill_daemon
	start_daemon
	run -4 ctl rollback "$second" --plan
	[[ $output == *"prune has removed its old containers"* ]]
	run -4 ctl rollback "$second" --reason r --yes --force
	[[ $output == *"prune has removed its old containers"* ]]
	# The last good backups of this OMS.
	run -0 --separate-stderr ctl --json prune --backups --older-than 0 --yes
	[ "$(things removed <<<"$output")" = "" ]
	[[ $(things left <<<"$output") == "" ]]
	run -0 ctl doctor
}
