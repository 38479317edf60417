# shellcheck shell=bash
# What the tests of engines share; after shapes_lib.
# shellcheck disable=SC2154 # LAB_* are from `lab env`, output is bats'

# Discovery, checks, a whole upgrade and its rollback on this kind of engine.
there_and_back() { # KIND
	lab_up two-node --engine "$1"
	[ "$LAB_ENGINE" = "$1" ]
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

# Which command to use, and which container, image and version run.
is_discovered() {
	run -0 ctl discover --ssh root@oms1
	grep -Fxq "  command: $LAB_ENGINE_COMMAND" <<<"$output"
	grep -Fxq "  old: $LAB_OLD" <<<"$output"
	grep -q "^source: $LAB_SOURCE " <<<"$output"
}
