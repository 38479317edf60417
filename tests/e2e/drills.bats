#!/usr/bin/env bats
# What people and machines do in the middle of an upgrade: an old container runs again, a file is edited, HA is switched on, the image is
# not what it is called.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	begin_anew
}

teardown_file() { lab_down; }

begin_anew() {
	lab_forget
	lab_up two-node
	gated_procedure enterprise '^upgrade (load-image|stop-old|backup|start-new)$'
	start_daemon -p "$D/procedures"
	remember
}

setup() { begin_as_new; }
teardown() { end_as_new; }

message_of() { # JOB STEP/SUBTASK
	ctl --json status "$1" | jq -r --arg at "$2" '.steps[] | .step as $s | .subtasks[] | select($s + "/" + .subtask == $at) | .message'
}

old_is_online() { [ "$("$LAB" sql "$CM" "SELECT COUNT(*) FROM host WHERE host_status = 'ONLINE'")" = 2 ]; }

@test "a rollback before anything was stopped starts an old container that has died meanwhile, and waits for its server" {
	job=$(submit)
	at_gate "$job" load-image
	"$LAB" on oms1 docker kill "$LAB_OLD"
	back=$(rollback "$job")
	ended_as_before "$back"
}

@test "an old container that ran again between stop-old and the dumps: no dump; the way back is open" {
	job=$(submit)
	at_gate "$job" load-image
	pass_gate "$job" load-image
	at_gate "$job" stop-old
	"$LAB" effects reset
	"$LAB" on oms2 docker start "$LAB_OLD"
	"$LAB" on oms2 docker stop "$LAB_OLD"
	pass_gate "$job" stop-old
	becomes "$job" Failed
	[ "$(step_state "$job" backup)" = Failed ]
	[[ $(message_of "$job" "backup/$RM") == *"node oms2: the old container was started again"* ]]
	[ -z "$("$LAB" effects mysqldump)" ]
	back=$(rollback "$job")
	ended_as_before "$back"
}

@test "config.yaml edited, HA switched on, the image's name given away: asked before the new container is started; it runs what was loaded" {
	job=$(submit)
	at_gate "$job" load-image
	pass_gate "$job" load-image
	at_gate "$job" stop-old
	pass_gate "$job" stop-old
	at_gate "$job" backup
	loaded=$("$LAB" on oms1 docker images -q --no-trunc "$LAB_IMAGE")
	"$LAB" on oms1 docker tag "$("$LAB" on oms1 docker inspect -f '{{.Image}}' "$LAB_OLD")" "$LAB_IMAGE"
	"$LAB" on oms2 sh -c 'cp -p /data/config.yaml /data/config.kept && echo "# edited" >>/data/config.yaml'
	"$LAB" sql "$RM" "UPDATE oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', true) WHERE cfg_name = 'ha.config'"
	pass_gate "$job" backup
	becomes "$job" Waiting
	[ "$(gate_of "$job")" = ha-still-off ]
	"$LAB" sql "$RM" "UPDATE oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', false) WHERE cfg_name = 'ha.config'"
	until_true 30 waits_at "$job" agreed
	[ "$(gate_of "$job")" = agreed ]
	[[ $(message_of "$job" agreed/oms2) == *"/data/config.yaml was changed: when the job was submitted "*"; now "* ]]
	[[ $(message_of "$job" agreed/oms1) == *"$LAB_IMAGE was $loaded when it was loaded and is sha256:"* ]]
	run -4 ctl confirm "$job" agreed
	# what is put back needs nobody
	"$LAB" on oms2 sh -c 'cp -p /data/config.kept /data/config.yaml'
	ctl confirm "$job" agreed --reason 'the name does not matter' || [ "$(step_state "$job" agreed)" != Waiting ]
	at_gate "$job" start-new
	[ "$("$LAB" on oms1 docker inspect -f '{{.Image}}' "$LAB_NEW")" = "$loaded" ]
	back=$(rollback "$job")
	becomes "$back" Successful
	old_is_back
	remove_new
}

waits_at() { [ "$(gate_of "$1")" = "$2" ]; }
