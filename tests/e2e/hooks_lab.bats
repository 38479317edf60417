#!/usr/bin/env bats
# Hooks of the site around a real upgrade; a smoke test that fails is followed by a rollback that nobody asked for, while omsupd is killed.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	lab_up single
	start_daemon
	remember
	mkdir -m 755 "$D/hooks"
	cat >"$D/hooks/silence" <<-END
		# Of the site.
		echo "silenced for \$TARGET" >"$D/silenced"
	END
	cat >"$D/hooks/smoke" <<-END
		[ "\$(metadb mysql -N -e 'SELECT 1')" = 1 ] || exit 2
		until [ ! -e "$D/wait" ]; do sleep 0.1; done
		[ ! -e "$D/bad" ] || { echo "OMS does not answer"; exit 1; }
	END
	{
		cat "$LAB_DEPLOYMENT"
		cat <<-END
			hooks:
			  - {hook: silence, before: stop-old, run: "$D/hooks/silence", title: Silence the monitoring}
			  - hook: vip-out
			    before: stop-old
			    for: node
			    run: echo out >/run/vip
			    check: '[ "\$(cat /run/vip 2>/dev/null)" = out ] || exit 1'
			  - {hook: smoke, after: servers-online, probe: "$D/hooks/smoke", metadb: true, timeout: 2m}
			  - {hook: vip-in, job: rollback, after: restart-old, for: node, run: echo in >/run/vip}
			on_failure:
			  rollback: [start-new, servers-online, hook.smoke]
		END
	} >"$D/hooks.yaml"
}

teardown_file() { lab_down; }
setup() { lab_env; }
teardown() { [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"; }

@test "a smoke test of the site fails: omsupd rolls back, once, and the node is back in the VIP" {
	: >"$D/bad"
	: >"$D/wait"
	run -2 ctl submit "$D/hooks.yaml" --start # nobody has agreed
	[[ $output == *"--yes"* ]]
	[ "$(ctl --json list | jq '.jobs | length')" = 0 ]
	run -0 ctl plan "$D/hooks.yaml"
	[[ $output == *"hook.silence: Silence the monitoring"*"HOOK of the site, before stop-old"* ]]
	[[ $output == *"without asking: start-new, servers-online, hook.smoke"* ]]
	job=$(job_of submit "$D/hooks.yaml" --start --yes)
	smokes() { [ "$(step_state "$job" hook.smoke)" = Running ]; }
	until_true 300 smokes
	kill_daemon
	start_daemon
	[ "$("$LAB" on oms1 cat /run/vip)" = out ]
	[ "$(cat "$D/silenced")" = "silenced for 4.2.3" ]
	run -0 ctl status "$job"
	[[ $output == *"hook.smoke"*"(rolls back on failure)"*"(hook after servers-online)"* ]]
	rm "$D/wait"
	canceled() { [ "$(state_of "$job")" = Canceled ]; }
	until_true 120 canceled # it is Failed until its rollback is there
	back=$(ctl --json list --type Rollback | jq -e '.jobs | if length == 1 then .[0].job else error end')
	ended_as_before "$back"
	ctl --json events "$back" | jq -se 'flatten | map(.events? // .) | flatten | map(select(.event == "submit"))[0] | .actor == "engine" and (.reason | test("OMS does not answer"))'
	[ "$("$LAB" on oms1 cat /run/vip)" = in ]
	[ "$(ctl --json list --type Rollback | jq '.jobs | length')" = 1 ]
}

@test "the same upgrade with a smoke test that passes is Successful; no hook leaves a secret" {
	rm -f "$D/bad"
	job=$(job_of submit "$D/hooks.yaml" --start --yes)
	becomes "$job" Successful
	[ "$("$LAB" on oms1 cat /run/vip)" = out ]
	[ "$(ctl --json list --type Rollback | jq '.jobs | length')" = 1 ]
	[ -s "$LAB_DIR/metadb-password" ]
	run -1 grep -rFaqf "$LAB_DIR/metadb-password" "$D/state" "$D/daemon.log"
}
