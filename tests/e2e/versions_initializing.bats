#!/usr/bin/env bats
# The community's V4.2.11 and later: containers that initialize themselves, node after node. One lab; each test but the last one
# leaves the old version behind.
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
	lab_up ce-4213
}

setup() {
	begin_as_new
	"$LAB" fault clear
	remember
}

teardown() {
	end_as_new
	[ ! -e "$D/daemon.pid" ] || kill_daemon
}

# As before the first upgrade, so that the image is loaded again.
forget_image() {
	local node
	for node in $LAB_NODES; do "$LAB" on "$node" docker rmi "$LAB_IMAGE"; done
}

# What was done, in order, with short names.
order() { # REGEX
	"$LAB" effects --log "$1" | cut -f2- | tr '\t' ' ' | sed -E 's/ docker (load|stop|run)( .*)?$/ \1/'
}

log_has() { "$LAB" on "$1" docker logs "$LAB_NEW" 2>&1 | tr -d '\r' | grep -q "$2"; } # NODE REGEX

in_doubt() { # JOB: what is In Doubt, with its message
	ctl --json status "$1" | jq -r '.steps[] | .step as $s | .subtasks[] | select(.state == "In Doubt") | "\($s)/\(.subtask): \(.message)"'
}

@test "omsupd is killed while the first node initializes; the second node is started after it; then back, as at T1" {
	gated_procedure community-4.2.11 '^upgrade (slim|start-new)$|^rollback restore$'
	start_daemon -p "$D/procedures"
	"$LAB" fault oms1 hang '^docker_init rm$'
	"$LAB" effects reset
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	pass_gate "$job" slim
	reaches "$job" 'oms1.docker_init$'
	kill_daemon
	"$LAB" fault oms1 clear
	until_true 120 happened 'oms1.docker_init done'
	until_true 60 log_has oms1 '^OMS service start successfully$'
	# nobody is there to start it
	run ! happened 'oms2.docker run'
	start_daemon -p "$D/procedures"
	at_gate "$job" start-new
	[ "$(versions)" = "$LAB_TARGET" ]
	pass_gate "$job" start-new
	becomes "$job" Successful
	is_upgraded
	run ! happened 'docker exec.*docker_init'
	order 'docker run|	docker_init( done| joined)?$' >"$D/order"
	diff - "$D/order" <<-'END'
		oms1 run
		oms1 docker_init
		oms1 docker_init done
		oms2 run
		oms2 docker_init joined
	END
	# loaded before anything is stopped
	[ "$(order 'docker (load|stop)' | cut -d ' ' -f 2 | uniq)" = $'load\nstop' ]

	leads_back
	[ "$(state_of "$job")" = Successful ]
	forget_image
}

@test "a failure that only the log tells of: after the site's own silence it is In Doubt, and leads back" {
	rm -rf "$D/procedures"
	mkdir -p "$D/procedures/scripts"
	sed 's/^silence=900 /silence=8 /' "$ROOT/schema/scripts/start-initializing.sh" >"$D/procedures/scripts/start-initializing.sh"
	start_daemon -p "$D/procedures"
	ctl plan "$LAB_DEPLOYMENT" >"$D/plan"
	grep -Fq "$D/procedures/scripts/start-initializing.sh" "$D/plan"
	grep -q 'silence=8 ' "$D/plan"
	"$LAB" fault oms1 fail '^docker_init cm$'
	"$LAB" effects reset
	job=$(submit)
	becomes "$job" 'In Doubt'
	run -0 in_doubt "$job"
	[[ $output == "start-new/oms1: "*"ERROR docker_init cm: failed by the lab"* ]]
	exactly 1 "docker run $LAB_NEW" oms1
	back=$(rollback "$job")
	ended_as_before "$back"
	[ "$(versions)" = "$LAB_SOURCE" ]
	forget_image
}

@test "a container that ends is In Doubt: nothing is repeated; started by hand, its line is enough to continue" {
	start_daemon
	"$LAB" fault oms1 exit '^docker_init cm$'
	"$LAB" effects reset
	job=$(submit)
	becomes "$job" 'In Doubt'
	[ "$(step_state "$job" start-new)" = 'In Doubt' ]
	run -0 in_doubt "$job"
	[[ $output == "start-new/oms1: "*"has stopped"*"its log ends with: "*rm_4210:* ]]
	kill_daemon
	start_daemon
	# the check cannot tell, so the script does not run again
	ctl retry "$job"
	becomes "$job" 'In Doubt'
	exactly 1 "docker run $LAB_NEW" oms1

	"$LAB" fault clear
	"$LAB" on oms1 docker start "$LAB_NEW"
	until_true 120 log_has oms1 '^OMS service start successfully$'
	ctl retry "$job"
	becomes "$job" Successful
	is_upgraded
	exactly 1 'docker_init done' oms1
	order 'docker run' | diff - <(printf '%s\n' 'oms1 run' 'oms2 run')
}
